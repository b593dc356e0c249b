import type { CspModel } from "../headers/csp/model.ts";
import { parse } from "../headers/csp/text.ts";
import { partsOf, type Seen } from "./rule.ts";

export const CSP = "Content-Security-Policy";
export const REPORT_ONLY = "Content-Security-Policy-Report-Only";

/** The policies of a response, each as text: several lines, or several in one line. */
export function policyTexts(seen: Pick<Seen, "fields">, header: string = CSP): readonly string[] {
	return partsOf(seen, header);
}

/** The same as browsers read them. */
export function policiesOf(seen: Pick<Seen, "fields">, header: string = CSP): readonly CspModel[] {
	return policyTexts(seen, header).map(parse);
}
