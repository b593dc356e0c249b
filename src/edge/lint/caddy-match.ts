import type { Node } from "./caddy-read.ts";

/** Which requests a line is for. */
export interface Matcher {
	readonly text: string;
	/** The paths that it names, if it names any. */
	readonly paths: readonly string[];
	readonly hosts: readonly string[];
	/** It is not known which paths it matches. */
	readonly isOpaque: boolean;
}

export type Matchers = ReadonlyMap<string, Matcher>;

const OPAQUE = ["not", "path_regexp", "expression", "file", "vars", "vars_regexp"];

/** The matchers that a block defines, and those around it. */
export function matchersIn(nodes: readonly Node[], outer: Matchers): Matchers {
	const own = nodes.flatMap(({ words: [name = "", ...args], block }): (readonly [string, Matcher])[] => {
		if (!name.startsWith("@")) return [];
		const conditions = args.length > 0 ? [args] : (block ?? []).map(({ words }) => words);
		return [[name, matcherOf(name, conditions)]];
	});
	return new Map([...outer, ...own]);
}

function matcherOf(text: string, conditions: readonly (readonly string[])[]): Matcher {
	const values = (kind: string): readonly string[] => conditions.flatMap(([name, ...args]) => (name === kind ? args : []));
	const paths = values("path");
	return {
		text,
		paths,
		hosts: values("host"),
		isOpaque: paths.some((path) => path.startsWith("*")) || conditions.some(([name = ""]) => OPAQUE.includes(name) || name.startsWith("`")),
	};
}

/** The matcher of a line, and the words after it. */
export function matcherIn({ words: [, ...args] }: Node, known: Matchers): { readonly matcher: Matcher | undefined; readonly rest: readonly string[] } {
	const [first = ""] = args;
	if (first === "*" || first === "/*") return { matcher: undefined, rest: args.slice(1) };
	if (first.startsWith("/")) return { matcher: matcherOf(first, [["path", first]]), rest: args.slice(1) };
	if (first.startsWith("@")) return { matcher: known.get(first) ?? { text: first, paths: [], hosts: [], isOpaque: true }, rest: args.slice(1) };
	return { matcher: undefined, rest: args };
}

/** Whether some request surely matches both. */
export function canMeet(a: Matcher, b: Matcher): boolean {
	if (a.text === b.text) return true;
	if (a.isOpaque || b.isOpaque) return false;
	const arePathsApart = a.paths.length > 0 && b.paths.length > 0 && !a.paths.some((one) => b.paths.some((other) => meets(one, other)));
	const areHostsApart = a.hosts.length > 0 && b.hosts.length > 0 && !a.hosts.some((host) => b.hosts.includes(host));
	return !arePathsApart && !areHostsApart;
}

/** Whether each request that matches the first also matches the second. */
export function isWithin(a: Matcher, b: Matcher): boolean {
	if (a.text === b.text) return true;
	return a.paths.length > 0 && b.paths.length > 0 && b.hosts.length === 0 && !b.isOpaque && a.paths.every((one) => b.paths.some((other) => covers(other, one)));
}

function covers(pattern: string, path: string): boolean {
	return pattern.endsWith("*") ? path.startsWith(pattern.slice(0, -1)) : pattern === path;
}

function meets(a: string, b: string): boolean {
	return covers(a, b) || covers(b, a);
}
