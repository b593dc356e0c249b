import { CODES } from "../../core/codes.ts";
import { show } from "../../core/text.ts";
import { NAMES } from "../../headers/facts.ts";
import { FEATURES } from "../../headers/permissions-policy/features.ts";
import { POWERFUL_FEATURES } from "../../headers/permissions-policy/powerful.ts";
import { isAnswer, isDocument, type Rule, rule, type Seen, type Severity, valuesOf } from "../types.ts";

const HEADER = NAMES.permissionsPolicy;

/** A member of the dictionary: a feature with its allowlist. */
const MEMBER = /^([a-z][a-z0-9-]*)=(\*|self|\((?:\s*(?:self|src|\*|"[^"]*"))*\s*\)|"[^"]*")(?:; *[a-z-]+=(?:"[^"]*"|[\w-]+))*$/;

function members(seen: Seen): readonly string[] {
	return (
		valuesOf(seen, HEADER)
			// Commas inside double quotes belong to an address.
			.flatMap((value) => value.match(/(?:[^",]|"[^"]*"?)+/g) ?? [])
			.map((part) => part.trim())
	);
}

function listRule(id: string, severity: Severity, summary: string, check: (list: readonly string[], seen: Seen) => string | undefined): Rule {
	return rule(HEADER, id, severity, summary, (seen) => check(members(seen), seen));
}

export const permissionsRules: readonly Rule[] = [
	listRule("permissions/missing", "note", "Frames and scripts may ask for camera, microphone and location.", (list, seen) =>
		isDocument(seen) && isAnswer(seen) && list.length === 0
			? "absent. Send camera=(), microphone=(), geolocation=() and what else the page does not use."
			: undefined,
	),
	listRule("permissions/old-syntax", "error", "The grammar of Feature-Policy makes browsers drop the whole header.", (list) => {
		const old = list.find((member) => !MEMBER.test(member) && /^[a-z-]+\s+(?:'|\*|https?:)/.test(member));
		return old === undefined
			? undefined
			: `${show(old)} is the grammar of Feature-Policy, so browsers drop the whole header. Write ${old.split(/\s/, 1)[0]}=().`;
	}),
	listRule("permissions/unparsable", "error", "The header is no dictionary, so browsers drop all of it.", (list) => {
		const wrong = list.find((member) => !MEMBER.test(member) && !/^[a-z-]+\s+(?:'|\*|https?:)/.test(member));
		return wrong === undefined ? undefined : `${show(wrong)} cannot be read, so browsers drop the whole header. Write camera=(), with = and parentheses.`;
	}),
	listRule("permissions/unknown-feature", "note", CODES["permissions/unknown-feature"], (list) => {
		const names = list.flatMap((member) => MEMBER.exec(member)?.[1] ?? []);
		const unknown = names.find((name) => !(FEATURES as readonly string[]).includes(name));
		return unknown === undefined ? undefined : `${show(unknown)} is no feature that a browser knows. Leave it out.`;
	}),
	listRule("permissions/duplicate", "warning", CODES["permissions/duplicate"], (list) => {
		const names = list.flatMap((member) => MEMBER.exec(member)?.[1] ?? []);
		const twice = names.find((name, i) => names.indexOf(name) !== i);
		return twice === undefined ? undefined : `${show(twice)} stands twice; browsers keep the last. Write it once.`;
	}),
	listRule("permissions/sensitive-wildcard", "warning", CODES["permissions/sensitive-wildcard"], (list) => {
		const open = list.find((member) => POWERFUL_FEATURES.has(MEMBER.exec(member)?.[1] ?? "") && /=\(?\s*\*/.test(member));
		return open === undefined ? undefined : `${show(open)} lets every framed site use it. Name the origins.`;
	}),
];
