import type { DirectiveName } from "./directives.ts";
import { DIRECTIVES } from "./directives.ts";
import { isNonceOrHash, type Source } from "./grammar.ts";
import { type CspModel, effective } from "./model.ts";
import { parse } from "./serialize.ts";

/**
 * Whether one header allows something that another forbids, judged by the words of their lists: a
 * source that the other does not name, or a directive that nothing covers. May call two equal
 * policies different when they name the same host in two ways. A header may hold several policies,
 * each of which must allow what the page does.
 */
export function isWeakerPolicy(value: string, ours: string): boolean {
	const theirs = value.split(",").map(parse);
	return ours
		.split(",")
		.map(parse)
		.some((mine) => {
			const names = new Set([...mine.keys(), ...theirs.flatMap((model) => [...model.keys()])]) as ReadonlySet<DirectiveName>;
			return [...names].some((name) => DIRECTIVES.has(name) && theirs.every((model) => isWeakerAt(name, model, mine)));
		});
}

function isWeakerAt(name: DirectiveName, theirs: CspModel, mine: CspModel): boolean {
	const { kind } = DIRECTIVES.get(name) as { kind: string };
	// Reporting and upgrading protect nothing by themselves.
	if (kind === "uris" || kind === "endpoint" || kind === "flag") return false;
	const limit = effective(mine, name);
	if (limit === undefined) return false;
	const list = effective(theirs, name);
	if (list === undefined) return true;
	return list.some((source) => source !== "'none'" && !limit.includes(source) && !isHarmless(source, list));
}

/** What does not let an injected script run: marks of the application's own code, and what they switch off. */
function isHarmless(source: Source, list: readonly Source[]): boolean {
	if (isNonceOrHash(source) || source === "'report-sample'" || source === "'strict-dynamic'") return true;
	return source === "'unsafe-inline'" && list.some(isNonceOrHash);
}
