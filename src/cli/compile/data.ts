import {
	type Answered,
	answerKey,
	type CompiledModule,
	checksumOf,
	FORMAT,
	type HeaderData,
	listsOf,
	MOST_LISTS,
	type PolicyData,
	placeholderOf,
	type SourceData,
} from "../../compiled/format.ts";
import { KEYWORDS } from "../../csp/keywords.ts";
import type { CspPolicies } from "../../csp/model.ts";
import { factsOf, NAMES } from "../../headers/facts.ts";
import { type CompiledHeader, type CompiledPolicy, compile } from "../../policy/compile.ts";
import { overridePolicy, type PolicyPatch } from "../../policy/override.ts";
import { nameSources, RefusedError } from "./functions.ts";
import { type Exported, stacksOf } from "./stacks.ts";

/**
 * The policies of a module as data.
 *
 * @param stacks how many overrides can be on top of each other.
 * @throws {RefusedError} for what only the compiler can do in a request.
 */
export function toData(exported: readonly Exported[], main: string, stacks: number): CompiledModule {
	const tables = createTables();
	const { policies, exports } = stacksOf(exported, stacks);
	const secures = new Set([...policies.values()].map(({ secure }) => secure).filter((secure) => typeof secure === "function"));
	if (secures.size > 1) throw new RefusedError("secure: the policies have different functions. Use one for all of them.");
	const nameOf = nameSources([...policies.values()]);
	const named = new Map([...policies].map(([name, compiled]) => [compiled, name]));
	const entries: [string, PolicyData][] = [];
	for (const [name, compiled] of policies) {
		const base = compiled.base && named.get(compiled.base as CompiledPolicy);
		const sources = compiled.dynamicSources.map(({ key, directive, ask }) => ({ key, directive, ask: nameOf(ask) }));
		const answers = sources.length === 0 ? [] : answersOf(name, compiled, sources);
		const data = withoutEmpty({
			base,
			sources: sources.length === 0 ? undefined : sources,
			answers: answers.length === 0 ? undefined : Object.fromEntries(answers.map(([key]) => [key, `${name} ${key}`])),
		});
		entries.push([name, { ...toPolicy(compiled, tables), ...data }]);
		for (const [key, made] of answers) entries.push([`${name} ${key}`, { ...toPolicy(made, tables), base: base ?? name }]);
	}
	const data = {
		format: FORMAT,
		checksum: "",
		main,
		headers: tables.headers.all,
		blocks: tables.blocks.all,
		policies: Object.fromEntries(entries),
		exports,
	};
	return { ...data, checksum: checksumOf(data) };
}

function toPolicy(compiled: CompiledPolicy, tables: Tables): PolicyData {
	const { remove, vary, cacheControl, headerBlock, reportFraction, secure, onEvent, blocks, policy } = compiled;
	const places = blocks.map(({ headers }) => tables.blocks.placeOf(headers.map((header) => tables.headers.placeOf(toHeader(header, policy.models)))));
	return withoutEmpty({
		blocks: policy.withoutReporting === undefined ? places.slice(0, 4) : places,
		remove: remove.map(({ name }) => name),
		vary: vary.length === 0 ? undefined : vary,
		cacheControl,
		headerBlock: headerBlock ? undefined : false,
		reportFraction: reportFraction === 1 ? undefined : reportFraction,
		secure: typeof secure === "function" ? "function" : secure,
		onEvent: onEvent === undefined ? undefined : true,
	});
}

function toHeader({ name, text, nonced, locked }: CompiledHeader, models: CompiledPolicy["policy"]["models"]): HeaderData {
	const policies = models.get("contentSecurityPolicy") as CspPolicies | undefined;
	return withoutEmpty({
		name,
		text,
		nonced,
		locked: locked && factsOf(name)?.locked !== true ? true : undefined,
		onOther: name === NAMES.contentSecurityPolicy ? policies?.onOther : undefined,
	});
}

/** The policy with an answer for each combination of its lists. What the compiler refuses is left out, so that it is refused in the request as well. */
function answersOf(name: string, compiled: CompiledPolicy, sources: readonly SourceData[]): readonly (readonly [key: string, made: CompiledPolicy])[] {
	const lists = listsOf(sources);
	if (lists.length > MOST_LISTS)
		throw new RefusedError(
			`${name}: functions add to ${lists.length} lists, and each combination of them is compiled. Use functions in ${MOST_LISTS} lists at most.`,
		);
	return combinationsOf(lists.length).flatMap((answered) => {
		const made = answeredPolicy(compiled, lists, answered);
		return made === undefined ? [] : [[answerKey(answered), made] as const];
	});
}

function answeredPolicy(compiled: CompiledPolicy, lists: readonly string[], answered: readonly Answered[]): CompiledPolicy | undefined {
	const patch: Record<string, { directives: Record<string, unknown> }> = {};
	for (const [index, list] of lists.entries()) {
		if (answered[index] === "-") continue;
		const [key = "", directive = ""] = list.split(" ");
		patch[key] ??= { directives: {} };
		patch[key].directives[directive] = [placeholderOf(index), ...(answered[index] === "n" ? [KEYWORDS.nonce] : [])];
	}
	const { policy } = compiled;
	const dynamic = new Map();
	const fixed = { ...policy, dynamic, withoutReporting: policy.withoutReporting && { ...policy.withoutReporting, dynamic } };
	try {
		return compile(overridePolicy(fixed, patch as PolicyPatch, "extend"), compiled);
	} catch {
		return undefined;
	}
}

/** Every combination but that of no answers. */
function combinationsOf(count: number): readonly (readonly Answered[])[] {
	let all: readonly (readonly Answered[])[] = [[]];
	for (let i = 0; i < count; i++) all = all.flatMap((start) => (["-", "s", "n"] as const).map((one) => [...start, one]));
	return all.filter((answered) => answered.some((one) => one !== "-"));
}

interface Tables {
	readonly headers: Table<HeaderData>;
	readonly blocks: Table<readonly number[]>;
}

/** A list in which equal entries have one place. */
interface Table<Entry> {
	readonly all: readonly Entry[];
	placeOf(entry: Entry): number;
}

function createTables(): Tables {
	return { headers: createTable(), blocks: createTable() };
}

function createTable<Entry>(): Table<Entry> {
	const all: Entry[] = [];
	const places = new Map<string, number>();
	return {
		all,
		placeOf(entry) {
			const key = JSON.stringify(entry);
			const known = places.get(key);
			if (known !== undefined) return known;
			places.set(key, all.push(entry) - 1);
			return all.length - 1;
		},
	};
}

function withoutEmpty<Fields extends object>(fields: Fields): Fields {
	return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields;
}
