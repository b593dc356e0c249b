import { CODES } from "../../core/codes.ts";
import { show } from "../../core/text.ts";
import { ancestorsOf, frameOptionFor } from "../../headers/common/framing.ts";
import { NAMES } from "../../headers/facts.ts";
import { policiesOf } from "../csp-of.ts";
import { isAnswer, isDocument, partsOf, type Rule, rule } from "../types.ts";

const XFO = NAMES.xFrameOptions;
export const framingRules: readonly Rule[] = [
	rule(XFO, "frame/unprotected", "error", "Any site may frame the document.", (seen) => {
		const isValid = partsOf(seen, XFO).some((value) => /^(?:deny|sameorigin)$/i.test(value));
		return isDocument(seen) && isAnswer(seen) && !isValid && ancestorsOf(policiesOf(seen)) === undefined
			? "neither frame-ancestors nor X-Frame-Options says who may frame the page. Send frame-ancestors 'none' and X-Frame-Options: DENY."
			: undefined;
	}),
	rule(XFO, "frame/conflict", "warning", CODES["frame/conflict"], (seen) => {
		const [value] = partsOf(seen, XFO);
		const ancestors = ancestorsOf(policiesOf(seen));
		if (value === undefined || ancestors === undefined) return undefined;
		const expected = frameOptionFor(ancestors);
		return expected === value.toUpperCase()
			? undefined
			: `${show(value)} disagrees with frame-ancestors ${ancestors.join(" ")}, which wins. ${expected === undefined ? "Leave it out." : `Send ${expected}.`}`;
	}),
	rule(XFO, "xfo/multiple", "error", "X-Frame-Options stands twice, and browsers do not agree on what that means.", (seen) =>
		new Set(partsOf(seen, XFO).map((value) => value.toUpperCase())).size > 1
			? `${partsOf(seen, XFO).map(show).join(" and ")}: two values. Send it once, from the application or the proxy.`
			: undefined,
	),
	rule(XFO, "xfo/allow-from", "warning", CODES["xfo/allow-from"], (seen) =>
		partsOf(seen, XFO).some((value) => /^allow-from\b/i.test(value)) ? "ALLOW-FROM is read by no browser. Send frame-ancestors with that origin." : undefined,
	),
	rule(XFO, "xfo/invalid", "error", CODES["xfo/invalid"], (seen) => {
		const wrong = partsOf(seen, XFO).find((value) => !/^(?:deny|sameorigin|allow-from\b.*)$/i.test(value));
		return wrong === undefined ? undefined : `${show(wrong)} is not one of its values, so it protects nothing. Send DENY or SAMEORIGIN.`;
	}),
];
