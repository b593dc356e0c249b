import { factsOf } from "../../headers/facts.ts";

/** One mistake in a file of a proxy. */
export interface Lint {
	/** A rule of the audit. */
	readonly id: string;
	readonly file: string;
	readonly line: number;
	readonly message: string;
}

/** Header → what the policy says; to find what differs. */
export type Wanted = ReadonlyMap<string, string>;

/** Reads a file that another one includes; undefined: there is none. */
export type ReadFile = (path: string) => string | undefined;

/** A header that a policy sends, and that is emitted with it: others may stand where they like. */
export function isSecurity(name: string): boolean {
	return factsOf(name) !== undefined;
}

/** What a file says otherwise than the policy. */
export function drift(name: string, value: string, wanted: Wanted | undefined): string | undefined {
	const expected = wanted?.get(name.toLowerCase());
	return expected === undefined || expected === value
		? undefined
		: `${name} is ${JSON.stringify(value)}, and the policy says ${JSON.stringify(expected)}. Emit the file again.`;
}
