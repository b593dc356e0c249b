import type { CompiledModule } from "../../compiled/format.ts";
import type { CompiledPolicy } from "../../policy/compile.ts";
import { RefusedError } from "./functions.ts";

/** What is compiled: each export with its policy, and how it changes another one. Undefined for one that replaces it. */
export interface Exported {
	readonly name: string;
	readonly compiled: CompiledPolicy;
	readonly onTop: ((below: CompiledPolicy) => CompiledPolicy) | undefined;
}

interface Stacks {
	/** Every policy that a stack of exports can make, by name. */
	readonly policies: ReadonlyMap<string, CompiledPolicy>;
	readonly exports: CompiledModule["exports"];
}

/** More would make a module that is slower to load than the compiler. */
const MOST = 300;

/** Applies each override to each policy, and to the results, until so many are on top of each other. Equal policies are one. */
export function stacksOf(exported: readonly Exported[], stacks: number): Stacks {
	const policies = new Map<string, CompiledPolicy>(exported.map(({ name, compiled }) => [name, compiled]));
	const names = new Map<string, string>();
	// Of exports with the same policy, the first gives the name.
	for (const { name, compiled } of exported.toReversed()) names.set(textOf(compiled), name);
	const keep = (name: string, compiled: CompiledPolicy): string => {
		const same = names.get(textOf(compiled));
		if (same !== undefined) return same;
		if (policies.size >= MOST)
			throw new RefusedError(`the overrides make more than ${MOST} policies. Write --stacks ${stacks - 1}, or put some into another module.`);
		names.set(textOf(compiled), name);
		policies.set(name, compiled);
		return name;
	};
	const exports = Object.fromEntries(exported.map(({ name }) => [name, {} as Record<string, string>]));
	const overrides = exported.filter(({ onTop }) => onTop !== undefined);
	// Mounted twice, an override changes nothing.
	for (const { name } of overrides) (exports[name] as Record<string, string>)[name] = name;
	let level: readonly string[] = exported.filter(({ onTop }) => onTop === undefined).map(({ name }) => name);
	for (let depth = 0; depth < stacks; depth++) {
		const results = level.flatMap((below) =>
			changesOf(policies.get(below) as CompiledPolicy, overrides).map(([name, made]) => {
				const result = keep(`${below} + ${name}`, made);
				(exports[name] as Record<string, string>)[below] = result;
				return result;
			}),
		);
		level = [...new Set(depth === 0 ? [...overrides.map(({ name }) => name), ...results] : results)];
	}
	return { policies, exports };
}

/** What each override makes of a policy. */
function changesOf(below: CompiledPolicy, exported: readonly Exported[]): readonly (readonly [name: string, made: CompiledPolicy])[] {
	return exported.flatMap(({ name, onTop }) => {
		const made = onTop === undefined ? undefined : changed(onTop, below);
		return made === undefined ? [] : [[name, made] as const];
	});
}

/** Undefined if the override does not fit the policy. The response then keeps it, with an event. */
function changed(onTop: NonNullable<Exported["onTop"]>, below: CompiledPolicy): CompiledPolicy | undefined {
	try {
		return onTop(below);
	} catch {
		return undefined;
	}
}

const IDS = new Map<unknown, number>();

/** Everything in which two policies can differ. */
function textOf({ blocks, base, dynamicSources, remove, vary, cacheControl, headerBlock, reportFraction, secure, onEvent }: CompiledPolicy): string {
	const idOf = (value: unknown): number => {
		if (!IDS.has(value)) IDS.set(value, IDS.size);
		return IDS.get(value) as number;
	};
	const headers = blocks.map((block) => block.headers.map(({ name, text, nonced, locked }) => [name, text, nonced, locked]));
	const sources = dynamicSources.map(({ key, directive, ask }) => [key, directive, idOf(ask)]);
	return JSON.stringify([headers, idOf(base), sources, remove, vary, cacheControl, headerBlock, reportFraction, idOf(secure), idOf(onEvent)]);
}
