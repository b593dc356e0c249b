import { show } from "../../core/text.ts";
import { isAnswer, isDocument, partsOf, type Rule, rule, type Seen, valuesOf } from "../rule.ts";

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
export const framingRules: readonly Rule[] = [
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
	rule(XFO, "xfo/multiple", "error", "X-Frame-Options stands twice, and browsers do not agree on what that means.", (seen) =>
		new Set(partsOf(seen, XFO).map((value) => value.toUpperCase())).size > 1
			? `${partsOf(seen, XFO).map(show).join(" and ")}: two values. Send it once, from the application or the proxy.`
			: undefined,
	),
	rule(XFO, "xfo/allow-from", "warning", "No browser reads ALLOW-FROM any more.", (seen) =>
		partsOf(seen, XFO).some((value) => /^allow-from\b/i.test(value)) ? "ALLOW-FROM is read by no browser. Send frame-ancestors with that origin." : undefined,
	),
	rule(XFO, "xfo/invalid", "error", "X-Frame-Options knows DENY and SAMEORIGIN only.", (seen) => {
		const wrong = partsOf(seen, XFO).find((value) => !/^(?:deny|sameorigin|allow-from\b.*)$/i.test(value));
		return wrong === undefined ? undefined : `${show(wrong)} is not one of its values, so it protects nothing. Send DENY or SAMEORIGIN.`;
	}),
];
