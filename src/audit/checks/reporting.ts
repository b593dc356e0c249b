import { CODES } from "../../core/codes.ts";
import { readDictionary } from "../../core/structured-reader.ts";
import { show } from "../../core/text.ts";
import type { CspModel } from "../../csp/model.ts";
import { HEADER_FACTS, type HeaderFacts, NAMES } from "../../headers/facts.ts";
import { CSP, policiesOf, REPORT_ONLY } from "../csp-of.ts";
import type { reportingExamples } from "../examples/reporting.ts";
import { dictionaryOf, wordsOf } from "../structured.ts";
import { type Exchange, isAnswer, isDocument, type Rule, rule, valuesOf } from "../types.ts";

type Id = keyof typeof reportingExamples;

const ENDPOINTS = NAMES.reportingEndpoints;

/** Policies, in force and report-only. */
function allPolicies(exchange: Exchange): readonly CspModel[] {
	return [...policiesOf(exchange), ...policiesOf(exchange, REPORT_ONLY)];
}

/** The values of all headers that name their endpoints in this way. */
function valuesBy(exchange: Exchange, way: HeaderFacts["endpoints"]): readonly string[] {
	return HEADER_FACTS.filter(({ endpoints }) => endpoints === way).flatMap(({ name }) => valuesOf(exchange, name));
}

/** Endpoint names that headers report to. */
function usedNames(exchange: Exchange): readonly string[] {
	const directives = allPolicies(exchange).flatMap((model) => (model.get("report-to") ?? []).slice(0, 1).map(String));
	const parameters = valuesBy(exchange, "parameter").flatMap((value) => [...value.matchAll(/;\s*report-to="?([\w.*/-]+)/g)].map(([, name = ""]) => name));
	const lists = valuesBy(exchange, "list").flatMap((value) => wordsOf(readDictionary(value)?.get("endpoints")));
	return [...directives, ...parameters, ...lists].filter((name) => name !== "");
}

/** Endpoint name → its address. */
function definedNames(exchange: Exchange): ReadonlyMap<string, string> {
	return new Map(
		[...(dictionaryOf(exchange, ENDPOINTS) ?? [])].flatMap(([name, member]) =>
			"value" in member && member.value.type === "string" ? [[name, member.value.text]] : [],
		),
	);
}

/** The older header contains JSON; its groups are the names. */
function legacyNames(exchange: Exchange): readonly string[] {
	return valuesOf(exchange, NAMES.reportTo).flatMap((value) => [...value.matchAll(/"group"\s*:\s*"([^"]*)"/g)].map(([, name = ""]) => name));
}

/** The URLs of `report-uri`. */
export function reportUris(exchange: Exchange): readonly string[] {
	return allPolicies(exchange).flatMap((model) => (model.get("report-uri") ?? []).map(String));
}

export const reportingRules: readonly Rule<Id>[] = [
	rule({
		header: ENDPOINTS,
		id: "report/endpoint-undefined",
		title: "Undefined reporting endpoint",
		severity: "error",
		summary: CODES["report/endpoint-undefined"],
		check: (exchange) => {
			// A header that browsers cannot read is a finding of its own.
			if (dictionaryOf(exchange, ENDPOINTS) === undefined) return undefined;
			const known = [...definedNames(exchange).keys(), ...legacyNames(exchange), "default"];
			const name = isAnswer(exchange) && exchange.secure ? usedNames(exchange).find((one) => !known.includes(one)) : undefined;
			return name === undefined ? undefined : `${show(name)} receives reports but is not defined. Send ${ENDPOINTS}: ${name}="https://…".`;
		},
	}),
	rule({
		header: ENDPOINTS,
		id: "report/endpoints-invalid",
		title: "Endpoints cannot be parsed",
		severity: "error",
		summary: "The header is not a valid dictionary of strings, so browsers drop it or a part of it.",
		check: (exchange) => {
			const value = valuesOf(exchange, ENDPOINTS).join(", ");
			const members = dictionaryOf(exchange, ENDPOINTS);
			if (members === undefined) return `${show(value)} cannot be parsed, so browsers drop the whole header. Write csp="/reports", with double quotes.`;
			const wrong = [...members].find(([, member]) => !("value" in member && member.value.type === "string"))?.[0];
			return wrong === undefined ? undefined : `${show(wrong)} has no address in double quotes, so browsers ignore it. Write ${wrong}="/reports".`;
		},
	}),
	rule({
		header: ENDPOINTS,
		id: "report/endpoint-unused",
		title: "Unused reporting endpoint",
		severity: "note",
		summary: "No header reports to a defined endpoint.",
		check: (exchange) => {
			const used = usedNames(exchange);
			const name = isAnswer(exchange) ? [...definedNames(exchange).keys()].find((one) => one !== "default" && !used.includes(one)) : undefined;
			const isOfNel = valuesOf(exchange, NAMES.nel).some((value) => value.includes(`"${name}"`));
			return name === undefined || isOfNel ? undefined : `${show(name)} is defined, but nothing reports to it. Remove it, or name it in report-to.`;
		},
	}),
	rule({
		header: ENDPOINTS,
		id: "report/endpoint-insecure",
		title: "Insecure reporting endpoint",
		severity: "warning",
		summary: CODES["report/endpoint-insecure"],
		check: (exchange) => {
			const url = isAnswer(exchange)
				? [...definedNames(exchange).values(), ...reportUris(exchange)].find((one) => /^http:/i.test(one) || !URL.canParse(one, "https://a.example"))
				: undefined;
			return url === undefined ? undefined : `${show(url)} is not an https URL, so browsers send nothing there. Use https.`;
		},
	}),
	rule({
		header: CSP,
		id: "report/report-to-only",
		title: "report-to without report-uri",
		severity: "note",
		summary: "Firefox before 149 and Safari before 16.4 do not read report-to.",
		check: (exchange) =>
			isAnswer(exchange) && allPolicies(exchange).some((model) => model.has("report-to") && !model.has("report-uri"))
				? "report-to without report-uri, which Firefox before 149 and Safari before 16.4 need. Add report-uri with the same URL."
				: undefined,
	}),
	rule({
		header: CSP,
		id: "report/none",
		title: "Report-only without endpoint",
		severity: "note",
		summary: CODES["report/none"],
		check: (exchange) => {
			const isSilent = (model: CspModel): boolean => !model.has("report-to") && !model.has("report-uri");
			return isDocument(exchange) && isAnswer(exchange) && policiesOf(exchange, REPORT_ONLY).some(isSilent)
				? "a report-only policy names no endpoint, so it has no effect. Add report-uri and report-to."
				: undefined;
		},
	}),
	rule({
		header: NAMES.reportTo,
		id: "report/legacy-report-to",
		title: "Report-To without Reporting-Endpoints",
		severity: "note",
		summary: CODES["report/legacy-report-to"],
		check: (exchange) =>
			valuesOf(exchange, NAMES.reportTo).length > 0 && valuesOf(exchange, NAMES.nel).length === 0 && valuesOf(exchange, ENDPOINTS).length === 0
				? `is sent without ${ENDPOINTS}, which has replaced it. Send that.`
				: undefined,
	}),
	rule({
		header: CSP,
		id: "report/unreachable",
		title: "Reporting endpoint fails",
		severity: "warning",
		summary: "The site's own endpoint refuses a report.",
		check: (exchange) =>
			exchange.probe === "report" && exchange.status >= 400
				? `${show(exchange.url)} responds with ${exchange.status} to a report. Accept POST with application/csp-report, without a token.`
				: undefined,
	}),
];
