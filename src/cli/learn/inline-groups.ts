import { routeOf } from "../../reports/cluster.ts";
import type { Code, Violation } from "./evidence.ts";
import type { Findings, InlineGroup } from "./types.ts";

interface Group {
	readonly directive: string;
	readonly code: Code;
	readonly documents: Set<string>;
	readonly rounds: Set<number>;
	/** Addresses whose pages have it. */
	readonly visited: Set<string>;
}

/** Inline code by its text. Code is static if each round had it, and if it does not differ between the pages of a route. */
export function inlineGroups({ violations, markup, rounds }: Findings): readonly InlineGroup[] {
	const groups = new Map<string, Group>();
	for (const { record, code, visited, round } of violations) {
		if (record.blocked !== "inline" || code === undefined || isJavascriptUrl(record.sample)) continue;
		const key = `${record.directive} ${code.hash}`;
		const group = groups.get(key) ?? { directive: record.directive, code, documents: new Set(), rounds: new Set(), visited: new Set() };
		groups.set(key, group);
		group.documents.add(routeOf(record.document));
		group.rounds.add(round);
		group.visited.add(visited);
	}
	const all = [...groups.values()];
	const changing = changingIn(all, violations);
	return all.map((group) => {
		const { directive, code, documents } = group;
		const isStatic = group.rounds.size === rounds && !changing.has(group);
		return { directive, code, documents, isStatic, markup: markup.get(code.hash) };
	});
}

/** Browsers report a javascript: URL as an inline script. */
function isJavascriptUrl(sample: string | undefined): boolean {
	return /^\s*javascript:/i.test(sample ?? "");
}

/**
 * Code that only one of several pages of a route has, while others of them have other code. `var user = 1` on /users/1 is
 * not what /users/2 has.
 */
function changingIn(groups: readonly Group[], violations: readonly Violation[]): ReadonlySet<Group> {
	const addresses = new Map<string, Set<string>>();
	for (const { record, visited } of violations) {
		const document = routeOf(record.document);
		addresses.set(document, (addresses.get(document) ?? new Set()).add(visited));
	}
	const singles = new Map<string, Group[]>();
	for (const group of groups) {
		const [document = ""] = group.documents;
		if (group.documents.size > 1 || group.visited.size > 1 || (addresses.get(document)?.size ?? 0) < 2) continue;
		const key = `${document} ${group.directive} ${group.code.attribute ?? ""}`;
		singles.set(key, [...(singles.get(key) ?? []), group]);
	}
	const differ = [...singles.values()].filter((list) => new Set(list.flatMap(({ visited }) => [...visited])).size > 1);
	return new Set(differ.flat());
}
