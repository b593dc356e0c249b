import type { Source } from "../csp/grammar.ts";
import { NONCE } from "../csp/keywords.ts";
import type { CspModel } from "../csp/model.ts";
import { parse } from "../csp/serialize.ts";

/** Replaces the nonce while a policy is read. */
const SLOT = "headguard-slot";

/** The policies of a header, from its text. This reverses `serializeSegments`. */
export function modelsOf({ text, nonced = [text] }: { readonly text: string; readonly nonced?: readonly string[] | undefined }): readonly CspModel[] {
	return nonced
		.join(SLOT)
		.split(",")
		.map((policy) => new Map([...parse(policy)].map(([name, words]) => [name, words.map(slotOf)])));
}

function slotOf(word: Source): Source {
	return word === `'nonce-${SLOT}'` ? NONCE : word;
}
