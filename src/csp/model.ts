import { DIRECTIVES, type DirectiveName } from "./directives.ts";
import { type Source, yieldsToNonces } from "./grammar.ts";
import { NONCE } from "./keywords.ts";

/** One policy: the words of each directive, by name. A flag has no words. Words are in the order of the user, directives in canonical order. */
export type CspModel = ReadonlyMap<string, readonly Source[]>;

/** The policies of one header. */
export interface CspPolicies {
	/** The policy of `directives`, then those that restrict it further. */
	readonly all: readonly [CspModel, ...CspModel[]];
	/** What happens to a policy that the application sets. Undefined completes the policy of a framework. */
	readonly onOther?: "complete" | "keep" | undefined;
}

/** `default-src` first, the rest by name, so that equal policies have the same text. */
export function canonical(model: CspModel): CspModel {
	const rank = (name: string): string => (name === "default-src" ? "" : name);
	return new Map([...model].sort(([a], [b]) => (rank(a) < rank(b) ? -1 : 1)));
}

/** The directive that governs a fetch directive: itself, or the nearest fallback in the policy (CSP3 §6.8.4). A directive that this version does not know has none. */
export function governor(model: CspModel, name: DirectiveName): DirectiveName | undefined {
	return [name, ...(DIRECTIVES.get(name)?.fallback ?? [])].find((candidate) => model.has(candidate)) as DirectiveName | undefined;
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
 * The policy of a response whose nonce was never read. It has no slots, and no keywords that the nonce would switch off. An empty list becomes
 * 'none'. The result never allows more.
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
