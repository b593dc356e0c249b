import { show } from "../../core/text.ts";
import { isAnswer, isDocument, partsOf, type Rule, rule, valuesOf } from "../rule.ts";

const REFERRER = "Referrer-Policy";
const REFERRER_TOKENS = ["no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"];
const REFERRER_UNSAFE = ["origin", "origin-when-cross-origin", "no-referrer-when-downgrade", "unsafe-url"];
export const referrerRules: readonly Rule[] = [
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
