import { CODES } from "../../core/codes.ts";
import { show } from "../../core/text.ts";
import { ancestorsOf, frameOptionFor } from "../../headers/common/framing.ts";
import { NAMES } from "../../headers/facts.ts";
import { policiesOf } from "../csp-of.ts";
import type { framingExamples } from "../examples/framing.ts";
import { isAnswer, isDocument, partsOf, type Rule, rule } from "../types.ts";

type Id = keyof typeof framingExamples;

const XFO = NAMES.xFrameOptions;
const VALID = /^(?:deny|sameorigin)$/i;

export const framingRules: readonly Rule<Id>[] = [
	rule({
		header: XFO,
		id: "frame/unprotected",
		title: "Framing not restricted",
		severity: "error",
		summary: "Any site may show the document in a frame.",
		check: (exchange) => {
			const isValid = partsOf(exchange, XFO).some((value) => VALID.test(value));
			return isDocument(exchange) && isAnswer(exchange) && !isValid && ancestorsOf(policiesOf(exchange)) === undefined
				? "neither frame-ancestors nor X-Frame-Options says which sites may frame the page. Send frame-ancestors 'none' and X-Frame-Options: DENY."
				: undefined;
		},
	}),
	rule({
		header: XFO,
		id: "frame/conflict",
		title: "Conflicting framing rules",
		severity: "warning",
		summary: CODES["frame/conflict"],
		check: (exchange) => {
			const [value] = partsOf(exchange, XFO);
			const ancestors = ancestorsOf(policiesOf(exchange));
			// A value that browsers ignore does not disagree, and has its own rule.
			if (value === undefined || ancestors === undefined || !VALID.test(value)) return undefined;
			const expected = frameOptionFor(ancestors);
			return expected === value.toUpperCase()
				? undefined
				: `${show(value)} disagrees with frame-ancestors ${ancestors.join(" ")}, which wins. ${expected === undefined ? "Remove it." : `Send ${expected}.`}`;
		},
	}),
	rule({
		header: XFO,
		id: "xfo/multiple",
		title: "Two framing values",
		severity: "error",
		summary: "X-Frame-Options has two values, and browsers disagree on what that means.",
		check: (exchange) =>
			new Set(partsOf(exchange, XFO).map((value) => value.toUpperCase())).size > 1
				? `${partsOf(exchange, XFO).map(show).join(" and ")}: two values. Send it once, from the application or the proxy.`
				: undefined,
	}),
	rule({
		header: XFO,
		id: "xfo/allow-from",
		title: "ALLOW-FROM is obsolete",
		severity: "note",
		summary: CODES["xfo/allow-from"],
		check: (exchange) =>
			partsOf(exchange, XFO).some((value) => /^allow-from\b/i.test(value)) ? "no browser reads ALLOW-FROM. Send frame-ancestors with that origin." : undefined,
	}),
	rule({
		header: XFO,
		id: "xfo/invalid",
		title: "Unknown framing value",
		severity: "warning",
		summary: CODES["xfo/invalid"],
		check: (exchange) => {
			const wrong = partsOf(exchange, XFO).find((value) => !/^(?:deny|sameorigin|allow-from\b.*)$/i.test(value));
			return wrong === undefined ? undefined : `${show(wrong)} is not a valid value, so browsers ignore it. Send DENY or SAMEORIGIN.`;
		},
	}),
];
