import { type CompiledPolicy, compile } from "./compile.ts";
import { overridePolicy, type PatchMode, type PolicyPatch } from "./override.ts";

/** One change on top of a policy. */
export interface Layer {
	readonly mode: PatchMode;
	readonly patch: PolicyPatch;
}

/** How many patches made inside requests are remembered for each policy; the one not used longest goes first. */
const REMEMBERED = 1000;

/** Policy → what layers that were made at start-up made of it. As many as there are stacks of mounts. */
const FIXED = new WeakMap<readonly Layer[], WeakMap<CompiledPolicy, CompiledPolicy>>();

/** Policy → patch, as text → result. */
const MADE = new WeakMap<CompiledPolicy, Map<string, CompiledPolicy>>();

/**
 * The policy with layers on top, compiled once for each policy that they come to lie on.
 * @throws {PolicyError} when a layer does not fit the policy.
 */
export function layered(below: CompiledPolicy, layers: readonly Layer[]): CompiledPolicy {
	if (layers.length === 0) return below;
	const results = FIXED.get(layers) ?? new WeakMap<CompiledPolicy, CompiledPolicy>();
	FIXED.set(layers, results);
	const known = results.get(below);
	if (known !== undefined) return known;
	const policy = layers.reduce((base, { mode, patch }) => overridePolicy(base, patch, mode), below.policy);
	const compiled = { ...compile(policy), everMounted: below.everMounted };
	results.set(below, compiled);
	// The same layers once more change nothing.
	results.set(compiled, compiled);
	return compiled;
}

/**
 * The policy with a patch that a request made: equal patches are compiled once.
 * @throws {PolicyError} when the patch does not fit the policy.
 */
export function patched(below: CompiledPolicy, patch: PolicyPatch, mode: PatchMode): CompiledPolicy {
	const key = `${mode} ${patchText(patch)}`;
	const made = MADE.get(below) ?? new Map<string, CompiledPolicy>();
	MADE.set(below, made);
	const known = made.get(key);
	const compiled = known ?? { ...compile(overridePolicy(below.policy, patch, mode)), everMounted: below.everMounted };
	// A Map keeps the order of insertion: what was used now goes to the end.
	made.delete(key);
	made.set(key, compiled);
	if (made.size > REMEMBERED) made.delete(made.keys().next().value as string);
	return compiled;
}

/** Equal text for equal patches. What JSON leaves out is kept apart, so that it is refused and not lost. */
function patchText(patch: PolicyPatch): string {
	return JSON.stringify(patch, (_key, value: unknown) => {
		if (value instanceof Set) return { set: [...value] };
		if (typeof value === "symbol" || typeof value === "function" || typeof value === "bigint") return { [typeof value]: String(value) };
		return value === undefined ? { undefined: true } : value;
	});
}
