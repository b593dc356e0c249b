import type { Directive, DirectiveName } from "./directives.ts";
import { DIRECTIVES } from "./directives.ts";
import { type Source, yieldsToNonces } from "./grammar.ts";
import { NONCE } from "./keywords.ts";

/**
 * One policy: directive name → its value, word by word. A flag has no words. The order of words is
 * the user's; the order of directives is canonical (see `canonical`).
 */
export type CspModel = ReadonlyMap<string, readonly Source[]>;

/** What one header holds. */
export interface CspPolicies {
	/** The policy of its directives, then those that restrict it further. */
	readonly all: readonly [CspModel, ...CspModel[]];
	/** Decides about a policy of the application's that replaces this one; undefined completes what a framework left open. */
	readonly onOther?: "complete" | "keep" | undefined;
}

/** `default-src` first, the rest by name: the same policy gives the same bytes, however it was put together. */
export function canonical(model: CspModel): CspModel {
	const rank = (name: string): string => (name === "default-src" ? "" : name);
	return new Map([...model].sort(([a], [b]) => (rank(a) < rank(b) ? -1 : 1)));
}

function directive(name: string): Directive {
	const found = DIRECTIVES.get(name);
	if (found === undefined) throw new RangeError(`unknown directive ${name}`);
	return found;
}

/** The directive that governs a fetch directive: itself, or the nearest fallback that is present (CSP3 §6.8.4). */
export function governor(model: CspModel, name: DirectiveName): DirectiveName | undefined {
	return [name, ...directive(name).fallback].find((candidate) => model.has(candidate)) as DirectiveName | undefined;
}

/** The list that governs a fetch directive. */
export function effective(model: CspModel, name: DirectiveName): readonly Source[] | undefined {
	return model.get(governor(model, name) ?? "");
}

export function hasNonceSlot(model: CspModel): boolean {
	for (const words of model.values()) if (words.includes(NONCE)) return true;
	return false;
}

/**
 * The policy of a response whose nonce was never read: the slots are gone. What only the nonce had switched off
 * goes with them; an empty list is 'none'. Never wider than before.
 */
export function withoutNonce(model: CspModel): CspModel {
	return new Map(
		[...model].map(([name, words]) => {
			if (!words.includes(NONCE)) return [name, words];
			const rest = words.filter((word) => word !== NONCE && !yieldsToNonces(word));
			return [name, rest.length === 0 ? ["'none'"] : rest];
		}),
	);
}
