import { HEADER_ONLY_DIRECTIVES } from "../csp/directives.ts";
import type { CspModel } from "../csp/model.ts";
import { parse } from "../csp/serialize.ts";
import { NAMES } from "../headers/facts.ts";
import { tagsIn } from "./html.ts";
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

/** The policies in meta elements, without the directives that browsers ignore there. */
export function metaPolicies({ body, probe }: Pick<Exchange, "body" | "probe">): readonly CspModel[] {
	if (probe !== "page") return [];
	const metas = tagsIn(body).filter(({ name, attributes }) => name === "meta" && attributes.get("http-equiv")?.toLowerCase() === CSP.toLowerCase());
	return metas
		.flatMap(({ attributes }) => (attributes.get("content") ?? "").split(",").map(parse))
		.map((model) => new Map([...model].filter(([name]) => !HEADER_ONLY_DIRECTIVES.includes(name))))
		.filter(({ size }) => size > 0);
}

/** The same as browsers read them. */
export function policiesOf(exchange: Pick<Exchange, "fields">, header: string = CSP): readonly CspModel[] {
	return policyTexts(exchange, header).map(parse);
}
