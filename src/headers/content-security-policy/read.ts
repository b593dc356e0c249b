import type { Issues } from "../../core/issue.ts";
import { readBoolean, readEach, readFields, readRecord, readWord } from "../../core/read.ts";
import { camel, didYouMean, kebab } from "../../core/text.ts";
import { DIRECTIVES, RETIRED } from "../../csp/directives.ts";
import type { Source } from "../../csp/grammar.ts";
import { type CspModel, type CspPolicies, canonical } from "../../csp/model.ts";
import { readDirectiveValue } from "./read-values.ts";

const CAMEL_NAMES: readonly string[] = [...DIRECTIVES.keys()].map(camel);

const HINTS: ReadonlyMap<string, string> = new Map([
	["reportOnly", "a report-only policy is an option of its own. Write contentSecurityPolicyReportOnly: { directives: { … } } beside contentSecurityPolicy."],
	...[...DIRECTIVES.keys()].flatMap((name) => {
		const hint = `directives have their own object. Write directives: { ${camel(name)}: … }.`;
		return [[name, hint] as const, [camel(name), hint] as const];
	}),
]);

/** Reads `{ useDefaults, directives, also }` onto the base. Undefined when something was refused. */
export function readPolicies(option: unknown, issues: Issues, base: CspPolicies | undefined, reportOnly: boolean): CspPolicies | undefined {
	const names = ["useDefaults", "directives", "also", ...(reportOnly ? [] : ["onOther"])];
	const fields = readFields(option, names, "true, false or { directives: { … } }", issues, HINTS);
	if (fields === undefined) return undefined;
	const before = issues.errorCount();
	const [start, ...others] = fields.read("useDefaults", readBoolean, true) && base !== undefined ? base.all : [new Map()];
	const first = fields.read("directives", (value, at) => readOnto(start, value, at, reportOnly), start);
	const also = fields.read("also", (value, at) => readAlso(value, at, reportOnly), others);
	if (first.size === 0 && issues.errorCount() === before)
		issues.error("csp/empty", "the policy has no directive, so it protects nothing. Write at least defaultSrc: [csp.self], or false to switch the header off.");
	return { all: [first, ...also], onOther: fields.read("onOther", readOnOther, base?.onOther) };
}

/** What becomes of a policy of the application's. */
export function readOnOther(value: unknown, issues: Issues): CspPolicies["onOther"] {
	return readWord(value, ["complete", "keep"], "option/unknown", issues, "which is not a way to treat the application's policy");
}

function readOnto(start: CspModel, directives: unknown, issues: Issues, reportOnly: boolean): CspModel {
	const record = readRecord(directives, "an object such as { imgSrc: [csp.self] }", issues);
	const model = new Map(start);
	for (const [name, words] of readDirectives(record ?? new Map(), issues, reportOnly)) {
		if (words === null) model.delete(name);
		else model.set(name, words);
	}
	return canonical(model);
}

function readAlso(value: unknown, issues: Issues, reportOnly: boolean): readonly CspModel[] {
	return readEach(value, 'an array of directives such as [{ frameAncestors: [csp.none], reportUri: "/_reports" }]', issues, (directives, at) => {
		const before = at.errorCount();
		const model = readOnto(new Map(), directives, at, reportOnly);
		if (model.size === 0 && at.errorCount() === before) at.error("csp/empty", "the policy has no directive, so it restricts nothing. Leave it out.");
		for (const [name, words] of model) {
			if (words.some((word) => typeof word === "function"))
				at.at(camel(name)).error(
					"option/type",
					"received a function; what is asked in each request belongs into directives, and is added here where this policy limits it.",
				);
		}
		return model;
	});
}

/** Directive name → words, or null for one that is to be left out. */
export function readDirectives(
	directives: ReadonlyMap<string, unknown>,
	issues: Issues,
	reportOnly: boolean,
	part = false,
): ReadonlyMap<string, readonly Source[] | null> {
	const read = new Map<string, readonly Source[] | null>();
	for (const [key, value] of directives) {
		const at = issues.at(key);
		const name = directiveName(key, at);
		if (name === undefined) continue;
		if (read.has(name)) {
			at.error("csp/duplicate-directive", `${name} is given twice, as ${camel(name)} and ${name}; browsers keep the first and ignore the rest. Write it once.`);
			continue;
		}
		const definition = DIRECTIVES.get(name);
		if (definition === undefined) continue;
		if (reportOnly && definition.enforcedOnly && value !== null) {
			at.error("csp/report-only-ignored", `browsers ignore ${name} in a report-only policy. Write it in contentSecurityPolicy.`);
			continue;
		}
		// An entry stands even when its value was refused, so that a second spelling is still seen.
		read.set(name, value === null ? null : (readDirectiveValue(name, definition, value, at, part) ?? null));
	}
	return read;
}

function directiveName(key: string, issues: Issues): string | undefined {
	const name = kebab(key);
	if (DIRECTIVES.has(name) && (key === name || key === camel(name))) return name;
	const retired = RETIRED.get(name.toLowerCase());
	if (retired !== undefined) {
		issues.error("csp/obsolete-directive", `browsers ignore ${name.toLowerCase()}. ${retired}`);
	} else {
		const letters = key.replaceAll("-", "").toLowerCase();
		const exact = CAMEL_NAMES.find((known) => known.toLowerCase() === letters);
		const guess = exact === undefined ? didYouMean(camel(name), CAMEL_NAMES) : ` Did you mean ${JSON.stringify(exact)}?`;
		issues.error("csp/unknown-directive", `unknown directive; browsers would ignore it.${guess}`);
	}
	return undefined;
}
