import type { Code } from "./codes.ts";
import { PolicyError } from "./errors.ts";
import { createIssueList, type Issues, type PolicyIssue } from "./issue.ts";
import { didYouMean, isRecord, isThenable, show } from "./text.ts";

/** Gives what a value says, or reports what is wrong with it and gives undefined. */
export type Reader<Result> = (value: unknown, issues: Issues) => Result | undefined;

/** The fields that an options object has, without those that are undefined. */
export interface Fields extends ReadonlyMap<string, unknown> {
	/** What a reader makes of a field; the default where the field is not there, and where it was refused. */
	read<Result, Default>(name: string, reader: Reader<Result>, byDefault: Default): Result | Default;
}

/** Names that users bring from elsewhere, each with what to write instead. */
export type Hints = ReadonlyMap<string, string>;

/**
 * What `read` gives, with its warnings.
 * @throws {PolicyError} with every problem that it reported.
 */
export function readOrThrow<Result>(path: string, read: (issues: Issues) => Result): { readonly result: Result; readonly warnings: readonly PolicyIssue[] } {
	const { errors, warnings, issues } = createIssueList();
	const at = path === "" ? issues : issues.at(path);
	const result = guarded(at, () => read(at));
	if (errors.length > 0) throw new PolicyError(errors);
	return { result: result as Result, warnings: Object.freeze(warnings.map((warning) => Object.freeze(warning))) };
}

/** What `read` gives; undefined when it reported an error, so that no reader hands on half of a value. */
export function unlessRefused<Result>(issues: Issues, read: () => Result): Result | undefined {
	const before = issues.errorCount();
	const result = read();
	return issues.errorCount() === before ? result : undefined;
}

/** Getters and proxies among the options may throw; that is one more issue, not a crash. */
export function guarded<Result>(issues: Issues, read: () => Result): Result | undefined {
	try {
		return read();
	} catch (error) {
		issues.error("option/unreadable", `reading it threw ${show(error instanceof Error ? error.message : error)}. Write a plain object.`);
		return undefined;
	}
}

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
export function readRecord(value: unknown, expected: string, issues: Issues): Map<string, unknown> | undefined {
	if (!isRecord(value)) return issues.type(value, expected);
	const fields = new Map<string, unknown>();
	for (const key of Object.keys(value)) {
		const field = value[key];
		if (field !== undefined) fields.set(key, field);
	}
	return fields;
}

/** As readRecord, for a closed set of names: anything else is reported with the nearest known name. */
export function readFields(value: unknown, known: readonly string[], expected: string, issues: Issues, hints?: Hints): Fields | undefined {
	const fields = readRecord(value, expected, issues);
	if (fields === undefined) return undefined;
	for (const key of [...fields.keys()]) {
		if (known.includes(key)) continue;
		fields.delete(key);
		const hint = hints?.get(key);
		if (hint === undefined) {
			const guess = didYouMean(key, known);
			issues.at(key).error("option/unknown", `unknown option; it would be ignored.${guess === "" ? ` Known here: ${known.join(", ")}.` : guess}`);
		} else {
			issues.at(key).error("option/alias", hint);
		}
	}
	return Object.assign(fields, {
		read<Result, Default>(name: string, reader: Reader<Result>, byDefault: Default): Result | Default {
			return fields.has(name) ? (reader(fields.get(name), issues.at(name)) ?? byDefault) : byDefault;
		},
	});
}

/** What a reader makes of each element of an array or a Set, less what it refuses. */
export function readEach<Result>(value: unknown, expected: string, issues: Issues, reader: Reader<Result>): readonly Result[] {
	const list = readList(value, expected, issues) ?? [];
	return list.map((element, i) => reader(element, issues.at(i))).filter((read) => read !== undefined) as readonly Result[];
}

/** The elements of an array or a Set. Anything that can be iterated only once is refused. */
export function readList(value: unknown, expected: string, issues: Issues): readonly unknown[] | undefined {
	if (Array.isArray(value)) return Array.from(value);
	if (value instanceof Set) return [...value];
	if (typeof value === "object" && value !== null && Symbol.iterator in value) {
		issues.error("option/iterator", `received an iterator, which can be read only once. Write an array: [...values].`);
		return undefined;
	}
	return issues.type(value, expected);
}

/** One of a closed set of words, spelled exactly. */
export function readWord<Word extends string>(value: unknown, words: readonly Word[], code: Code, issues: Issues, consequence: string): Word | undefined {
	const word = words.find((candidate) => candidate === value);
	if (word !== undefined) return word;
	if (isThenable(value)) return issues.type(value, oneOf(words));
	const guess = typeof value === "string" ? didYouMean(value, words) : "";
	issues.error(code, `received ${show(value)}, ${consequence}. Write ${oneOf(words)}.${guess}`);
	return undefined;
}

export function readBoolean(value: unknown, issues: Issues): boolean | undefined {
	return typeof value === "boolean" ? value : issues.type(value, "true or false");
}

/** The name of any header field. @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2} */
export function readFieldName(value: unknown, example: string, issues: Issues): string | undefined {
	if (typeof value === "string" && /^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/.test(value)) return value;
	if (isThenable(value)) return issues.type(value, `a name such as ${show(example)}`);
	issues.error("header/name", `received ${show(value)}, which is no header name. Write a name such as ${show(example)}.`);
	return undefined;
}

/** A reader of numbers that fit; `fix` ends the message about others. */
export function numberReader(fits: (value: number) => boolean, code: Code, fix: string): Reader<number> {
	return (value, issues) => {
		if (typeof value === "number" && fits(value)) return value;
		if (isThenable(value)) return issues.type(value, "a number");
		issues.error(code, `received ${show(value)}${fix}`);
		return undefined;
	};
}

/** A function that gives a promise, whatever it does. */
export function isAsync(value: unknown): boolean {
	return typeof value === "function" && value.constructor.name === "AsyncFunction";
}

export function oneOf(words: readonly string[]): string {
	const quoted = words.map((word) => JSON.stringify(word));
	const last = quoted.pop() ?? "";
	return quoted.length === 0 ? last : `${quoted.join(", ")} or ${last}`;
}
