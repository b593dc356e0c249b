import { CODES } from "../../core/codes.ts";
import { show } from "../../core/text.ts";
import { NAMES } from "../../headers/facts.ts";
import { FEATURES } from "../../headers/permissions-policy/features.ts";
import { POWERFUL_FEATURES } from "../../headers/permissions-policy/powerful.ts";
import type { permissionsExamples } from "../examples/permissions.ts";
import { type Exchange, isAnswer, isDocument, type Rule, type RuleParts, rule, valuesOf } from "../types.ts";

type Id = keyof typeof permissionsExamples;

const HEADER = NAMES.permissionsPolicy;

/** A member of the dictionary: a feature with its allowlist. */
const MEMBER = /^([a-z][a-z0-9-]*)=(\*|self|\((?:\s*(?:self|src|\*|"[^"]*"))*\s*\)|"[^"]*")(?:; *[a-z-]+=(?:"[^"]*"|[\w-]+))*$/;

function members(exchange: Exchange): readonly string[] {
	return (
		valuesOf(exchange, HEADER)
			// Commas inside double quotes belong to an address.
			.flatMap((value) => value.match(/(?:[^",]|"[^"]*"?)+/g) ?? [])
			.map((part) => part.trim())
	);
}

function listRule({ check, ...about }: RuleParts<Id, (list: readonly string[], exchange: Exchange) => string | undefined>): Rule<Id> {
	return rule({ ...about, header: HEADER, check: (exchange) => check(members(exchange), exchange) });
}

export const permissionsRules: readonly Rule<Id>[] = [
	listRule({
		id: "permissions/missing",
		title: "No Permissions-Policy",
		severity: "note",
		summary: "Scripts of the page may ask for camera, microphone and location.",
		check: (list, exchange) =>
			isDocument(exchange) && isAnswer(exchange) && list.length === 0
				? "absent. Send camera=(), microphone=(), geolocation=() and every other feature that the page does not use."
				: undefined,
	}),
	listRule({
		id: "permissions/old-syntax",
		title: "Feature-Policy syntax",
		severity: "error",
		summary: "Feature-Policy syntax makes browsers drop the whole header.",
		check: (list) => {
			const old = list.find((member) => !MEMBER.test(member) && /^[a-z-]+\s+(?:'|\*|https?:)/.test(member));
			return old === undefined ? undefined : `${show(old)} is Feature-Policy syntax, so browsers drop the whole header. Write ${old.split(/\s/, 1)[0]}=().`;
		},
	}),
	listRule({
		id: "permissions/unparsable",
		title: "Header cannot be parsed",
		severity: "error",
		summary: "The header is not a valid dictionary, so browsers drop all of it.",
		check: (list) => {
			const wrong = list.find((member) => !MEMBER.test(member) && !/^[a-z-]+\s+(?:'|\*|https?:)/.test(member));
			return wrong === undefined ? undefined : `${show(wrong)} cannot be parsed, so browsers drop the whole header. Write camera=(), with = and parentheses.`;
		},
	}),
	listRule({
		id: "permissions/unknown-feature",
		title: "Unknown feature",
		severity: "note",
		summary: CODES["permissions/unknown-feature"],
		check: (list) => {
			const names = list.flatMap((member) => MEMBER.exec(member)?.[1] ?? []);
			const unknown = names.find((name) => !(FEATURES as readonly string[]).includes(name));
			return unknown === undefined ? undefined : `${show(unknown)} is not a feature that browsers know. Remove it.`;
		},
	}),
	listRule({
		id: "permissions/duplicate",
		title: "Repeated feature",
		severity: "warning",
		summary: CODES["permissions/duplicate"],
		check: (list) => {
			const names = list.flatMap((member) => MEMBER.exec(member)?.[1] ?? []);
			const twice = names.find((name, i) => names.indexOf(name) !== i);
			return twice === undefined ? undefined : `${show(twice)} appears twice; browsers keep the last. Write it once.`;
		},
	}),
	listRule({
		id: "permissions/sensitive-wildcard",
		title: "Powerful feature for all",
		severity: "warning",
		summary: CODES["permissions/sensitive-wildcard"],
		check: (list) => {
			const open = list.find((member) => POWERFUL_FEATURES.has(MEMBER.exec(member)?.[1] ?? "") && /=\(?\s*\*/.test(member));
			return open === undefined ? undefined : `${show(open)} lets every framed site use the feature. Name the origins.`;
		},
	}),
];
