import { DIRECTIVES, type DirectiveName } from "../csp/directives.ts";
import { isNonceSource } from "../csp/grammar.ts";
import { type CspModel, effective } from "../csp/model.ts";
import { parse } from "../csp/serialize.ts";
import { HEADERS } from "../headers/index.ts";
import { blockFor, type CompiledHeader, type CompiledPolicy, trustedOnly } from "../policy/compile.ts";
import type { Expected } from "./types.ts";

/**
 * The headers of a policy for a response. What the functions of the policy return for it is not known.
 *
 * @param isTrusted whether browsers trust the host, or the response came over https.
 */
export function expectedOf(policy: CompiledPolicy, secure: boolean, hstsAllowed: boolean, reports: boolean, isTrusted: boolean): readonly Expected[] {
	const block = blockFor(policy, secure, hstsAllowed, reports);
	const { headers } = isTrusted ? block : trustedOnly(block);
	if (policy.dynamicSources.length === 0) return headers;
	const filledIn = ({ name }: CompiledHeader): readonly string[] => {
		const key = HEADERS.find((header) => header.name === name)?.key;
		return policy.dynamicSources.filter((source) => source.key === key).map(({ directive }) => directive);
	};
	return headers.map((header) => ({ ...header, filled: filledIn(header) }));
}

/** Whether a header is what the policy says: sent once, with any nonce, or completed on the framework's error page. */
export function isAsExpected({ text, nonced, complete, filled = [] }: Expected, values: readonly string[], status: number): boolean {
	const [value = ""] = values;
	// The stored page keeps the policy that it came with.
	if (values.length === 0) return status === 304 && nonced !== undefined;
	if (values.length > 1) return false;
	const isLike = (expected: string): boolean => value === expected || (filled.length > 0 && isFilled(expected, value, filled));
	if (isLike(text) || (status >= 400 && isFrameworksCompleted(value, status, complete, isLike))) return true;
	const nonce = nonced === undefined ? undefined : /'nonce-([\w+/-]+={0,2})'/.exec(value)?.[1];
	return nonce !== undefined && nonced !== undefined && isLike(nonced.join(nonce));
}

function isFrameworksCompleted(value: string, status: number, complete: Expected["complete"], isLike: (expected: string) => boolean): boolean {
	const [theirs = ""] = value.split(";", 1);
	const completed = complete?.(theirs, status, undefined);
	return completed?.isFrameworks === true && isLike(completed.text);
}

/** Whether a value is the expected one with more sources, in directives that functions fill. */
function isFilled(expected: string, value: string, filled: readonly string[]): boolean {
	const [models, sent] = [expected.split(",").map(parse), value.split(",").map(parse)];
	return models.length === sent.length && models.every((model, index) => isModelFilled(model, sent[index] as CspModel, filled));
}

function isModelFilled(model: CspModel, sent: CspModel, filled: readonly string[]): boolean {
	return [...new Set([...model.keys(), ...sent.keys()])].every((name) => {
		const [words, received] = [model.get(name), sent.get(name)];
		if (received === undefined) return false;
		if (filled.includes(name)) return (words ?? []).every((word) => word === "'none'" || isNonceSource(word) || received.includes(word));
		if (words !== undefined) return words.length === received.length && words.every((word, index) => word === received[index]);
		// A directive that functions fill would govern it. What governed it before is written out.
		const directive = DIRECTIVES.get(name);
		const before = directive && effective(model, name as DirectiveName);
		return directive?.fallback.some((fallback) => filled.includes(fallback)) === true && received.every((word) => word === "'none'" || before?.includes(word));
	});
}

/** The text for people: an ellipsis replaces the nonce. */
export function expectedText({ text, nonced }: Expected): string {
	return nonced?.join("…") ?? text;
}
