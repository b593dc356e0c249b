import type { Reporter } from "../../core/issue.ts";
import { readBoolean, readFields, readRecord } from "../../core/read.ts";
import { camel, didYouMean, kebab } from "../../core/text.ts";
import { DIRECTIVES, RETIRED } from "./directives.ts";
import { type CspModel, canonical } from "./model.ts";
import type { Source } from "./sources.ts";
import { readDirectiveValue } from "./values.ts";

const CAMEL_NAMES: readonly string[] = [...DIRECTIVES.keys()].map(camel);

const HINTS: ReadonlyMap<string, string> = new Map([
	["reportOnly", "a report-only policy is an option of its own. Write contentSecurityPolicyReportOnly: { directives: { … } } beside contentSecurityPolicy."],
	...[...DIRECTIVES.keys()].flatMap((name) => {
		const hint = `directives have their own object. Write directives: { ${camel(name)}: … }.`;
		return [[name, hint] as const, [camel(name), hint] as const];
	}),
]);

/** Reads `{ useDefaults, directives }` onto the base model. Undefined when something was refused. */
export function readPolicy(option: unknown, reporter: Reporter, base: CspModel | undefined, reportOnly: boolean): CspModel | undefined {
	const before = reporter.errorCount();
	const fields = readFields(option, ["useDefaults", "directives"], "true, false or { directives: { … } }", reporter, HINTS);
	if (fields === undefined) return undefined;
	const useDefaults = fields.has("useDefaults") ? readBoolean(fields.get("useDefaults"), reporter.at("useDefaults")) : true;
	const model = new Map(useDefaults === true ? base : undefined);
	const directives = fields.has("directives")
		? readRecord(fields.get("directives"), "an object such as { imgSrc: [csp.self] }", reporter.at("directives"))
		: new Map();
	for (const [name, words] of readDirectives(directives ?? new Map(), reporter.at("directives"), reportOnly)) {
		if (words === null) model.delete(name);
		else model.set(name, words);
	}
	if (reporter.errorCount() > before) return undefined;
	if (model.size === 0) {
		reporter.error(
			"csp/empty",
			"the policy has no directive, so it protects nothing. Write at least defaultSrc: [csp.self], or false to switch the header off.",
		);
		return undefined;
	}
	return canonical(model);
}

/** Directive name → words, or null for one that is to be left out. */
export function readDirectives(
	directives: ReadonlyMap<string, unknown>,
	reporter: Reporter,
	reportOnly: boolean,
	part = false,
): ReadonlyMap<string, readonly Source[] | null> {
	const read = new Map<string, readonly Source[] | null>();
	for (const [key, value] of directives) {
		const at = reporter.at(key);
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

function directiveName(key: string, reporter: Reporter): string | undefined {
	const name = kebab(key);
	if (DIRECTIVES.has(name) && (key === name || key === camel(name))) return name;
	const retired = RETIRED.get(name.toLowerCase());
	if (retired !== undefined) {
		reporter.error("csp/obsolete-directive", `browsers ignore ${name.toLowerCase()}. ${retired}`);
	} else {
		const exact = CAMEL_NAMES.find((known) => known.toLowerCase() === key.replaceAll("-", "").toLowerCase());
		const guess = exact === undefined ? didYouMean(camel(name), CAMEL_NAMES) : ` Did you mean ${JSON.stringify(exact)}?`;
		reporter.error("csp/unknown-directive", `unknown directive; browsers would ignore it.${guess}`);
	}
	return undefined;
}
