import { show } from "../../core/text.ts";
import { isAnswer, isDocument, mdn, partsOf, type Rule, type Seen, type Severity, valuesOf } from "../rule.ts";

/** Headers that are one word, or a list of words. */

function rule(header: string, id: string, severity: Severity, summary: string, check: (seen: Seen) => string | undefined): Rule {
	return {
		id,
		header,
		severity,
		summary,
		link: mdn(header),
		check(seen) {
			const message = check(seen);
			return message === undefined ? [] : [message];
		},
	};
}

function frameAncestors(seen: Seen): string | undefined {
	return valuesOf(seen, "Content-Security-Policy")
		.flatMap((value) => value.split(/[;,]/))
		.map((part) => /^\s*frame-ancestors(?:\s+(.*?))?\s*$/i.exec(part))
		.find((match) => match !== null)?.[1];
}

function hasFrameAncestors(seen: Seen): boolean {
	return valuesOf(seen, "Content-Security-Policy").some((value) => /(?:^|[;,])\s*frame-ancestors(?:[\s;,]|$)/i.test(value));
}

const XFO = "X-Frame-Options";
const framing: readonly Rule[] = [
	rule(XFO, "frame/unprotected", "error", "Any site may frame the document.", (seen) => {
		const isValid = partsOf(seen, XFO).some((value) => /^(?:deny|sameorigin)$/i.test(value));
		return isDocument(seen) && isAnswer(seen) && !isValid && !hasFrameAncestors(seen)
			? "neither frame-ancestors nor X-Frame-Options says who may frame the page. Send frame-ancestors 'none' and X-Frame-Options: DENY."
			: undefined;
	}),
	rule(XFO, "frame/conflict", "warning", "X-Frame-Options and frame-ancestors say different things.", (seen) => {
		const [value] = partsOf(seen, XFO);
		const ancestors = frameAncestors(seen)?.trim().toLowerCase();
		if (value === undefined || ancestors === undefined) return undefined;
		const expected = { "'none'": "DENY", "'self'": "SAMEORIGIN" }[ancestors];
		return expected === value.toUpperCase()
			? undefined
			: `${show(value)} disagrees with frame-ancestors ${ancestors}, which wins. ${expected === undefined ? "Leave it out." : `Send ${expected}.`}`;
	}),
	rule(XFO, "xfo/allow-from", "warning", "No browser reads ALLOW-FROM any more.", (seen) =>
		partsOf(seen, XFO).some((value) => /^allow-from\b/i.test(value)) ? "ALLOW-FROM is read by no browser. Send frame-ancestors with that origin." : undefined,
	),
	rule(XFO, "xfo/invalid", "error", "X-Frame-Options knows DENY and SAMEORIGIN only.", (seen) => {
		const wrong = partsOf(seen, XFO).find((value) => !/^(?:deny|sameorigin|allow-from\b.*)$/i.test(value));
		return wrong === undefined ? undefined : `${show(wrong)} is not one of its values, so it protects nothing. Send DENY or SAMEORIGIN.`;
	}),
];

const XCTO = "X-Content-Type-Options";
const types: readonly Rule[] = [
	rule(XCTO, "xcto/missing", "error", "Browsers guess types, and run what was uploaded as something else.", (seen) =>
		isAnswer(seen) && valuesOf(seen, XCTO).length === 0 ? "absent. Send nosniff." : undefined,
	),
	rule(XCTO, "xcto/invalid", "error", "X-Content-Type-Options has one legal value.", (seen) => {
		const [first] = partsOf(seen, XCTO);
		return first === undefined || first.toLowerCase() === "nosniff" ? undefined : `${show(first)} is not nosniff, so browsers ignore the header. Send nosniff.`;
	}),
	rule("Content-Type", "type/missing", "error", "A body without a type is guessed at.", (seen) =>
		seen.body !== "" && isAnswer(seen) && valuesOf(seen, "Content-Type").length === 0
			? "the response has a body and no type. Send text/html; charset=utf-8, or what it is."
			: undefined,
	),
	rule("Content-Type", "type/no-charset", "warning", "The encoding of a document is guessed, which can turn text into markup.", (seen) => {
		const [type] = valuesOf(seen, "Content-Type");
		const isNamed = /charset=/i.test(type ?? "") || /<meta[^>]+charset=/i.test(seen.body.slice(0, 1024));
		return seen.probe !== "policy" && isDocument(seen) && isAnswer(seen) && !isNamed
			? `${show(type)} names no charset. Send text/html; charset=utf-8.`
			: undefined;
	}),
	rule("Content-Type", "type/json-as-html", "error", "Data that is shown as a document runs the markup in it.", (seen) =>
		seen.probe !== "policy" && isDocument(seen) && isJson(seen.body)
			? "JSON goes out as text/html, so markup inside it runs. Send application/json."
			: undefined,
	),
];

function isJson(body: string): boolean {
	if (!/^\s*[{[]/.test(body)) return false;
	try {
		JSON.parse(body);
		return true;
	} catch {
		return false;
	}
}

const REFERRER = "Referrer-Policy";
const REFERRER_TOKENS = ["no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"];
const REFERRER_UNSAFE = ["origin", "origin-when-cross-origin", "no-referrer-when-downgrade", "unsafe-url"];
const referrer: readonly Rule[] = [
	rule(REFERRER, "referrer/missing", "warning", "Browsers of today send the origin to other sites, older ones the whole address.", (seen) =>
		isDocument(seen) && isAnswer(seen) && valuesOf(seen, REFERRER).length === 0 ? "absent. Send strict-origin-when-cross-origin." : undefined,
	),
	rule(REFERRER, "referrer/invalid", "error", "No Referrer-Policy token is known.", (seen) => {
		const parts = partsOf(seen, REFERRER).map((part) => part.toLowerCase());
		const isKnown = parts.some((part) => [...REFERRER_TOKENS, ...REFERRER_UNSAFE].includes(part));
		return parts.length === 0 || isKnown ? undefined : `${show(parts.join(", "))} holds no token that browsers know. Send strict-origin-when-cross-origin.`;
	}),
	rule(REFERRER, "referrer/unsafe", "warning", "The Referrer-Policy sends paths or origins to other sites.", (seen) => {
		const last = partsOf(seen, REFERRER)
			.map((part) => part.toLowerCase())
			.findLast((part) => [...REFERRER_TOKENS, ...REFERRER_UNSAFE].includes(part));
		return last !== undefined && REFERRER_UNSAFE.includes(last)
			? `${last} sends more than the origin, or sends it over http. Send strict-origin-when-cross-origin.`
			: undefined;
	}),
];

/** Two lines of these, or one with a comma, and browsers ignore both. */
function oneToken(header: string, area: string, tokens: readonly string[]): Rule {
	return rule(header, `${area}/invalid`, "error", `A ${header} value is not known, or stands twice; browsers ignore it.`, (seen) => {
		const values = valuesOf(seen, header);
		if (values.length === 0) return undefined;
		if (values.length > 1 || values[0]?.includes(","))
			return `stands twice (${show(values.join(", "))}), so browsers ignore both. Send it once, from the application or the proxy.`;
		const token = values[0]?.split(";", 1)[0]?.trim() ?? "";
		return tokens.includes(token) ? undefined : `${show(token)} is not known, so browsers ignore it. Send ${tokens[0]}.`;
	});
}

const COOP = "Cross-Origin-Opener-Policy";
const COEP = "Cross-Origin-Embedder-Policy";
const CORP = "Cross-Origin-Resource-Policy";
const isolation: readonly Rule[] = [
	rule(COOP, "coop/missing", "note", "A page of another site that opens this one keeps a handle on its window.", (seen) =>
		isDocument(seen) && isAnswer(seen) && valuesOf(seen, COOP).length === 0
			? "absent. Send same-origin, or same-origin-allow-popups where popups must answer."
			: undefined,
	),
	oneToken(COOP, "coop", ["same-origin", "same-origin-allow-popups", "noopener-allow-popups", "unsafe-none"]),
	rule(COOP, "coop/unsafe-none", "note", "Cross-Origin-Opener-Policy unsafe-none protects nothing.", (seen) =>
		valuesOf(seen, COOP)[0]?.trim() === "unsafe-none" ? "unsafe-none is what browsers do without the header. Send same-origin." : undefined,
	),
	oneToken(COEP, "coep", ["require-corp", "credentialless", "unsafe-none"]),
	rule(COEP, "isolation/incomplete", "warning", "Cross-Origin-Embedder-Policy isolates only beside Cross-Origin-Opener-Policy same-origin.", (seen) => {
		const isRequested = /^(?:require-corp|credentialless)/.test(valuesOf(seen, COEP)[0] ?? "");
		return isRequested && !valuesOf(seen, COOP)[0]?.startsWith("same-origin")
			? `${COEP} is sent without ${COOP}: same-origin, so the page is not isolated. Send both, or neither.`
			: undefined;
	}),
	rule(CORP, "corp/missing", "note", "Other sites may embed the response, and measure it.", (seen) =>
		isAnswer(seen) && valuesOf(seen, CORP).length === 0 ? "absent. Send same-origin, or cross-origin for what is meant to be embedded." : undefined,
	),
	oneToken(CORP, "corp", ["same-origin", "same-site", "cross-origin"]),
	rule("Origin-Agent-Cluster", "oac/invalid", "warning", "Origin-Agent-Cluster is ?1 or ?0, once.", (seen) => {
		const values = valuesOf(seen, "Origin-Agent-Cluster");
		return values.length === 0 || (values.length === 1 && /^\s*\?[01]\s*$/.test(values[0] ?? ""))
			? undefined
			: `${show(values.join(", "))} is not one ?1 or ?0, so browsers ignore it. Send ?1.`;
	}),
];

const leaks: readonly Rule[] = [
	rule("X-Powered-By", "leak/powered-by", "warning", "The header names the framework to whoever asks.", (seen) => {
		const [value] = valuesOf(seen, "X-Powered-By");
		return value === undefined ? undefined : `${show(value)} names the framework. Take it off: app.disable("x-powered-by").`;
	}),
	rule("Server", "leak/server-version", "warning", "The header names a version to whoever looks for its holes.", (seen) => {
		const value = valuesOf(seen, "Server").find((text) => /\d+\.\d+/.test(text));
		return value === undefined ? undefined : `${show(value)} names a version. Take it off, or send the name alone.`;
	}),
	rule("SourceMap", "leak/debug", "warning", "A header of a debugger reached the public.", (seen) => {
		const name = ["X-Debug-Token", "X-Debug-Token-Link", "X-ChromeLogger-Data", "X-SourceMap", "SourceMap"].find((header) => valuesOf(seen, header).length > 0);
		return name === undefined ? undefined : `${name} is for developers. Take it off in production.`;
	}),
	rule("X-XSS-Protection", "obsolete/xxp", "error", "X-XSS-Protection may only be 0: the old filter itself leaked data.", (seen) => {
		const [value] = valuesOf(seen, "X-XSS-Protection");
		return value === undefined || value.trim() === "0"
			? undefined
			: `${show(value)} switches on a filter that leaked data where it existed. Leave the header out.`;
	}),
	rule("Expect-CT", "obsolete/expect-ct", "warning", "Browsers removed Expect-CT in 2022.", (seen) =>
		valuesOf(seen, "Expect-CT").length > 0 ? "is read by no browser. Leave it out." : undefined,
	),
	rule("Public-Key-Pins", "obsolete/hpkp", "error", "Key pinning locked sites out, and no browser reads it.", (seen) =>
		valuesOf(seen, "Public-Key-Pins").length > 0 ? "is read by no browser, and locked out whoever lost a key. Leave it out." : undefined,
	),
	rule("Feature-Policy", "feature-policy/present", "warning", "Feature-Policy is the old form of Permissions-Policy.", (seen) =>
		valuesOf(seen, "Feature-Policy").length > 0 ? "is the old form. Send Permissions-Policy." : undefined,
	),
];

export const headerRules: readonly Rule[] = [...framing, ...types, ...referrer, ...isolation, ...leaks];
