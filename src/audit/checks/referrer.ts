import { CODES } from "../../core/codes.ts";
import { show } from "../../core/text.ts";
import { NAMES } from "../../headers/facts.ts";
import { effectiveReferrerToken, UNSAFE_REFERRER_TOKENS } from "../../headers/tokens.ts";
import { isAnswer, isDocument, partsOf, type Rule, rule, valuesOf } from "../types.ts";

const REFERRER = NAMES.referrerPolicy;
export const referrerRules: readonly Rule[] = [
	rule(REFERRER, "referrer/missing", "warning", "Browsers of today send the origin to other sites, older ones the whole address.", (seen) =>
		isDocument(seen) && isAnswer(seen) && valuesOf(seen, REFERRER).length === 0 ? "absent. Send strict-origin-when-cross-origin." : undefined,
	),
	rule(REFERRER, "referrer/invalid", "error", CODES["referrer/invalid"], (seen) => {
		const parts = partsOf(seen, REFERRER).map((part) => part.toLowerCase());
		return parts.length === 0 || effectiveReferrerToken(parts.join()) !== undefined
			? undefined
			: `${show(parts.join(", "))} holds no token that browsers know. Send strict-origin-when-cross-origin.`;
	}),
	rule(REFERRER, "referrer/unsafe", "warning", CODES["referrer/unsafe"], (seen) => {
		const last = effectiveReferrerToken(partsOf(seen, REFERRER).join());
		return last !== undefined && UNSAFE_REFERRER_TOKENS.includes(last)
			? `${last} sends more than the origin, or sends it over http. Send strict-origin-when-cross-origin.`
			: undefined;
	}),
];
