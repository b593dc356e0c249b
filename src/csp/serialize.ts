import { show } from "../core/text.ts";
import type { Source } from "./grammar.ts";
import { NONCE } from "./keywords.ts";
import type { CspModel } from "./model.ts";

/** Marks the nonce while a policy is serialized. A policy cannot contain it, because it is visible ASCII. */
const MARK = "\u0000";

/** The policy as header text, in the order of the model. For a policy with nonce slots, use serializeSegments. */
export function serialize(model: CspModel): string {
	const text = write(model);
	if (text.includes(MARK)) throw new RangeError("a policy with a nonce slot has no single text");
	return text;
}

/** The text of policies around their nonce slots. Joined with a nonce, it is the header. One segment if there are no slots. */
export function serializeSegments(policies: readonly CspModel[], between: string): readonly string[] {
	return policies.map(write).join(between).split(MARK);
}

/**
 * Reads one serialized policy as browsers do (CSP3 §2.2.1). Names become lower case, words stay as written. The first of two equal directives counts.
 * A directive with a byte outside ASCII is skipped. For any model, this reverses serialize.
 */
export function parse(text: string): CspModel {
	const model = new Map<string, readonly Source[]>();
	for (const part of text.split(";")) {
		const [name, ...words] = part.split(/[\t\n\f\r ]+/).filter((word) => word !== "");
		if (name === undefined || !/^[\x20-\x7e\t\n\f\r]*$/.test(part)) continue;
		const key = name.toLowerCase();
		if (!model.has(key)) model.set(key, words);
	}
	return model;
}

function write(model: CspModel): string {
	return [...model].map(([name, words]) => [name, ...words.map(word)].join(" ")).join("; ");
}

function word(source: Source): string {
	if (source === NONCE) return `'nonce-${MARK}'`;
	// The last check before the header is sent, in case validation missed something.
	if (typeof source !== "string" || !/^[\x21-\x2b\x2d-\x3a\x3c-\x7e]+$/.test(source)) {
		throw new RangeError(`not one word of a policy: ${show(source)}`);
	}
	return source;
}
