import { isLoopback } from "../../core/address.ts";
import { CODES, type Code } from "../../core/codes.ts";
import { createIssueList, type Problem } from "../../core/issue.ts";
import { show } from "../../core/text.ts";
import { DIRECTIVES } from "../../csp/directives.ts";
import { comparable, isNonceOrHash, isNonceSource, type Source } from "../../csp/grammar.ts";
import { FRAMEWORK_POLICY } from "../../csp/incomplete.ts";
import { KEYWORDS } from "../../csp/keywords.ts";
import { type CspModel, effective } from "../../csp/model.ts";
import { warnNoEffect } from "../../csp/no-effect.ts";
import { parse } from "../../csp/serialize.ts";
import { warnWeak } from "../../csp/weaknesses.ts";
import { readDirectives } from "../../headers/content-security-policy/read.ts";
import { CSP, metaPolicies, policiesOf, policyTexts, REPORT_ONLY } from "../csp-of.ts";
import type { cspExamples } from "../examples/csp.ts";
import { memoize } from "../memoize.ts";
import { type Exchange, type Exchanges, isAnswer, isDocument, type Rule, type RuleParts, type Severity, valuesOf } from "../types.ts";

type Id = keyof typeof cspExamples;

/** As browsers compare it: in lower case except for nonces and hashes. */
const plainly = memoize((text: string): CspModel => new Map([...parse(text)].map(([name, words]) => [name, words.map(comparable)])), 50);

/** What headguard itself says about a policy with these directives. */
const problemsOf = memoize((text: string): readonly Problem[] => {
	const { errors, warnings, issues } = createIssueList();
	// A nonce in a response corresponds to a slot in a policy.
	const slotted = (word: Source): unknown => (typeof word === "string" && /^'nonce-[^']+'$/i.test(word) ? KEYWORDS.nonce : word);
	const given = new Map([...parse(text)].map(([name, words]) => [name, optionOf(name, words.map(slotted))]));
	readDirectives(given, issues, false);
	// A list with a mistake is judged by what browsers read in the rest.
	warnWeak(plainly(text), issues);
	warnNoEffect(plainly(text), issues);
	return [...errors, ...warnings].map(({ directive, message, ...issue }) => ({
		...issue,
		message: directive === undefined ? message : `${directive}: ${message}`,
	}));
}, 50);

/** A list of a header in the form that an option has. */
function optionOf(name: string, words: readonly unknown[]): unknown {
	const kind = DIRECTIVES.get(name)?.kind;
	if (kind === "flag") return words.length === 0 ? true : words;
	return kind === "endpoint" && words.length === 1 ? words[0] : words;
}

/** Problems that headguard refuses or warns about, by their codes. */
const FROM_POLICY: readonly (readonly [id: Id & Code, severity: Severity, title: string])[] = [
	["csp/unknown-directive", "warning", "Unknown directive"],
	["csp/obsolete-directive", "note", "Obsolete directive"],
	["csp/unquoted-keyword", "error", "Keyword without quotes"],
	["csp/wrong-quotes", "error", "Wrong quotation marks"],
	["csp/invalid-keyword", "error", "Unknown keyword"],
	["csp/keyword-no-effect", "note", "Keyword without effect"],
	["csp/never-matches", "warning", "Source that never matches"],
	["csp/none-not-alone", "error", "'none' beside other sources"],
	["csp/invalid-source", "error", "Invalid source"],
	["csp/experimental-source", "warning", "Experimental source"],
	["csp/scheme-without-colon", "error", "Scheme without colon"],
	["csp/invalid-token", "warning", "Unknown token"],
	["csp/hash-length", "error", "Hash of wrong length"],
	["csp/strict-dynamic-alone", "error", "'strict-dynamic' without nonce"],
	["csp/script-unsafe-inline", "error", "Inline scripts allowed"],
	["csp/script-unsafe-eval", "warning", "eval allowed"],
	["csp/script-wildcard", "error", "Scripts from anywhere"],
	["csp/trusted-types-eval", "warning", "'trusted-types-eval' allowed"],
	["csp/object-wildcard", "error", "Plugins from anywhere"],
	["csp/base-uri-wildcard", "error", "Base URL not restricted"],
	["csp/form-action-wildcard", "warning", "Forms to any site"],
	["csp/frame-ancestors-wildcard", "error", "Framing by any site"],
	["csp/http-source", "error", "Plain http source"],
	["csp/local-or-ip-source", "warning", "Local or IP source"],
	["csp/no-script-src", "error", "Scripts not restricted"],
	["csp/no-object-src", "error", "Plugins not restricted"],
	["csp/no-form-action", "warning", "Form targets not restricted"],
	["csp/sandbox-escape", "warning", "Sandbox can be escaped"],
];

/** A rule for each policy. What one of several policies enforces is enforced. */
export function onPolicies<Id extends string>({
	check,
	...about
}: RuleParts<Id, (model: CspModel, text: string, exchange: Exchange, exchanges: Exchanges) => string | undefined>): Rule<Id> {
	return {
		...about,
		header: CSP,
		check(exchange, exchanges) {
			// The framework's own policy on its error pages has its own rule.
			if (!isDocument(exchange) || (!isAnswer(exchange) && policyTexts(exchange).join() === FRAMEWORK_POLICY)) return [];
			let first: string | undefined;
			for (const text of policyTexts(exchange)) {
				const message = check(plainly(text), text, exchange, exchanges);
				if (message === undefined) return [];
				first ??= message;
			}
			return first === undefined ? [] : [first];
		},
	};
}

const own = (parts: RuleParts<Id, Rule["check"]>): Rule<Id> => ({ ...parts, header: CSP });

/** A comma in a value ends the policy: the text after it does not start with a directive. */
function commaIn(exchange: Exchange): string | undefined {
	const parts = valuesOf(exchange, CSP).flatMap((value) => value.split(",").slice(1));
	return parts
		.map((part) => part.trim())
		.find((part) => part !== "" && !DIRECTIVES.has(part.split(/[\s;]/, 1)[0]?.toLowerCase() ?? "") && !/^[a-z-]+-src\b/i.test(part));
}

export const cspRules: readonly Rule<Id>[] = [
	own({
		id: "csp/missing",
		title: "No policy",
		severity: "error",
		summary: "The document has no policy that is enforced.",
		check: (exchange) =>
			isDocument(exchange) && isAnswer(exchange) && [...policyTexts(exchange), ...policyTexts(exchange, REPORT_ONLY), ...metaPolicies(exchange)].length === 0
				? ["absent on a document, so injected scripts run. Send default-src 'self' and the sources that the page needs."]
				: [],
	}),
	own({
		id: "csp/report-only-only",
		title: "Report-only policy only",
		severity: "error",
		summary: "The only policy of the document is report-only, so it blocks nothing.",
		check: (exchange) =>
			isDocument(exchange) && isAnswer(exchange) && policyTexts(exchange).length === 0 && policyTexts(exchange, REPORT_ONLY).length > 0
				? [`only ${REPORT_ONLY} is sent, which blocks nothing. Enforce the policy when no more reports arrive.`]
				: [],
	}),
	own({
		id: "csp/empty",
		title: "Empty policy",
		severity: "error",
		summary: CODES["csp/empty"],
		check: (exchange) =>
			policyTexts(exchange).some((text) => parse(text).size === 0)
				? ["a policy is empty and protects nothing. Send default-src 'self', or remove that policy."]
				: [],
	}),
	own({
		id: "csp/duplicate-directive",
		title: "Repeated directive",
		severity: "error",
		summary: CODES["csp/duplicate-directive"],
		check: (exchange) =>
			policyTexts(exchange).flatMap((text) => {
				const names = text.split(";").flatMap((part) => /^\s*(\S+)/.exec(part)?.[1]?.toLowerCase() ?? []);
				const twice = names.find((name, i) => names.indexOf(name) !== i);
				return twice === undefined ? [] : [`${show(twice)} appears twice; browsers ignore the second. Write one list.`];
			}),
	}),
	own({
		id: "csp/non-ascii",
		title: "Non-ASCII character",
		severity: "error",
		summary: CODES["csp/non-ascii"],
		check: (exchange) =>
			policyTexts(exchange).some((text) => /[^\t\x20-\x7e]/.test(text))
				? ["a byte outside visible ASCII makes browsers drop its directive. Write hosts in Punycode and paths percent-encoded."]
				: [],
	}),
	own({
		id: "csp/comma-in-value",
		title: "Comma between sources",
		severity: "error",
		summary: "A comma between sources ends the policy and starts another one.",
		check: (exchange) => {
			const rest = commaIn(exchange);
			return rest === undefined ? [] : [`a comma ends the policy before ${show(rest.slice(0, 60))}. Put spaces between sources.`];
		},
	}),
	own({
		id: "csp/directive-colon",
		title: "Colon after directive",
		severity: "error",
		summary: "A directive name ends with a colon, so browsers do not recognize it.",
		check: (exchange) =>
			policyTexts(exchange).flatMap((text) => {
				const name = [...parse(text).keys()].find((one) => one.endsWith(":") && DIRECTIVES.has(one.slice(0, -1)));
				return name === undefined ? [] : [`${show(name)} ends with a colon, so browsers ignore the directive. Write ${name.slice(0, -1)}.`];
			}),
	}),
	own({
		id: "csp/missing-semicolon",
		title: "Missing semicolon",
		severity: "error",
		summary: "A directive name is among the sources: a semicolon is missing.",
		check: (exchange) =>
			policyTexts(exchange).flatMap((text) =>
				[...parse(text)].flatMap(([name, words]) => {
					const found = words.find((word) => DIRECTIVES.has(String(word).toLowerCase()) && name !== "trusted-types");
					return found === undefined ? [] : [`${name} contains ${show(found)}, which is a directive. Put a semicolon before it.`];
				}),
			),
	}),
	...FROM_POLICY.map(([id, severity, title]) =>
		onPolicies({
			id,
			title,
			severity,
			summary: CODES[id],
			check: (_model, text, exchange) =>
				problemsOf(text).find((problem) => problem.code === id && !isOfThisMachine(problem, exchange) && !isOnPurpose(problem, exchange))?.message,
		}),
	),
	onPolicies({
		id: "csp/other-wildcard",
		title: "Any host allowed",
		severity: "warning",
		summary: CODES["csp/other-wildcard"],
		check: (_model, text) => {
			// https: allows any host as well, but no attacker on the network, and is common for images and fonts.
			return problemsOf(text).find(({ code, received = "" }) => code === "csp/other-wildcard" && /^"(?:\*|http:)/.test(received))?.message;
		},
	}),
	onPolicies({
		id: "csp/no-frame-ancestors",
		title: "No frame-ancestors",
		severity: "note",
		summary: CODES["csp/no-frame-ancestors"],
		check: (model, _text, exchange) =>
			model.has("frame-ancestors") || !isAnswer(exchange)
				? undefined
				: "frame-ancestors is absent, so only X-Frame-Options restricts framing, which cannot name sites. Write frame-ancestors 'none', or the sites.",
	}),
	onPolicies({
		id: "csp/no-base-uri",
		title: "No base-uri",
		severity: "warning",
		summary: CODES["csp/no-base-uri"],
		check: (model) =>
			model.has("base-uri") || runsMarkedScripts(model)
				? undefined
				: "base-uri is absent, so an injected <base> redirects every relative URL. Write base-uri 'self'.",
	}),
	onPolicies({
		id: "csp/no-base-uri-with-nonce",
		title: "Nonce without base-uri",
		severity: "error",
		summary: "base-uri is absent while nonces or hashes select the scripts: an injected <base> redirects them.",
		check: (model) =>
			!model.has("base-uri") && runsMarkedScripts(model)
				? "base-uri is absent, so an injected <base> redirects scripts that carry the nonce. Write base-uri 'self'."
				: undefined,
	}),
	own({
		id: "csp/legacy-header",
		title: "Prefixed policy header",
		severity: "note",
		summary: "No browser reads X-Content-Security-Policy or X-WebKit-CSP.",
		check: (exchange) =>
			["X-Content-Security-Policy", "X-WebKit-CSP"]
				.filter((name) => valuesOf(exchange, name).length > 0)
				.map((name) => `${name} is not read by any browser. Send ${CSP}.`),
	}),
];

/** A script is chosen by its nonce, whatever its address. One that is chosen by a hash must match it, unless it may load others. */
function runsMarkedScripts(model: CspModel): boolean {
	const list = effective(model, "script-src") ?? [];
	return list.some(isNonceSource) || (list.includes("'strict-dynamic'") && list.some(isNonceOrHash));
}

const OF_A_HOST: readonly Problem["code"][] = ["csp/local-or-ip-source", "csp/http-source"];

/** A source that an application on this machine makes of its own address, such as `ws://${req.headers.host}`. Elsewhere it has another. */
function isOfThisMachine({ code, received = "" }: Problem, { url }: Exchange): boolean {
	if (!OF_A_HOST.includes(code) || !URL.canParse(url)) return false;
	const [source, page] = [received.slice(1, -1).replace(/^[a-z]+:\/\//i, ""), new URL(url)];
	return isLoopback(page.hostname) && page.host === source.replace(/[/?#].*$/, "").toLowerCase();
}

const UNKNOWN: readonly Problem["code"][] = ["csp/unknown-directive", "csp/invalid-keyword", "csp/invalid-source", "csp/invalid-token"];

/** Something that the policy has from csp.raw or allowUnknownDirectives. Its author has been warned. */
function isOnPurpose({ code, received = "" }: Problem, { onPurpose }: Exchange): boolean {
	return UNKNOWN.includes(code) && onPurpose?.has(received) === true;
}

/** A policy that allows no script at all, such as that of an API. */
function isClosed(model: CspModel): boolean {
	return effective(model, "script-src")?.join() === "'none'";
}

/** A document with neither scripts nor frames: nothing on it can use a feature or another window. */
export function isInert(exchange: Exchange): boolean {
	return policiesOf(exchange).some((model) => isClosed(model) && effective(model, "frame-src")?.join() === "'none'");
}

/** The nonces of the policies of a response. */
export function noncesOf(exchange: Exchange): readonly string[] {
	// A quotation mark that does not end a source belongs to the next one.
	return policyTexts(exchange).flatMap((text) => [...text.matchAll(/'nonce-([^']*)'(?![^\s;])/gi)].map(([, nonce = ""]) => nonce));
}
