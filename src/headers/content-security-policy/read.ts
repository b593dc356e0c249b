import type { Issues } from "../../core/issue.ts";
import { type Hint, type Hints, readBoolean, readEach, readFields, readRecord, readWord } from "../../core/read.ts";
import { camel, kebab, nearest } from "../../core/text.ts";
import { at, DIRECTIVES, type Directive, RETIRED } from "../../csp/directives.ts";
import type { Source } from "../../csp/grammar.ts";
import { type CspModel, type CspPolicies, canonical } from "../../csp/model.ts";
import { readUnknownDirectives } from "./raw.ts";
import { readDirectiveValue } from "./read-values.ts";

const CAMEL_NAMES: readonly string[] = [...DIRECTIVES.keys()].map(camel);

const HINTS: Hints = new Map<string, Hint>([
	["reportOnly", ["a report-only policy has its own option", "contentSecurityPolicyReportOnly: { directives: { … } }"]],
	...[...DIRECTIVES.keys()].flatMap((name) => {
		const hint: Hint = ["directives have their own object", `directives: { ${camel(name)}: … }`];
		return [[name, hint] as const, [camel(name), hint] as const];
	}),
]);

/** Reads `{ useDefaults, directives, also }` on top of a base. Undefined if something was refused. */
export function readPolicies(option: unknown, issues: Issues, base: CspPolicies | undefined, reportOnly: boolean): CspPolicies | undefined {
	const names = ["useDefaults", "directives", "allowUnknownDirectives", "also", ...(reportOnly ? [] : ["onOther"])];
	const fields = readFields(option, names, "true, false or { directives: { … } }", issues, HINTS);
	if (fields === undefined) return undefined;
	const before = issues.errorCount();
	const [start, ...others] = fields.read("useDefaults", readBoolean, true) && base !== undefined ? base.all : [new Map()];
	const known = fields.read("directives", (value, below) => readOnto(start, value, below, reportOnly), start);
	const first = patched(known, fields.read("allowUnknownDirectives", readUnknownDirectives, new Map()));
	const also = fields.read("also", (value, below) => readAlso(value, below, reportOnly), others);
	if (first.size === 0 && issues.errorCount() === before)
		issues.error("csp/empty", "the policy has no directive, so it protects nothing", "at least defaultSrc: [csp.self], or false to switch the header off");
	return { all: [first, ...also], onOther: fields.read("onOther", readOnOther, base?.onOther) };
}

/** Reads what happens to a policy that the application sets. */
export function readOnOther(value: unknown, issues: Issues): CspPolicies["onOther"] {
	return readWord(value, ["complete", "keep"], "option/unknown", issues, "");
}

function readOnto(start: CspModel, directives: unknown, issues: Issues, reportOnly: boolean): CspModel {
	return patched(start, readDirectives(readDirectiveObject(directives, issues), issues, reportOnly));
}

/** Null removes a directive. */
function patched(start: CspModel, patch: ReadonlyMap<string, readonly Source[] | null>): CspModel {
	const model = new Map(start);
	for (const [name, words] of patch) {
		if (words === null) model.delete(name);
		else model.set(name, words);
	}
	return canonical(model);
}

export function readDirectiveObject(value: unknown, issues: Issues): ReadonlyMap<string, unknown> {
	return readRecord(value, "an object such as { imgSrc: [csp.self] }", issues) ?? new Map();
}

function readAlso(value: unknown, issues: Issues, reportOnly: boolean): readonly CspModel[] {
	return readEach(value, 'an array of directives such as [{ frameAncestors: [csp.none], reportUri: "/_reports" }]', issues, (directives, below) => {
		const before = below.errorCount();
		const model = readOnto(new Map(), directives, below, reportOnly);
		if (model.size === 0 && below.errorCount() === before) below.error("csp/empty", "the policy has no directive, so it restricts nothing. Remove it.");
		for (const [name, words] of model) {
			const source = words.find((word) => typeof word === "function");
			if (source !== undefined) at(below, name).invalid("option/type", source, "but functions are not called here", "it in the directives of the first policy");
		}
		return model;
	});
}

/** The words of each directive, by name. Null for a directive that the user removes. */
export function readDirectives(
	directives: ReadonlyMap<string, unknown>,
	issues: Issues,
	reportOnly: boolean,
	part = false,
): ReadonlyMap<string, readonly Source[] | null> {
	const read = new Map<string, readonly Source[] | null>();
	for (const [key, value] of directives) {
		const name = directiveName(key, issues.at(key));
		const below = issues.at(key, name);
		const directive = DIRECTIVES.get(name ?? "");
		if (name === undefined || directive === undefined) continue;
		if (read.has(name)) below.error("csp/duplicate-directive", `${name} appears twice, as ${camel(name)} and ${name}`, "it once");
		else if (reportOnly && directive.enforcedOnly && value !== null)
			below.error("csp/report-only-ignored", `browsers ignore ${name} in a report-only policy`, "it in contentSecurityPolicy");
		// A refused value counts as well, so that a second spelling is detected.
		else read.set(name, readValue(name, directive, value, below, part) ?? null);
	}
	return read;
}

function readValue(name: string, directive: Directive, value: unknown, issues: Issues, part: boolean): readonly Source[] | null | undefined {
	if (value === null) return null;
	if (value === false) return issues.invalid("option/type", value, "", "null to leave it out");
	return readDirectiveValue(name, directive, value, issues, part);
}

function directiveName(key: string, issues: Issues): string | undefined {
	const name = kebab(key);
	if (DIRECTIVES.has(name) && (key === name || key === camel(name))) return name;
	const lower = name.toLowerCase();
	if (RETIRED.has(lower)) {
		const instead = RETIRED.get(lower);
		return issues.invalid("csp/obsolete-directive", key, `which browsers ignore${instead === undefined ? ". Remove it." : ""}`, instead);
	}
	const letters = key.replaceAll("-", "").toLowerCase();
	const exact = CAMEL_NAMES.find((known) => known.toLowerCase() === letters);
	return issues.invalid(
		"csp/unknown-directive",
		key,
		"which is not a directive",
		`one of ${CAMEL_NAMES.join(", ")}`,
		exact ?? nearest(camel(name), CAMEL_NAMES),
	);
}
