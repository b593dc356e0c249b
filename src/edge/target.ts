import { EdgeError, type EdgeHeader, type EdgeMode, type EdgePlan } from "./plan.ts";

/** A file of a configuration, to be taken as it is. */
export interface EdgeFile {
	readonly path: string;
	readonly text: string;
}

/** Where the whole server is wanted, and not only what is put into it. */
export interface Site {
	/** The application, as http://127.0.0.1:3000. */
	readonly upstream: string;
	/** The name of the site. */
	readonly host: string;
	/** The port that the proxy listens on. */
	readonly port: number;
}

/** A server or a host that headers are written for. */
export interface Target {
	readonly name: string;
	/** Modes that it can do. */
	readonly modes: readonly EdgeMode[];
	/** Written from its documentation and read by a parser, and not run. */
	readonly isExperimental?: boolean;
	/** It can put a nonce of its own into pages. */
	readonly canNonce?: boolean;
	/** Longest value, longest of all together, most headers; each with what to do. */
	readonly limits?: readonly Limit[];
	readonly files: (plan: EdgePlan, site: Site | undefined) => readonly EdgeFile[];
	/** How to put it in, and how to try it. */
	readonly howTo: string;
}

interface Limit {
	readonly what: "value" | "total" | "count";
	readonly most: number;
	readonly remedy: string;
	/** It breaks something; otherwise it may. */
	readonly isFatal: boolean;
}

/** Quotes every value, or says what cannot be expressed. @throws {EdgeError} with all of them. */
export function quoted(headers: readonly EdgeHeader[], quote: (value: string) => string | { readonly refused: string }): ReadonlyMap<string, string> {
	const values = new Map<string, string>();
	const problems: string[] = [];
	for (const { name, value } of headers) {
		const result = quote(value);
		if (typeof result === "string") values.set(name, result);
		else problems.push(`${name}: ${result.refused}`);
	}
	if (problems.length > 0) throw new EdgeError(problems);
	return values;
}

/** What does not fit, and what may not. */
export function checkLimits(
	{ name, limits = [] }: Target,
	{ headers }: EdgePlan,
): { readonly problems: readonly string[]; readonly warnings: readonly string[] } {
	const total = headers.reduce((sum, header) => sum + header.name.length + header.value.length + 4, 0);
	const found = limits.flatMap(({ what, most, remedy, isFatal }) => {
		if (what === "count") return headers.length > most ? [{ isFatal, text: `${name} takes ${most} headers, and there are ${headers.length}. ${remedy}` }] : [];
		if (what === "total")
			return total > most ? [{ isFatal, text: `all headers together have ${total} bytes, and ${name} has room for ${most}. ${remedy}` }] : [];
		return headers
			.filter(({ value }) => value.length > most)
			.map((header) => ({ isFatal, text: `${header.name} has ${header.value.length} characters, and ${name} takes ${most}. ${remedy}` }));
	});
	return { problems: found.filter((one) => one.isFatal).map(({ text }) => text), warnings: found.filter((one) => !one.isFatal).map(({ text }) => text) };
}

/** At the head of each file. */
export function banner(comment: string, ...lines: readonly string[]): string {
	return ["Written by headguard from the policy of the application. Do not edit: emit it again.", ...lines].map((line) => `${comment} ${line}\n`).join("");
}

/** A file of JSON, as editors write it. */
export function jsonFile(content: unknown): string {
	return `${JSON.stringify(content, null, "\t")}\n`;
}
