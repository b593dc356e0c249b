import type { Code } from "./codes.ts";
import type { Reporter } from "./issue.ts";
import { didYouMean, isRecord, isThenable, kindOf, show } from "./text.ts";

/** Names that users bring from elsewhere, each with what to write instead. */
export type Hints = ReadonlyMap<string, string>;

/** A deep copy of lists and records, so that a change of the original has no effect; anything else is given back. */
export function copyOptions<Value>(value: Value): Value {
	// As it will be read: an array may be iterated in another way than it is indexed.
	if (Array.isArray(value)) return Array.from(value, copyOptions) as Value;
	if (value instanceof Set) return new Set(value) as Value;
	if (!isRecord(value)) return value;
	const copy = Object.create(null);
	// defineProperty, because a plain assignment of __proto__ would set the prototype.
	for (const key of Object.keys(value)) Object.defineProperty(copy, key, { enumerable: true, value: copyOptions(value[key]) });
	return copy;
}

/**
 * The own enumerable fields of an options object, copied, without those that are undefined.
 * Own fields only: a polluted `Object.prototype` must not change a policy.
 */
export function readRecord(value: unknown, expected: string, reporter: Reporter): Map<string, unknown> | undefined {
	if (!isRecord(value)) {
		reporter.error(isThenable(value) ? "option/async" : "option/type", wrongType(value, expected));
		return undefined;
	}
	const fields = new Map<string, unknown>();
	for (const key of Object.keys(value)) {
		const field = value[key];
		if (field !== undefined) fields.set(key, field);
	}
	return fields;
}

/** As readRecord, for a closed set of names: anything else is reported with the nearest known name. */
export function readFields(
	value: unknown,
	known: readonly string[],
	expected: string,
	reporter: Reporter,
	hints?: Hints,
): ReadonlyMap<string, unknown> | undefined {
	const fields = readRecord(value, expected, reporter);
	if (fields === undefined) return undefined;
	for (const key of [...fields.keys()]) {
		if (known.includes(key)) continue;
		fields.delete(key);
		const hint = hints?.get(key);
		if (hint === undefined) {
			const guess = didYouMean(key, known);
			reporter.at(key).error("option/unknown", `unknown option; it would be ignored.${guess === "" ? ` Known here: ${known.join(", ")}.` : guess}`);
		} else {
			reporter.at(key).error("option/alias", hint);
		}
	}
	return fields;
}

/** The elements of an array or a Set. Anything that can be iterated only once is refused. */
export function readList(value: unknown, expected: string, reporter: Reporter): readonly unknown[] | undefined {
	if (Array.isArray(value)) return Array.from(value);
	if (value instanceof Set) return [...value];
	if (typeof value === "object" && value !== null && Symbol.iterator in value) {
		reporter.error("option/iterator", `received an iterator, which can be read only once. Write an array: [...values].`);
	} else {
		reporter.error(isThenable(value) ? "option/async" : "option/type", wrongType(value, expected));
	}
	return undefined;
}

/** One of a closed set of words, spelled exactly. */
export function readWord<Word extends string>(value: unknown, words: readonly Word[], code: Code, reporter: Reporter, consequence: string): Word | undefined {
	const word = words.find((candidate) => candidate === value);
	if (word !== undefined) return word;
	if (isThenable(value)) {
		reporter.error("option/async", wrongType(value, oneOf(words)));
		return undefined;
	}
	const guess = typeof value === "string" ? didYouMean(value, words) : "";
	reporter.error(code, `received ${show(value)}, ${consequence}. Write ${oneOf(words)}.${guess}`);
	return undefined;
}

export function readBoolean(value: unknown, reporter: Reporter): boolean | undefined {
	if (typeof value === "boolean") return value;
	reporter.error(isThenable(value) ? "option/async" : "option/type", wrongType(value, "true or false"));
	return undefined;
}

/** A function that gives a promise, whatever it does. */
export function isAsync(value: unknown): boolean {
	return typeof value === "function" && value.constructor.name === "AsyncFunction";
}

/** `received 5 (a number). Write …` */
export function wrongType(value: unknown, expected: string): string {
	if (isThenable(value)) {
		return `received a promise; the policy is compiled once, at start-up. Await it first, then write ${expected}.`;
	}
	const shown = show(value);
	const kind = kindOf(value);
	return `received ${shown === kind ? kind : `${shown} (${kind})`}. Write ${expected}.`;
}

export function oneOf(words: readonly string[]): string {
	const quoted = words.map((word) => JSON.stringify(word));
	const last = quoted.pop() ?? "";
	return quoted.length === 0 ? last : `${quoted.join(", ")} or ${last}`;
}
