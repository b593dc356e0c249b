import type { Code } from "../../core/codes.ts";
import type { Issues } from "../../core/issue.ts";
import { readFields, readWord } from "../../core/read.ts";
import { isKey, string, token, withParameter } from "../../core/structured.ts";
import { show } from "../../core/text.ts";

/** A header whose value is one word, perhaps with an endpoint to report to. */
export interface TokenModel<Word extends string = string> {
	readonly policy: Word;
	readonly reportTo: string | undefined;
}

/** A header of one word, with a place for its reports. */
export interface ReportedToken<Word extends string> {
	/** The value of the header. */
	readonly policy: Word;
	/**
	 * The name of the endpoint, defined in `reportingEndpoints`, that gets a report of each violation.
	 * @defaultValue none
	 * @example "default"
	 */
	readonly reportTo?: string | undefined;
}

/** `"same-origin"`, or `{ policy: "same-origin", reportTo: "name" }`. */
export function readTokenPolicy<Word extends string>(option: unknown, words: readonly Word[], code: Code, issues: Issues): TokenModel<Word> | undefined {
	const readPolicy = (value: unknown, at: Issues): Word | undefined => readWord(value, words, code, at, "and browsers ignore the whole header");
	if (typeof option !== "object" || option === null) {
		const policy = readPolicy(option, issues);
		return policy && { policy, reportTo: undefined };
	}
	const fields = readFields(option, ["policy", "reportTo"], `${words.map((word) => JSON.stringify(word)).join(", ")} or { policy, reportTo }`, issues);
	const policy = fields && readPolicy(fields.get("policy"), issues.at("policy"));
	return policy && { policy, reportTo: fields.read("reportTo", readEndpointName, undefined) };
}

/** `same-origin; report-to="name"`: HTML's headers take the name as a string; browsers ignore a bare word there. */
export function writeTokenPolicy({ policy, reportTo }: TokenModel): string {
	return reportTo === undefined ? token(policy) : withParameter(token(policy), "report-to", string(reportTo));
}

/** The name of an endpoint as Reporting-Endpoints can define it: a structured-field key. */
export function readEndpointName(value: unknown, issues: Issues): string | undefined {
	if (typeof value === "string" && isKey(value)) return value;
	issues.error(
		"report/name",
		`received ${show(value)}, which is no endpoint name: a lower-case word of a-z, 0-9, _ - . *. Write the name that reportingEndpoints defines.`,
	);
	return undefined;
}

export function reportTokenTo<Word extends string>(model: TokenModel<Word>, { name }: { readonly name: string }): TokenModel<Word> {
	return { ...model, reportTo: model.reportTo ?? name };
}

export function tokenEndpoints({ reportTo }: TokenModel): readonly string[] {
	return reportTo === undefined ? [] : [reportTo];
}

/** A header that has one legal value: the option is a boolean, or that value itself. */
export function readOnlyTrue<Word extends string>(option: unknown, word: Word, code: Code, issues: Issues): Word | undefined {
	if (option === true || option === word) return word;
	issues.error(code, `received ${show(option)}; the only legal value is ${JSON.stringify(word)}. Write true, or false to switch the header off.`);
	return undefined;
}
