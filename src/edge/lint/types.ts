import { factsOf } from "../../headers/facts.ts";

/** One mistake in a configuration file of a proxy. */
export interface Lint {
	/** The id of a rule of the audit. */
	readonly id: string;
	readonly file: string;
	readonly line: number;
	readonly message: string;
	/** It is a mistake only under a condition that the files do not settle, such as what the application sends. */
	readonly isConditional?: boolean | undefined;
}

/** The value that the policy has for each header, by name in lower case. */
export type Wanted = ReadonlyMap<string, string>;

/** A file and its content. */
export interface Source {
	readonly file: string;
	readonly text: string;
}

/**
 * Reads what a file includes: the content of the file of that name, or all files that a pattern matches. undefined: it cannot be read.
 * @param root the folder that the configuration itself names as the one where relative paths begin.
 */
export type ReadFile = (path: string, from: string, root?: string) => string | readonly Source[] | undefined;

/** What is known besides the file. */
export interface Known {
	readonly readFile: ReadFile;
	readonly wanted: Wanted | undefined;
	/** The headers that the application sends, in lower case; undefined without a policy. */
	readonly sent: ReadonlySet<string> | undefined;
}

/** Whether a policy can send the header. Other headers are not checked. */
export function isSecurity(name: string): boolean {
	return factsOf(name) !== undefined;
}

/** Whether browsers apply each of several values, so that a second one can be intended. */
export function isList(name: string): boolean {
	return factsOf(name)?.cardinality === "many";
}

/** Whether the application sends a header; undefined: nothing shows it. */
export function isSent(name: string, { sent }: Known): boolean | undefined {
	return sent?.has(name.toLowerCase());
}

/** A sentence when the value in a file differs from that of the policy. */
export function drift(name: string, value: string, wanted: Wanted | undefined): string | undefined {
	const expected = wanted?.get(name.toLowerCase());
	return expected === undefined || expected === value
		? undefined
		: `${name} is ${JSON.stringify(value)}, but the policy has ${JSON.stringify(expected)}. Emit the file again.`;
}

/** "X is", or "X, Y are". */
export function namesAre(names: readonly string[]): string {
	return `${names.join(", ")} ${names.length === 1 ? "is" : "are"}`;
}

/** What happens to headers that the edge adds to the application's, as certain as it is known. */
export function twiceIf(names: readonly string[], known: Known): { readonly text: string; readonly isConditional: boolean } {
	const they = names.length === 1 ? "it" : "them";
	const areThey = names.length === 1 ? "it is" : "they are";
	return names.every((name) => isSent(name, known) === true)
		? { text: `so ${areThey} sent twice`, isConditional: false }
		: { text: `so ${areThey} sent twice if the application sends ${they} as well`, isConditional: true };
}

/** Whether a line break is in a header value, which ends the header there. */
export function hasLineBreak(value: string): boolean {
	return /[\r\n]/.test(value);
}

/** Each mistake once, however often its file is included. */
export function unique(lints: readonly Lint[]): readonly Lint[] {
	return [...new Map(lints.map((one) => [`${one.id} ${one.file}:${one.line} ${one.message}`, one])).values()];
}

/** Lines in all servers and places together that are looked at. A configuration that people write has thousands. */
export const MOST_LINES = 300_000;
