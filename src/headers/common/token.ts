import type { Code } from "../../core/codes.ts";
import type { Issues } from "../../core/issue.ts";
import { oneOf, readFields, readWord } from "../../core/read.ts";
import { isKey, string, token, withParameter } from "../../core/structured.ts";
import { isRecord } from "../../core/text.ts";

/** A header with one word, and possibly an endpoint for reports. */
export interface TokenModel<Word extends string = string> {
	readonly policy: Word;
	readonly reportTo: string | undefined;
}

/** A header with one word, and an endpoint for its reports. */
export interface ReportedToken<Word extends string> {
	/** The value of the header. */
	readonly policy: Word;
	/**
	 * The name of the endpoint, defined in `reportingEndpoints`, that receives a report of each violation.
	 * @defaultValue none
	 * @example "default"
	 */
	readonly reportTo?: string | undefined;
}

/** `"same-origin"`, or `{ policy: "same-origin", reportTo: "name" }`. */
export function readTokenPolicy<Word extends string>(option: unknown, words: readonly Word[], code: Code, issues: Issues): TokenModel<Word> | undefined {
	const readPolicy = (value: unknown, at: Issues): Word | undefined => readWord(value, words, code, at, IGNORED);
	if (typeof option !== "object" || option === null) {
		const policy = readPolicy(option, issues);
		return policy && { policy, reportTo: undefined };
	}
	const fields = readFields(option, ["policy", "reportTo"], `${oneOf(words)}, or { policy, reportTo }`, issues);
	const policy = fields && readPolicy(fields.get("policy"), issues.at("policy"));
	return policy && { policy, reportTo: fields.read("reportTo", readEndpointName, undefined) };
}

/** `same-origin; report-to="name"`. In the headers of HTML, the name is a string. Browsers ignore a token there. */
export function writeTokenPolicy({ policy, reportTo }: TokenModel): string {
	return reportTo === undefined ? token(policy) : withParameter(token(policy), "report-to", string(reportTo));
}

/** The name of an endpoint that Reporting-Endpoints can define: a structured-field key. */
export function readEndpointName(value: unknown, issues: Issues): string | undefined {
	if (typeof value === "string" && isKey(value)) return value;
	return issues.invalid("report/name", value, NOT_A_KEY, "the name that reportingEndpoints defines");
}

/** Why browsers drop a header with such a name. */
export const NOT_A_KEY = "but the name of an endpoint has only lower-case letters, digits and the characters _-.*";

/** What browsers do with an unknown word. */
export const IGNORED = "which browsers ignore";

export function reportTokenTo<Word extends string>(model: TokenModel<Word>, { name }: { readonly name: string }): TokenModel<Word> {
	return { ...model, reportTo: model.reportTo ?? name };
}

export function tokenEndpoints({ reportTo }: TokenModel): readonly string[] {
	return reportTo === undefined ? [] : [reportTo];
}

/** A header with one valid value. The option is a boolean, or that value. */
export function readOnlyTrue<Word extends string>(option: unknown, word: Word, code: Code, issues: Issues): Word | undefined {
	if (option === true || option === word) return word;
	return issues.invalid(code, option, `but the only value is ${JSON.stringify(word)}`, "true, or false to switch the header off");
}

/** Reads the word of a header. `fromHelmet` is how to write the option, if it has the syntax of helmet. */
export function readHeaderWord<Word extends string>(
	option: unknown,
	words: readonly Word[],
	code: Code,
	issues: Issues,
	fromHelmet: string | undefined,
): Word | undefined {
	return fromHelmet === undefined ? readWord(option, words, code, issues, IGNORED) : issues.invalid(code, option, OF_HELMET, fromHelmet);
}

export const OF_HELMET = "which is the syntax of helmet";

/** The word in a field of an object, as the option has it. Helmet ignores the case of some words. */
export function wordIn(option: unknown, field: string, words: readonly string[]): string | undefined {
	const given = fieldOf(option, field);
	const word = words.find((candidate) => typeof given === "string" && candidate.toLowerCase() === given.toLowerCase());
	return word && JSON.stringify(word);
}

/** An own field of an object. */
export function fieldOf(option: unknown, field: string): unknown {
	return isRecord(option) && Object.hasOwn(option, field) ? option[field] : undefined;
}
