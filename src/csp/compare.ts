import type { DirectiveName } from "./directives.ts";
import { DIRECTIVES, RETIRED } from "./directives.ts";
import { isEvalHash, isNonceOrHash, type Source } from "./grammar.ts";
import { type CspModel, effective } from "./model.ts";
import { parse } from "./serialize.ts";

/**
 * Whether one header allows something that another forbids. It compares the words of their lists: a source that the other list lacks, or a directive
 * that is not covered. Two spellings of the same host count as different. A header can contain several policies, and each of them must allow what
 * the page does. A directive that this version does not know counts if our policy has it, because someone has named it on purpose.
 */
export function isWeakerPolicy(value: string, ours: string): boolean {
	const theirs = value.split(",").map(parse);
	return ours
		.split(",")
		.map(parse)
		.some((mine) => namesIn(mine, theirs).some((name) => theirs.every((model) => isWeakerAt(name, model, mine))));
}

/** What one header allows that another forbids: directives, each with its additional sources. Undefined if nothing governs the directive any more. */
export function loosenedDirectives(value: string, ours: string): ReadonlyMap<DirectiveName, readonly Source[] | undefined> {
	const theirs = value.split(",").map(parse);
	const loosened = new Map<DirectiveName, readonly Source[] | undefined>();
	for (const mine of ours.split(",").map(parse)) {
		for (const name of namesIn(mine, theirs)) {
			if (!theirs.every((model) => isWeakerAt(name, model, mine))) continue;
			// Each of several policies must allow it, so one list contains all that is new.
			const list = theirs.map((model) => effective(model, name)).find((one) => one !== undefined);
			loosened.set(name, list && addedTo(effective(mine, name) ?? [], list));
		}
	}
	return loosened;
}

function namesIn(mine: CspModel, theirs: readonly CspModel[]): readonly DirectiveName[] {
	const names = new Set([...mine.keys(), ...theirs.flatMap((model) => [...model.keys()])]);
	return [...names].filter((name): name is DirectiveName => DIRECTIVES.has(name) || (mine.has(name) && !RETIRED.has(name)));
}

function isWeakerAt(name: DirectiveName, theirs: CspModel, mine: CspModel): boolean {
	const kind = DIRECTIVES.get(name)?.kind;
	// Reporting and upgrading protect nothing.
	if (kind === "uris" || kind === "endpoint" || kind === "flag") return false;
	const limit = effective(mine, name);
	if (limit === undefined) return false;
	const list = effective(theirs, name);
	if (list === undefined) return true;
	return addedTo(limit, list).length > 0;
}

function addedTo(limit: readonly Source[], list: readonly Source[]): readonly Source[] {
	return list.filter((source) => source !== "'none'" && !limit.includes(source) && !isHarmless(source, list));
}

/** Sources that do not allow injected scripts: nonces and hashes of the application's own code, and what those switch off. */
function isHarmless(source: Source, list: readonly Source[]): boolean {
	if (isNonceOrHash(source) || isEvalHash(source) || source === "'report-sample'" || source === "'strict-dynamic'") return true;
	return source === "'unsafe-inline'" && list.some(isNonceOrHash);
}
