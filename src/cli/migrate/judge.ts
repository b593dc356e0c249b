import { PolicyError } from "../../core/errors.ts";
import { show } from "../../core/text.ts";
import { compile } from "../../policy/compile.ts";
import { createPolicy } from "../../policy/create.ts";
import { overridePolicy } from "../../policy/override.ts";
import { NotUnderstood } from "./not-understood.ts";
import { type Code, type Fields, isChoice, isCode, isFields, isList, type Value } from "./value.ts";

/** Each one doubles the work. */
const MOST_CONDITIONS = 6;

export type Answers = ReadonlyMap<string, boolean>;

/**
 * Returns headguard's warnings about options, and about a patch with which a route replaces parts of them, for all results of their conditions.
 *
 * @throws {NotUnderstood} if headguard refuses them, or if a part is only known at run time: helmet accepts values that
 * headguard refuses, so the application may not start.
 */
export function judge(options: Fields, patch: Fields = new Map()): readonly string[] {
	const tests = [...new Set([...testsIn(options), ...testsIn(patch)])];
	if (tests.length > MOST_CONDITIONS) throw new NotUnderstood(`it depends on ${tests.length} conditions`);
	const notes = new Set<string>();
	for (let i = 0; i < 2 ** tests.length; i++) {
		const answers = new Map(tests.map((test, bit) => [test, (i & (1 << bit)) === 0]));
		for (const note of warningsOf(options, patch, answers)) notes.add(note);
	}
	return [...notes];
}

function warningsOf(options: Fields, patch: Fields, answers: Answers): readonly string[] {
	try {
		const policy = createPolicy(plain(options, answers, []) as object);
		const result = patch.size === 0 ? policy : overridePolicy(policy, plain(patch, answers, []) as object, "replace");
		compile(result);
		return policy.warnings.map(({ path, message }) => `${path}: ${message}`);
	} catch (error) {
		if (!(error instanceof PolicyError)) throw error;
		throw new NotUnderstood(`headguard refuses the result: ${error.issues.map(({ path, message }) => `${path}: ${message}`).join(" ")}`);
	}
}

/** The conditions in a value, as code. */
export function testsIn(value: Value): readonly string[] {
	if (isChoice(value)) return [value.test, ...testsIn(value.yes), ...testsIn(value.no)];
	if (isCode(value)) return typeof value.means === "object" ? testsIn(value.means.read) : [];
	if (isList(value)) return value.flatMap(testsIn);
	return isFields(value) ? [...value.values()].flatMap(testsIn) : [];
}

/** The value of the code at run time. @throws {NotUnderstood} if it is not known. */
export function plain(value: Value, answers: Answers, path: readonly string[] = []): unknown {
	if (isChoice(value)) return plain(answers.get(value.test) ? value.yes : value.no, answers, path);
	if (isCode(value)) return plainCode(value, answers, path);
	if (isList(value)) return value.flatMap((entry) => (isCode(entry) && entry.spreads ? spread(entry, answers, path) : [plain(entry, answers, path)]));
	if (isFields(value)) return Object.fromEntries([...value].map(([key, field]) => [key, plain(field, answers, [...path, key])]));
	return value;
}

function spread(code: Code, answers: Answers, path: readonly string[]): readonly unknown[] {
	const entries = plain(code, answers, path);
	if (!Array.isArray(entries)) throw unknown(code, path);
	return entries;
}

function plainCode(code: Code, answers: Answers, path: readonly string[]): unknown {
	if (code.means === undefined) throw unknown(code, path);
	return code.means === "function" ? () => undefined : plain(code.means.read, answers, path);
}

function unknown({ code }: Code, path: readonly string[]): NotUnderstood {
	return new NotUnderstood(
		`${path.at(-1)} contains ${show(code)}, which is only known at run time, and headguard refuses values at start-up that helmet accepts. Write its values here, or import helmet from "headguard/helmet", which accepts the same values as helmet`,
	);
}
