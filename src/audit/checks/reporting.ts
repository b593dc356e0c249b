import { CODES } from "../../core/codes.ts";
import { show } from "../../core/text.ts";
import type { CspModel } from "../../csp/model.ts";
import { HEADER_FACTS, type HeaderFacts, NAMES } from "../../headers/facts.ts";
import { CSP, policiesOf, REPORT_ONLY } from "../csp-of.ts";
import { isAnswer, isDocument, mdn, type Rule, rule, type Seen, valuesOf } from "../types.ts";

const ENDPOINTS = NAMES.reportingEndpoints;

/** Policies, in force and report-only. */
function allPolicies(seen: Seen): readonly CspModel[] {
	return [...policiesOf(seen), ...policiesOf(seen, REPORT_ONLY)];
}

/** The values of all headers that name their endpoints in one way. */
function valuesBy(seen: Seen, way: HeaderFacts["endpoints"]): readonly string[] {
	return HEADER_FACTS.filter(({ endpoints }) => endpoints === way).flatMap(({ name }) => valuesOf(seen, name));
}

/** Endpoint names that headers report to. */
function usedNames(seen: Seen): readonly string[] {
	const directives = allPolicies(seen).flatMap((model) => (model.get("report-to") ?? []).slice(0, 1).map(String));
	const parameters = valuesBy(seen, "parameter").flatMap((value) => [...value.matchAll(/;\s*report-to="?([\w.*/-]+)/g)].map(([, name = ""]) => name));
	const lists = valuesBy(seen, "list").flatMap((value) => /endpoints=\(([^)]*)\)/.exec(value)?.[1]?.split(/\s+/) ?? []);
	return [...directives, ...parameters, ...lists].filter((name) => name !== "");
}

/** Endpoint name → its address. */
function definedNames(seen: Seen): ReadonlyMap<string, string> {
	const modern = valuesOf(seen, ENDPOINTS).flatMap((value) => [...value.matchAll(/(?<![\w.*-])([a-z*][\w.*-]{0,200})\s{0,20}=\s{0,20}"([^"]{0,2000})"/g)]);
	return new Map(modern.map(([, name = "", url = ""]) => [name, url]));
}

/** The older header holds JSON, of which the groups count. */
function legacyNames(seen: Seen): readonly string[] {
	return valuesOf(seen, NAMES.reportTo).flatMap((value) => [...value.matchAll(/"group"\s*:\s*"([^"]*)"/g)].map(([, name = ""]) => name));
}

/** Where violations of the policy are sent by `report-uri`. */
export function reportUris(seen: Seen): readonly string[] {
	return allPolicies(seen).flatMap((model) => (model.get("report-uri") ?? []).map(String));
}

export const reportingRules: readonly Rule[] = [
	rule(ENDPOINTS, "report/endpoint-undefined", "error", CODES["report/endpoint-undefined"], (seen) => {
		const known = [...definedNames(seen).keys(), ...legacyNames(seen), "default"];
		const name = isAnswer(seen) && seen.secure ? usedNames(seen).find((one) => !known.includes(one)) : undefined;
		return name === undefined ? undefined : `${show(name)} is reported to, and defined nowhere. Send ${ENDPOINTS}: ${name}="https://…".`;
	}),
	rule(ENDPOINTS, "report/endpoint-unused", "note", "An endpoint that no header reports to.", (seen) => {
		const used = usedNames(seen);
		const name = isAnswer(seen) ? [...definedNames(seen).keys()].find((one) => one !== "default" && !used.includes(one)) : undefined;
		const isOfNel = valuesOf(seen, NAMES.nel).some((value) => value.includes(`"${name}"`));
		return name === undefined || isOfNel ? undefined : `${show(name)} is defined, and nothing reports to it. Leave it out, or name it by report-to.`;
	}),
	rule(ENDPOINTS, "report/endpoint-insecure", "warning", CODES["report/endpoint-insecure"], (seen) => {
		const url = isAnswer(seen)
			? [...definedNames(seen).values(), ...reportUris(seen)].find((one) => /^http:/i.test(one) || !URL.canParse(one, "https://a.example"))
			: undefined;
		return url === undefined ? undefined : `${show(url)} is no https address, so nothing is sent there. Write https.`;
	}),
	rule(CSP, "report/report-to-only", "note", "Firefox and Safari report to report-uri; report-to alone is Chromium's.", (seen) =>
		isAnswer(seen) && allPolicies(seen).some((model) => model.has("report-to") && !model.has("report-uri"))
			? "report-to without report-uri, which other browsers than Chromium need. Add report-uri with the same address."
			: undefined,
	),
	rule(CSP, "report/none", "note", CODES["report/none"], (seen) => {
		const isSilent = (model: CspModel): boolean => !model.has("report-to") && !model.has("report-uri");
		if (!isDocument(seen) || !isAnswer(seen) || allPolicies(seen).length === 0) return undefined;
		if (policiesOf(seen, REPORT_ONLY).some(isSilent)) return "a report-only policy names no endpoint, so it has no effect. Add report-uri and report-to.";
		return allPolicies(seen).every(isSilent) ? "the policy names no endpoint, so nobody hears what it blocks. Add report-uri and report-to." : undefined;
	}),
	rule(NAMES.reportTo, "report/legacy-report-to", "note", CODES["report/legacy-report-to"], (seen) =>
		valuesOf(seen, NAMES.reportTo).length > 0 && valuesOf(seen, NAMES.nel).length === 0 && valuesOf(seen, ENDPOINTS).length === 0
			? `without ${ENDPOINTS}, which took its place. Send that.`
			: undefined,
	),
	rule(
		CSP,
		"report/unreachable",
		"warning",
		"The site's own endpoint refuses a report.",
		(seen) =>
			seen.probe === "report" && seen.status >= 400
				? `${show(seen.url)} answers ${seen.status} to a report. Let it accept POST with application/csp-report, without a token.`
				: undefined,
		mdn(CSP),
	),
];
