import type { Code } from "./codes.ts";
import { PolicyError } from "./errors.ts";
import { createIssueList, type Issues, type PolicyIssue } from "./issue.ts";
import { isRecord, nearest, show } from "./text.ts";

/** Returns what a value means, or reports what is wrong with it and returns undefined. */
export type Reader<Result> = (value: unknown, issues: Issues) => Result | undefined;

/** The fields of an options object, without those that are undefined. */
export interface Fields extends ReadonlyMap<string, unknown> {
	/** What a reader makes of a field. The default if the field is absent or was refused. */
	read<Result, Default>(name: string, reader: Reader<Result>, byDefault: Default): Result | Default;
}

/** Names from other libraries, each with what is wrong with it and what to write instead. */
export type Hints = ReadonlyMap<string, Hint>;

/** `expected` can depend on the value. */
export type Hint = readonly [text: string, expected?: string | ((value: unknown) => string)];

/**
 * The result of `read`, with its warnings.
 * @throws {PolicyError} with every problem that it reported.
 */
export function readOrThrow<Result>(path: string, read: (issues: Issues) => Result): { readonly result: Result; readonly warnings: readonly PolicyIssue[] } {
	const { errors, warnings, issues } = createIssueList();
	const at = path === "" ? issues : issues.at(path);
	const result = guarded(at, () => read(at));
	if (errors.length > 0) throw new PolicyError(errors);
	return { result: result as Result, warnings: Object.freeze(warnings.map((warning) => Object.freeze(warning))) };
}

/** The result of `read`, or undefined if it reported an error, so that no reader returns half of a value. */
export function unlessRefused<Result>(issues: Issues, read: () => Result): Result | undefined {
	const before = issues.errorCount();
	const result = read();
	return issues.errorCount() === before ? result : undefined;
}

/** Getters and proxies in the options can throw. That is one more issue, not a crash. */
export function guarded<Result>(issues: Issues, read: () => Result): Result | undefined {
	try {
		return read();
	} catch (error) {
		return issues.error("option/unreadable", `reading it threw ${show(error instanceof Error ? error.message : error)}`, "a plain object");
	}
}

/** A deep copy of lists and records, so that a later change of the original has no effect. Returns other values as they are. */
export function copyOptions<Value>(value: Value): Value {
	// Readers iterate arrays, which can give other elements than their indexes.
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
export function readRecord(value: unknown, expected: string, issues: Issues): Map<string, unknown> | undefined {
	if (!isRecord(value)) return issues.type(value, expected);
	const fields = new Map<string, unknown>();
	for (const key of Object.keys(value)) {
		const field = value[key];
		if (field !== undefined) fields.set(key, field);
	}
	return fields;
}

/** Like readRecord, for a closed set of names. Reports any other name with the nearest known one. */
export function readFields(option: unknown, known: readonly string[], expected: string, issues: Issues, hints?: Hints): Fields | undefined {
	const fields = readRecord(option, expected, issues);
	if (fields === undefined) return undefined;
	for (const [key, value] of [...fields]) {
		if (known.includes(key)) continue;
		fields.delete(key);
		const hint = hints?.get(key);
		if (hint === undefined) issues.at(key).error("option/unknown", "this option does not exist", `one of ${known.join(", ")}`, nearest(key, known));
		else refuseAlias(hint, value, issues.at(key));
	}
	return Object.assign(fields, {
		read<Result, Default>(name: string, reader: Reader<Result>, byDefault: Default): Result | Default {
			return fields.has(name) ? (reader(fields.get(name), issues.at(name)) ?? byDefault) : byDefault;
		},
	});
}

export function refuseAlias([text, expected]: Hint, value: unknown, issues: Issues): undefined {
	return issues.error("option/alias", text, typeof expected === "function" ? expected(value) : expected);
}

/** What a reader makes of each element of an array or a Set, without what it refuses. */
export function readEach<Result>(value: unknown, expected: string, issues: Issues, reader: Reader<Result>): readonly Result[] {
	const list = readList(value, expected, issues) ?? [];
	return list.map((element, i) => reader(element, issues.at(i))).filter((read) => read !== undefined) as readonly Result[];
}

/** The elements of an array or a Set. Refuses what can be iterated only once. */
export function readList(value: unknown, expected: string, issues: Issues): readonly unknown[] | undefined {
	if (Array.isArray(value)) return Array.from(value);
	if (value instanceof Set) return [...value];
	if (typeof value === "object" && value !== null && Symbol.iterator in value)
		return issues.error("option/iterator", "received an iterator, which can be read only once", "an array: [...values]");
	return issues.type(value, expected);
}

/** One of a closed set of words, spelled exactly. */
export function readWord<Word extends string>(value: unknown, words: readonly Word[], code: Code, issues: Issues, consequence: string): Word | undefined {
	const word = words.find((candidate) => candidate === value);
	return word ?? issues.invalid(code, value, consequence, oneOf(words), typeof value === "string" ? nearest(value, words) : undefined);
}

export function readBoolean(value: unknown, issues: Issues): boolean | undefined {
	return typeof value === "boolean" ? value : issues.type(value, "true or false");
}

/** The name of a header field. @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2} */
export function readFieldName(value: unknown, example: string, issues: Issues): string | undefined {
	if (typeof value === "string" && /^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/.test(value)) return value;
	return issues.invalid("header/name", value, "which is not a valid header name", `a name such as ${show(example)}`);
}

/** A reader of numbers that fit. */
export function numberReader(fits: (value: number) => boolean, code: Code, consequence: string, expected: string): Reader<number> {
	return (value, issues) => (typeof value === "number" && fits(value) ? value : issues.invalid(code, value, consequence, expected));
}

/** Whether a function always returns a promise. */
export function isAsync(value: unknown): boolean {
	return typeof value === "function" && value.constructor.name === "AsyncFunction";
}

export function oneOf(words: readonly string[]): string {
	const quoted = words.map((word) => JSON.stringify(word));
	const last = quoted.pop() ?? "";
	return quoted.length === 0 ? last : `${quoted.join(", ")} or ${last}`;
}
