import { CODES } from "../../core/codes.ts";
import { show } from "../../core/text.ts";
import { NAMES } from "../../headers/facts.ts";
import { effectiveReferrerToken, UNSAFE_REFERRER_TOKENS } from "../../headers/tokens.ts";
import type { referrerExamples } from "../examples/referrer.ts";
import { isAnswer, isDocument, partsOf, type Rule, rule, valuesOf } from "../types.ts";

type Id = keyof typeof referrerExamples;

const REFERRER = NAMES.referrerPolicy;
export const referrerRules: readonly Rule<Id>[] = [
	rule({
		header: REFERRER,
		id: "referrer/missing",
		title: "No referrer policy",
		severity: "warning",
		summary: "Current browsers send the origin to other sites, older ones the whole URL.",
		check: (exchange) =>
			isDocument(exchange) && isAnswer(exchange) && valuesOf(exchange, REFERRER).length === 0 ? "absent. Send strict-origin-when-cross-origin." : undefined,
	}),
	rule({
		header: REFERRER,
		id: "referrer/invalid",
		title: "Unknown referrer policy",
		severity: "error",
		summary: CODES["referrer/invalid"],
		check: (exchange) => {
			const parts = partsOf(exchange, REFERRER).map((part) => part.toLowerCase());
			return parts.length === 0 || effectiveReferrerToken(parts.join()) !== undefined
				? undefined
				: `${show(parts.join(", "))} contains no token that browsers know. Send strict-origin-when-cross-origin.`;
		},
	}),
	rule({
		header: REFERRER,
		id: "referrer/unsafe",
		title: "URLs sent elsewhere",
		severity: "warning",
		summary: CODES["referrer/unsafe"],
		check: (exchange) => {
			const last = effectiveReferrerToken(partsOf(exchange, REFERRER).join());
			return last !== undefined && UNSAFE_REFERRER_TOKENS.includes(last)
				? `${last} sends more than the origin, or sends it over http. Send strict-origin-when-cross-origin.`
				: undefined;
		},
	}),
];
