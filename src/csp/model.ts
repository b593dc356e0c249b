import type { Directive, DirectiveName } from "./directives.ts";
import { DIRECTIVES } from "./directives.ts";
import { type Source, yieldsToNonces } from "./grammar.ts";
import { NONCE } from "./keywords.ts";

/**
 * One policy: directive name → its value, word by word. A flag has no words. The order of words is
 * the user's; the order of directives is canonical (see `canonical`).
 */
export type CspModel = ReadonlyMap<string, readonly Source[]>;

/** What one header holds: the policy of its directives, then those that restrict it further. */
export type CspPolicies = readonly [CspModel, ...CspModel[]];

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

/** The directives for which no other stands in, default-src aside. */
export function governedByNone(model: CspModel): readonly (readonly [name: string, words: readonly Source[]])[] {
	return [...model].filter(([name]) => name !== "default-src" && DIRECTIVES.get(name)?.fallback.length === 0);
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

/** What finalhandler, send and serve-static write over the policy of the application. */
export const FRAMEWORK_POLICY = "default-src 'none'";
