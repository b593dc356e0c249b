import { factsOf } from "../../headers/facts.ts";
import { CSP, NOSNIFF } from "../marks.ts";

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

/** The value that the policy has for each header, by name in lower case: over https, and over http where it is another. */
export type Wanted = ReadonlyMap<string, string | readonly [https: string, http: string]>;

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

/** One directive of nginx or Apache. */
export interface Directive {
	/** For Apache in lower case; of a container with its bracket, such as `<virtualhost`. */
	readonly name: string;
	readonly args: readonly string[];
	readonly file: string;
	readonly line: number;
	/** The directives in its braces, or in the container. */
	readonly block?: readonly Directive[];
}

/** How deep blocks are followed. */
export const DEEPEST_BLOCK = 100;

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
	const values = [wanted?.get(name.toLowerCase()) ?? value].flat();
	const [expected] = values;
	return values.includes(value) ? undefined : `${name} is ${JSON.stringify(value)}, but the policy has ${JSON.stringify(expected)}. Emit the file again.`;
}

/** "X is", or "X, Y are". */
export function namesAre(names: readonly string[]): string {
	return `${names.join(", ")} ${names.length === 1 ? "is" : "are"}`;
}

/** Headers that the edge adds to a copy of the application. */
export interface Copies {
	readonly id: string;
	readonly names: readonly string[];
	/** What happens to them, as certain as it is known. */
	readonly text: string;
	readonly isConditional: boolean;
}

/** Error pages of frameworks have these, also where the policy leaves them out. */
const ON_ERROR_PAGES: ReadonlySet<string> = new Set([CSP, NOSNIFF].map((name) => name.toLowerCase()));

/** Which headers are sent twice when the edge adds them to the application's: on all responses, or on error pages alone. */
export function copiesOf(id: string, names: readonly string[], known: Known): readonly Copies[] {
	const sent = names.filter((name) => isSent(name, known) !== false);
	const onErrors = names.filter((name) => isSent(name, known) === false && ON_ERROR_PAGES.has(name.toLowerCase()));
	const isCertain = sent.every((name) => isSent(name, known) === true);
	const all: readonly Copies[] = [
		{
			id,
			names: sent,
			text: `${soTwice(sent)}${isCertain ? "" : ` if the application sends ${sent.length === 1 ? "it" : "them"} as well`}`,
			isConditional: !isCertain,
		},
		{
			id: "edge/framework-errors",
			names: onErrors,
			text: `${soTwice(onErrors)} on error pages of Express and similar frameworks, which have ${onErrors.length === 1 ? "one" : "both"} of their own`,
			isConditional: false,
		},
	];
	return all.filter((one) => one.names.length > 0);
}

function soTwice(names: readonly string[]): string {
	return `so ${names.length === 1 ? "it is" : "they are"} sent twice`;
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
