import { type Issues, problem } from "../../core/issue.ts";
import { type Hint, type Hints, readBoolean, readFields, readList, readRecord } from "../../core/read.ts";
import { dictionary, innerList, isKey, string, token, withParameter } from "../../core/structured.ts";
import { camel, kebab, nearest } from "../../core/text.ts";
import { NOT_A_KEY, readEndpointName } from "../common/token.ts";
import { defineHeader, type HeaderDefinition } from "../define.ts";
import { DENIED } from "./denied.ts";
import type { PermissionsPolicyAllowlist, PermissionsPolicyFeatures } from "./feature-options.ts";
import { FEATURES } from "./features.ts";
import { inOrder, limitsOf, wholeOf, withoutFeature } from "./parts.ts";
import { POWERFUL_FEATURES } from "./powerful.ts";
import { RETIRED_FEATURES } from "./retired.ts";

/** @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy} */
export interface PermissionsPolicyOptions {
	/**
	 * Whether `features` replaces single features of the default, or of the preset. With `false`, the policy has only your features.
	 * @defaultValue true
	 */
	readonly useDefaults?: boolean | undefined;
	/**
	 * Features by name, each with the origins that may use it.
	 * @defaultValue 22 features denied
	 * @example { camera: ["self"], geolocation: ["self", "https://maps.example"], fullscreen: "*" }
	 */
	readonly features?: PermissionsPolicyFeatures | undefined;
	/**
	 * Features that this version does not know, by their exact names. headguard only checks their syntax.
	 * @defaultValue {}
	 * @example { "brand-new-feature": [] }
	 */
	readonly allowUnknownFeatures?: Readonly<Record<string, PermissionsPolicyAllowlist>> | undefined;
	/**
	 * The name of the endpoint, defined in `reportingEndpoints`, that receives a report of each violation.
	 * @defaultValue none
	 * @example "default"
	 */
	readonly reportTo?: string | undefined;
}

interface Model {
	readonly features: ReadonlyMap<string, readonly string[]>;
	readonly reportTo: string | undefined;
}

const DEFAULT: PermissionsPolicyOptions = { useDefaults: false, features: Object.fromEntries(DENIED.map((name) => [name, []])) };

export const permissionsPolicy: HeaderDefinition<Model> = defineHeader("Permissions-Policy", {
	byDefault: DEFAULT,
	whenTrue: DEFAULT,
	read: readPermissions,
	extend: extendPermissions,
	write({ features, reportTo }) {
		const members = [...features].map(([name, allowlist]) => {
			const value = writeAllowlist(allowlist);
			// Chromium expects a token and ignores a string, contrary to the specification.
			return [name, reportTo === undefined ? value : withParameter(value, "report-to", token(reportTo))] as const;
		});
		return { text: dictionary(members) };
	},
	check({ features }, _models, issues) {
		for (const [name, allowlist] of features) {
			if (!POWERFUL_FEATURES.has(name) || !allowlist.includes("*")) continue;
			issues
				.at("features")
				.at(camel(name))
				.warn(problem("permissions/sensitive-wildcard", `every framed site may use ${name}`, '["self"] and the origins that need it'));
		}
	},
	withReporting: (model, { name }) => ({ ...model, reportTo: model.reportTo ?? name }),
	reportsTo: ({ reportTo }) => (reportTo === undefined ? [] : [reportTo]),
});

export const permissionsPolicyReportOnly: HeaderDefinition<Model> = defineHeader("Permissions-Policy-Report-Only", {
	...permissionsPolicy,
	byDefault: false,
});

const HINTS: Hints = new Map(
	FEATURES.flatMap((name) => {
		const hint: Hint = ["features have their own object", `features: { ${camel(name)}: … }`];
		return [[name, hint] as const, [camel(name), hint] as const];
	}),
);

const ALLOWLIST = '[] for no one, "self", "*", or an array such as ["self", "https://maps.example"]';

function readPermissions(option: unknown, issues: Issues, base: Model | undefined): Model | undefined {
	const known = ["useDefaults", "features", "allowUnknownFeatures", "reportTo"];
	const fields = readFields(option, known, "true, false or { features: { camera: [] } }", issues, HINTS);
	if (fields === undefined) return undefined;
	let features = new Map(fields.read("useDefaults", readBoolean, true) ? base?.features : undefined);
	const before = issues.errorCount();
	const given = [
		...readFeatures(fields.get("features"), featureName, issues.at("features")),
		...readFeatures(fields.get("allowUnknownFeatures"), unknownName, issues.at("allowUnknownFeatures")),
	];
	// What the option says of a part decides, whatever it or the base says of the whole. A whole replaces the parts of the base.
	for (const [name, allowlist] of wholesFirst(given)) {
		if (allowlist === null || wholeOf(name) === undefined) features = withoutFeature(features, name);
		if (allowlist !== null) features.set(name, allowlist);
	}
	const reportTo = fields.read("reportTo", readEndpointName, base?.reportTo);
	if (features.size === 0 && issues.errorCount() === before)
		issues.error("permissions/empty", "no feature is limited", "features: { camera: [] }, or false to switch the header off");
	return { features: inOrder(features), reportTo };
}

/** Adds origins to allowlists. A feature without an allowlist is not limited, so nothing can be added. */
function extendPermissions(option: unknown, issues: Issues, model: Model): Model | undefined {
	const fields = readFields(option, ["features", "reportTo"], '{ features: { camera: ["self"] } }', issues, HINTS);
	let features = new Map(model.features);
	for (const [name, added] of wholesFirst([...readFeatures(fields?.get("features"), featureName, issues.at("features"))])) {
		const at = issues.at("features").at(camel(name));
		const current = limitsOf(features, name);
		if (added === null) features = withoutFeature(features, name);
		else if (added.length === 0) at.error("override/restricts", "[] forbids everything", "replace({ … }) to restrict");
		else if (current.size === 0) at.error("override/restricts", `nothing limits ${name}, so a list would forbid the rest`, "replace({ … }) to restrict");
		else for (const [one, allowlist] of current) features.set(one, unionOfAllowlists(allowlist, added));
	}
	return fields && { features: inOrder(features), reportTo: fields.read("reportTo", readEndpointName, model.reportTo) };
}

/** A part may follow the whole that it belongs to, so that it changes what the whole has set. */
function wholesFirst<Entry extends readonly [name: string, ...unknown[]]>(entries: readonly Entry[]): readonly Entry[] {
	const isPart = ([name]: Entry): boolean => wholeOf(name) !== undefined;
	return [...entries.filter((entry) => !isPart(entry)), ...entries.filter(isPart)];
}

/** In canonical order, so that additions commute. */
function unionOfAllowlists(current: readonly string[], added: readonly string[]): readonly string[] {
	const members = [...new Set([...current, ...added])];
	if (members.includes("*")) return ["*"];
	return members.sort((a, b) => (a === "self" ? -1 : b === "self" ? 1 : a < b ? -1 : 1));
}

/** The allowlist of each feature, by name. Null leaves a feature to the browser. */
function readFeatures(
	value: unknown,
	nameOf: (key: string, issues: Issues) => string | undefined,
	issues: Issues,
): ReadonlyMap<string, readonly string[] | null> {
	const features = new Map<string, readonly string[] | null>();
	if (value === undefined) return features;
	for (const [key, allowlist] of readRecord(value, "an object such as { camera: [] }", issues) ?? []) {
		const at = issues.at(key);
		const name = nameOf(key, at);
		if (name === undefined) continue;
		if (features.has(name)) at.error("permissions/duplicate", `${name} appears twice`, "it once");
		features.set(name, allowlist === null ? null : readAllowlist(allowlist, at));
	}
	return features;
}

function featureName(key: string, issues: Issues): string | undefined {
	const name = kebab(key);
	if ((FEATURES as readonly string[]).includes(name) && (key === name || key === camel(name))) return name;
	const successor = RETIRED_FEATURES.get(name);
	if (RETIRED_FEATURES.has(name))
		return issues.invalid(
			"permissions/retired-feature",
			key,
			`which browsers no longer support${successor === undefined ? ". Remove it." : ""}`,
			successor && camel(successor),
		);
	return issues.invalid("permissions/unknown-feature", key, "which is not a feature of this version", "it in allowUnknownFeatures", nearest(key, spellings()));
}

let known: readonly string[] | undefined;

/** The names of features in both spellings, made when the first suggestion is. */
function spellings(): readonly string[] {
	known ??= [...new Set([...FEATURES, ...FEATURES.map(camel)])];
	return known;
}

function unknownName(key: string, issues: Issues): string | undefined {
	const isKnown = (FEATURES as readonly string[]).includes(key);
	if (isKey(key) && !isKnown) return key;
	const code = "permissions/unknown-feature";
	return isKnown ? issues.invalid(code, key, "which is not an unknown feature", "it in features") : issues.invalid(code, key, NOT_A_KEY, "its exact name");
}

function readAllowlist(value: unknown, issues: Issues): readonly string[] {
	if (value === "*" || value === "self") return [value];
	if (typeof value === "string") return checkMember(value, issues);
	if (typeof value === "boolean") return refuseAllowlist(value, "", ALLOWLIST, issues);
	const list = readList(value, ALLOWLIST, issues) ?? [];
	const members = list.flatMap((member, i) => checkMember(member, issues.at(i)));
	if (members.includes("*") && members.length > 1) issues.error("permissions/allowlist", '"*" includes every origin', '"*", or the origins without it');
	return [...new Set(members)];
}

function checkMember(member: unknown, issues: Issues): readonly string[] {
	if (typeof member !== "string") return issues.type(member, ALLOWLIST) ?? [];
	if (member === "self" || member === "*" || isOrigin(member)) return [member];
	const bare = member.replace(/^['"(]+|['")]+$/g, "");
	const origin = 'an origin such as "https://maps.example", without a path';
	const expected = bare === "self" ? '"self" without inner quotes' : bare === "none" || bare === "" ? "[] for no one" : origin;
	return refuseAllowlist(member, "which browsers do not understand", expected, issues);
}

function refuseAllowlist(value: unknown, consequence: string, expected: string, issues: Issues): readonly string[] {
	return issues.invalid("permissions/allowlist", value, consequence, expected) ?? [];
}

/** Whether a text is `https://host` or `https://*.host`, with or without a port, or a scheme such as `https:`. */
function isOrigin(text: string): boolean {
	if (/^https?:$/.test(text)) return true;
	return /^https?:\/\/(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::\d{1,5})?$/i.test(text);
}

function writeAllowlist(allowlist: readonly string[]): string {
	const members = allowlist.map((member) => (member === "self" || member === "*" ? token(member) : string(member)));
	return members.length === 1 && (allowlist[0] === "*" || allowlist[0] === "self") ? (members[0] ?? "") : innerList(members);
}
