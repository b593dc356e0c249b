/** Reads calls of helmet, of any version that the library knows. */
import { evaluate, type Scope } from "../../src/cli/migrate/evaluate.ts";
import { givenTo } from "../../src/cli/migrate/given.ts";
import { isDropped } from "../../src/cli/migrate/modern.ts";
import { callOf } from "../../src/cli/migrate/mounts.ts";
import { listAt, type Node, walk } from "../../src/cli/migrate/syntax.ts";
import { type Translation, translate } from "../../src/cli/migrate/translate.ts";
import { isFields } from "../../src/cli/migrate/value.ts";
import { type HelmetVersion, NEWEST_VERSION, readsOption, VERSIONS } from "../../src/cli/migrate/versions.ts";
import type { WireChanges } from "../../src/cli/migrate/wire.ts";

export interface HelmetInput {
	/** The major version that the call is read as. */
	readonly version: number;
	/** The headers that change. Empty if they cannot be computed. */
	readonly changes: readonly WireChanges[];
}

type Call = ReturnType<typeof callOf>[number];

const NAMES: ReadonlyMap<string, string> = new Map([["helmet", "default"]]);

/** The calls of helmet and of its single middlewares, the whole first. */
export function helmetCalls(program: Node): readonly Call[] {
	const calls = [...walk(program)].flatMap((place) => callOf(place, NAMES));
	const whole = calls.find(({ name }) => name === "default");
	return [...(whole === undefined ? [] : [whole]), ...calls.filter(({ name }) => name !== "default")];
}

/**
 * @param major The version to read it as. Otherwise it is the newest one that reads all options.
 * @throws {NotUnderstood} if a part cannot be read from the text.
 */
export function readHelmet(calls: readonly Call[], scope: Scope, major: number | undefined): HelmetInput & Pick<Translation, "options" | "notes"> {
	const chosen = VERSIONS.find((version) => version[0] === major);
	const { version, notes: first } = chosen === undefined ? guessed(calls, scope) : { version: chosen, notes: [] };
	const { options, notes, changes } = translate(givenTo(calls, { scope, version }));
	return { options, notes: [...first, ...notes], version: version[0], changes: known(changes) };
}

function guessed(calls: readonly Call[], scope: Scope): { readonly version: HelmetVersion; readonly notes: readonly string[] } {
	const names = calls.flatMap((call) => namesIn(call, scope)).filter((name) => VERSIONS.some((version) => readsOption(version, name)));
	const version = VERSIONS.find((one) => names.every((name) => readsOption(one, name)));
	if (version === undefined || version[0] === NEWEST_VERSION[0]) return { version: NEWEST_VERSION, notes: [] };
	const removed = names.filter((name) => !readsOption(NEWEST_VERSION, name));
	return { version, notes: [`The call is read as one of helmet ${version[0]}, the newest version that has ${removed.join(" and ")}.`] };
}

/** Single middlewares have their newest names here, so only those that newer versions removed say something. */
function namesIn({ node, name }: Call, scope: Scope): readonly string[] {
	if (name !== "default") return isDropped(name) ? [name] : [];
	const [given] = listAt(node, "arguments");
	const whole = given === undefined ? undefined : evaluate(given, scope);
	return isFields(whole) ? [...whole.keys()] : [];
}

function known(changes: Translation["changes"]): readonly WireChanges[] {
	try {
		return changes();
	} catch {
		// A function may be where a host name, which replaces it there, is not allowed.
		return [];
	}
}
