import { CODES } from "../../core/codes.ts";
import { readDictionary } from "../../core/structured-reader.ts";
import { show } from "../../core/text.ts";
import { NAMES } from "../../headers/facts.ts";
import { FEATURES } from "../../headers/permissions-policy/features.ts";
import { wholeOf } from "../../headers/permissions-policy/parts.ts";
import { POWERFUL_FEATURES } from "../../headers/permissions-policy/powerful.ts";
import type { permissionsExamples } from "../examples/permissions.ts";
import { dictionaryOf, wordsOf } from "../structured.ts";
import { type Exchange, isAnswer, isDocument, type Rule, type RuleParts, rule, valuesOf } from "../types.ts";
import { isInert } from "./csp.ts";

type Id = keyof typeof permissionsExamples;

const HEADER = NAMES.permissionsPolicy;

/** Feature-Policy, the header before this one, has spaces and quotes. */
const OLD = /^[a-z-]+\s+(?:'|\*|https?:)/;

/** A member as text. Commas inside double quotes belong to an address. */
function textsOf(exchange: Exchange): readonly string[] {
	return valuesOf(exchange, HEADER)
		.flatMap((value) => value.match(/(?:[^",]|"[^"]*"?)+/g) ?? [])
		.map((part) => part.trim());
}

/** The part at which browsers give up. They read the whole header or nothing. */
function wrongPart(exchange: Exchange): string | undefined {
	if (valuesOf(exchange, HEADER).length === 0 || dictionaryOf(exchange, HEADER) !== undefined) return undefined;
	return textsOf(exchange).find((text) => readDictionary(text) === undefined) ?? valuesOf(exchange, HEADER).join(", ").slice(-40);
}

/** The features with their lists, as browsers read them. */
function featuresOf(exchange: Exchange): readonly (readonly [name: string, words: readonly string[]])[] {
	return [...(dictionaryOf(exchange, HEADER) ?? [])].map(([name, member]) => [name, wordsOf(member)]);
}

function listRule({ check, ...about }: RuleParts<Id, (exchange: Exchange) => string | undefined>): Rule<Id> {
	return rule({ ...about, header: HEADER, check });
}

export const permissionsRules: readonly Rule<Id>[] = [
	listRule({
		id: "permissions/missing",
		title: "No Permissions-Policy",
		severity: "note",
		summary: "Scripts of the page may ask for camera, microphone and location.",
		check: (exchange) =>
			isDocument(exchange) && isAnswer(exchange) && !isInert(exchange) && valuesOf(exchange, HEADER).length === 0
				? "absent. Send camera=(), microphone=(), geolocation=() and every other feature that the page does not use."
				: undefined,
	}),
	listRule({
		id: "permissions/old-syntax",
		title: "Feature-Policy syntax",
		severity: "error",
		summary: "Feature-Policy syntax makes browsers drop the whole header.",
		check: (exchange) => {
			const old = [wrongPart(exchange)].find((part) => part !== undefined && OLD.test(part));
			return old === undefined ? undefined : `${show(old)} is Feature-Policy syntax, so browsers drop the whole header. Write ${old.split(/\s/, 1)[0]}=().`;
		},
	}),
	listRule({
		id: "permissions/unparsable",
		title: "Header cannot be parsed",
		severity: "error",
		summary: "The header is not a valid dictionary, so browsers drop all of it.",
		check: (exchange) => {
			const wrong = wrongPart(exchange);
			return wrong === undefined || OLD.test(wrong)
				? undefined
				: `${show(wrong)} cannot be parsed, so browsers drop the whole header. Write camera=(), with = and parentheses.`;
		},
	}),
	listRule({
		id: "permissions/unknown-feature",
		title: "Unknown feature",
		severity: "note",
		summary: CODES["permissions/unknown-feature"],
		check: (exchange) => {
			const unknown = featuresOf(exchange)
				.map(([name]) => name)
				.find((name) => !(FEATURES as readonly string[]).includes(name));
			return unknown === undefined ? undefined : `${show(unknown)} is not a feature that browsers know. Remove it.`;
		},
	}),
	listRule({
		id: "permissions/duplicate",
		title: "Repeated feature",
		severity: "warning",
		summary: CODES["permissions/duplicate"],
		check: (exchange) => {
			const names = dictionaryOf(exchange, HEADER) === undefined ? [] : textsOf(exchange).map((text) => text.split("=", 1)[0]?.trim());
			const twice = names.find((name, i) => names.indexOf(name) !== i);
			return twice === undefined ? undefined : `${show(twice)} appears twice; browsers keep the last. Write it once.`;
		},
	}),
	listRule({
		id: "permissions/no-effect",
		title: "Feature without effect",
		severity: "warning",
		summary: "A feature comes after another that includes it, and browsers use the first.",
		check: (exchange) => {
			const names = featuresOf(exchange).map(([name]) => name);
			const part = names.find((name, i) => names.slice(0, i).includes(wholeOf(name) ?? ""));
			return part === undefined ? undefined : `${show(part)} comes after ${wholeOf(part)}, which includes it, so browsers ignore it. Write it first.`;
		},
	}),
	listRule({
		id: "permissions/sensitive-wildcard",
		title: "Powerful feature for all",
		severity: "warning",
		summary: CODES["permissions/sensitive-wildcard"],
		check: (exchange) => {
			const open = featuresOf(exchange).find(([name, words]) => POWERFUL_FEATURES.has(name) && words.includes("*"));
			return open === undefined ? undefined : `${show(`${open[0]}=*`)} lets every framed site use the feature. Name the origins.`;
		},
	}),
];
