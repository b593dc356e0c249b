import { factsOf } from "../../headers/facts.ts";

/** One mistake in a configuration file of a proxy. */
export interface Lint {
	/** The id of a rule of the audit. */
	readonly id: string;
	readonly file: string;
	readonly line: number;
	readonly message: string;
}

/** The value that the policy has for each header, by name in lower case. */
export type Wanted = ReadonlyMap<string, string>;

/** Reads a file that another one includes; undefined when it does not exist. */
export type ReadFile = (path: string) => string | undefined;

/** Whether a policy can send the header. Other headers are not checked. */
export function isSecurity(name: string): boolean {
	return factsOf(name) !== undefined;
}

/** A sentence when the value in a file differs from that of the policy. */
export function drift(name: string, value: string, wanted: Wanted | undefined): string | undefined {
	const expected = wanted?.get(name.toLowerCase());
	return expected === undefined || expected === value
		? undefined
		: `${name} is ${JSON.stringify(value)}, but the policy has ${JSON.stringify(expected)}. Emit the file again.`;
}
