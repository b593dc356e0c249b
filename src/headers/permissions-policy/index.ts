import type { Issues } from "../../core/issue.ts";
import { readBoolean, readFields, readList, readRecord } from "../../core/read.ts";
import { dictionary, innerList, isKey, string, token, withParameter } from "../../core/structured.ts";
import { camel, didYouMean, kebab, show } from "../../core/text.ts";
import { readEndpointName } from "../common/token.ts";
import { defineHeader, type HeaderDefinition } from "../define.ts";
import { DENIED } from "./denied.ts";
import type { PermissionsPolicyAllowlist, PermissionsPolicyFeatures } from "./feature-options.ts";
import { FEATURES } from "./features.ts";
import { POWERFUL_FEATURES } from "./powerful.ts";
import { RETIRED_FEATURES } from "./retired.ts";

/** @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy} */
export interface PermissionsPolicyOptions {
	/**
	 * Start from the deny set (or that of the preset) and replace the features given here.
	 * @defaultValue true
	 */
	readonly useDefaults?: boolean | undefined;
	/**
	 * Who may use what: features by name, each with its allowlist.
	 * @defaultValue 22 features denied
	 * @example { camera: ["self"], geolocation: ["self", "https://maps.example"], fullscreen: "*" }
	 */
	readonly features?: PermissionsPolicyFeatures | undefined;
	/**
	 * Features that this version does not know, by their exact names. Only their syntax is checked.
	 * @defaultValue {}
	 * @example { "brand-new-feature": [] }
	 */
	readonly allowUnknownFeatures?: Readonly<Record<string, PermissionsPolicyAllowlist>> | undefined;
	/**
	 * The name of the endpoint, defined in `reportingEndpoints`, that gets a report of each violation.
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
			// Chromium takes the name as a token and ignores a string, against the text of the specification.
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
				.warn("permissions/sensitive-wildcard", `every site that the page frames may use ${name}. Write ["self"] and the origins that need it.`);
		}
	},
	withReporting: (model, { name }) => ({ ...model, reportTo: model.reportTo ?? name }),
	reportsTo: ({ reportTo }) => (reportTo === undefined ? [] : [reportTo]),
});

export const permissionsPolicyReportOnly: HeaderDefinition<Model> = defineHeader("Permissions-Policy-Report-Only", {
	...permissionsPolicy,
	byDefault: false,
});

const HINTS: ReadonlyMap<string, string> = new Map(
	FEATURES.flatMap((name) => {
		const hint = `features have their own object. Write features: { ${camel(name)}: … }.`;
		return [[name, hint] as const, [camel(name), hint] as const];
	}),
);

const ALLOWLIST = '[] for nobody, "self", "*", or an array such as ["self", "https://maps.example"]';

function readPermissions(option: unknown, issues: Issues, base: Model | undefined): Model | undefined {
	const known = ["useDefaults", "features", "allowUnknownFeatures", "reportTo"];
	const fields = readFields(option, known, "true, false or { features: { camera: [] } }", issues, HINTS);
	if (fields === undefined) return undefined;
	const features = new Map(fields.read("useDefaults", readBoolean, true) ? base?.features : undefined);
	const before = issues.errorCount();
	const given = [
		...readFeatures(fields.get("features"), featureName, issues.at("features")),
		...readFeatures(fields.get("allowUnknownFeatures"), unknownName, issues.at("allowUnknownFeatures")),
	];
	for (const [name, allowlist] of given) {
		if (allowlist === null) features.delete(name);
		else features.set(name, allowlist);
	}
	const reportTo = fields.read("reportTo", readEndpointName, base?.reportTo);
	if (features.size === 0 && issues.errorCount() === before)
		issues.error("permissions/empty", "no feature is named, so nothing is denied. Write features: { camera: [] }, or false to switch the header off.");
	return { features: new Map([...features].sort(([a], [b]) => (a < b ? -1 : 1))), reportTo };
}

/** Adds origins to what is allowed. A feature that is not limited cannot be allowed more. */
function extendPermissions(option: unknown, issues: Issues, model: Model): Model | undefined {
	const fields = readFields(option, ["features", "reportTo"], '{ features: { camera: ["self"] } }', issues, HINTS);
	const features = new Map(model.features);
	for (const [name, added] of readFeatures(fields?.get("features"), featureName, issues.at("features"))) {
		const current = features.get(name);
		const at = issues.at("features").at(camel(name));
		if (added === null) features.delete(name);
		else if (added.length === 0)
			at.error("override/restricts", "extend adds, and [] takes everything away. Write replace({ … }) for a policy that forbids more.");
		else if (current === undefined)
			at.error(
				"override/restricts",
				`nothing limits ${name} now, so naming somebody would forbid it to everybody else. Write replace({ … }) if that is meant.`,
			);
		else features.set(name, unionOfAllowlists(current, added));
	}
	return fields && { features, reportTo: fields.read("reportTo", readEndpointName, model.reportTo) };
}

/** In canonical order, so that additions commute. */
function unionOfAllowlists(current: readonly string[], added: readonly string[]): readonly string[] {
	const members = [...new Set([...current, ...added])];
	if (members.includes("*")) return ["*"];
	return members.sort((a, b) => (a === "self" ? -1 : b === "self" ? 1 : a < b ? -1 : 1));
}

/** Feature name → allowlist, or null for a feature that is left to the browser. */
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
		if (features.has(name)) at.error("permissions/duplicate", `${name} is given twice; browsers keep the last. Write it once.`);
		features.set(name, allowlist === null ? null : readAllowlist(allowlist, at));
	}
	return features;
}

function featureName(key: string, issues: Issues): string | undefined {
	const name = kebab(key);
	if ((FEATURES as readonly string[]).includes(name) && (key === name || key === camel(name))) return name;
	if (RETIRED_FEATURES.has(name)) {
		const successor = RETIRED_FEATURES.get(name);
		issues.error("permissions/retired-feature", `browsers no longer know ${name}. ${successor === undefined ? "Leave it out." : `Write ${camel(successor)}.`}`);
	} else {
		issues.error(
			"permissions/unknown-feature",
			`unknown feature; browsers ignore it. For one that is newer than this version write allowUnknownFeatures.${didYouMean(key, spellings())}`,
		);
	}
	return undefined;
}

let known: readonly string[] | undefined;

/** The names of features in both spellings, made when the first suggestion is. */
function spellings(): readonly string[] {
	known ??= [...new Set([...FEATURES, ...FEATURES.map(camel)])];
	return known;
}

function unknownName(key: string, issues: Issues): string | undefined {
	if (isKey(key) && !(FEATURES as readonly string[]).includes(key)) return key;
	issues.error(
		"permissions/unknown-feature",
		isKey(key)
			? `${key} is a known feature. Write it under features.`
			: `received ${show(key)}; a name is a lower-case word of a-z, 0-9, _ - . *, or browsers drop the header.`,
	);
	return undefined;
}

function readAllowlist(value: unknown, issues: Issues): readonly string[] {
	if (value === "*" || value === "self") return [value];
	if (typeof value === "string") return checkMember(value, issues);
	if (typeof value === "boolean") {
		issues.error("permissions/allowlist", `received ${value}. Write ${ALLOWLIST}.`);
		return [];
	}
	const list = readList(value, ALLOWLIST, issues) ?? [];
	const members = list.flatMap((member, i) => checkMember(member, issues.at(i)));
	if (members.includes("*") && members.length > 1)
		issues.error("permissions/allowlist", '"*" already allows everybody. Write "*" alone, or the origins alone.');
	return [...new Set(members)];
}

function checkMember(member: unknown, issues: Issues): readonly string[] {
	if (typeof member !== "string") {
		issues.type(member, ALLOWLIST);
		return [];
	}
	if (member === "self" || member === "*" || isOrigin(member)) return [member];
	const bare = member.replace(/^['"(]+|['")]+$/g, "");
	const fix =
		bare === "self"
			? 'Write "self" without inner quotes.'
			: bare === "none" || bare === ""
				? "Write [] for nobody."
				: `Write an origin such as "https://maps.example", without a path.`;
	issues.error(
		"permissions/allowlist",
		`received ${show(member)}, which is neither "self", "*" nor an origin; browsers deny the feature or drop the header. ${fix}`,
	);
	return [];
}

/** `https://host`, `https://*.host`, with or without a port; or a scheme such as `https:`. */
function isOrigin(text: string): boolean {
	if (/^https?:$/.test(text)) return true;
	return /^https?:\/\/(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::\d{1,5})?$/i.test(text);
}

function writeAllowlist(allowlist: readonly string[]): string {
	const members = allowlist.map((member) => (member === "self" || member === "*" ? token(member) : string(member)));
	return members.length === 1 && (allowlist[0] === "*" || allowlist[0] === "self") ? (members[0] ?? "") : innerList(members);
}
