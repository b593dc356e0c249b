import type { CspModel } from "../csp/model.ts";
import { parse } from "../csp/serialize.ts";
import { NAMES } from "../headers/facts.ts";
import { type Exchange, valuesOf } from "./types.ts";

export const CSP: string = NAMES.contentSecurityPolicy;
export const REPORT_ONLY: string = NAMES.contentSecurityPolicyReportOnly;

/** The policies of a response, each as text: several lines, or several in one line. */
export function policyTexts(exchange: Pick<Exchange, "fields">, header: string = CSP): readonly string[] {
	// An empty part does not count (RFC 9110 §5.6.1), but a header with only empty parts is an empty policy.
	return valuesOf(exchange, header).flatMap((value) => {
		const parts = value.split(",").map((part) => part.trim());
		return parts.some((part) => part !== "") ? parts.filter((part) => part !== "") : [""];
	});
}

/** The same as browsers read them. */
export function policiesOf(exchange: Pick<Exchange, "fields">, header: string = CSP): readonly CspModel[] {
	return policyTexts(exchange, header).map(parse);
}
