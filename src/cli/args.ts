import { parseArgs } from "node:util";
import { didYouMean } from "../core/text.ts";

/** A flag of a command, as its help shows it. */
export interface Flag {
	readonly type: "boolean" | "string";
	/** The name of the value in the help. */
	readonly value?: string;
	readonly summary: string;
	/** The allowed values, if there are few. */
	readonly oneOf?: readonly string[];
	/** Shown in --help. */
	readonly byDefault?: string;
}

export type Flags = Readonly<Record<string, Flag>>;

export interface Args {
	readonly positionals: readonly string[];
	/** The value of a flag. The last one counts. */
	text(name: string): string | undefined;
	/** Every value of a flag that can be repeated. */
	all(name: string): readonly string[];
	has(name: string): boolean;
	/** Every flag with its value, in order. */
	readonly given: readonly (readonly [name: string, value: string | true])[];
}

export interface Command {
	/** What it does, in one line. */
	readonly summary: string;
	/** The arguments, as the help shows them after the name of the command. */
	readonly usage: string;
	readonly flags: Flags;
	/** More text, after the flags in the help. */
	readonly notes: string;
	/** Returns the exit code: 0 if all is well, and 1 if the command found a problem. Throws if it cannot do its work. */
	run(args: Args): number | Promise<number>;
}

/** The command was called incorrectly, or something that it needs is missing. Exits with code 2 and without a stack trace. */
export class UsageError extends Error {}

/** @throws {UsageError} for an unknown flag, or for one without its value. */
export function readArgs(argv: readonly string[], flags: Flags): Args {
	const options = Object.fromEntries(Object.entries(flags).map(([name, { type }]) => [name, { type }]));
	const { tokens, positionals } = parseArgs({ args: [...argv], options, strict: false, tokens: true, allowPositionals: true });
	const values = new Map<string, (string | true)[]>();
	for (const token of tokens) if (token.kind === "option") values.set(token.name, [...(values.get(token.name) ?? []), readFlag(token, flags)]);
	const texts = (name: string): readonly string[] => (values.get(name) ?? []).filter((value) => value !== true);
	return {
		positionals,
		text: (name) => texts(name).at(-1),
		all: texts,
		has: (name) => values.has(name),
		given: [...values].flatMap(([name, all]) => all.map((value) => [name, value] as const)),
	};
}

interface Given {
	readonly name: string;
	readonly rawName: string;
	readonly value?: string | undefined;
	readonly inlineValue?: boolean | undefined;
}

function readFlag({ name, rawName, value, inlineValue }: Given, flags: Flags): string | true {
	const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
	if (flag === undefined)
		throw new UsageError(
			`unknown flag ${rawName}.${didYouMean(
				`--${name}`,
				Object.keys(flags).map((known) => `--${known}`),
			)}`,
		);
	if (flag.type === "boolean") {
		if (value !== undefined) throw new UsageError(`--${name} takes no value.`);
		return true;
	}
	if (value === undefined || (inlineValue !== true && value.startsWith("--"))) throw new UsageError(`--${name} needs a value: --${name} ${flag.value}.`);
	if (flag.oneOf !== undefined && !flag.oneOf.includes(value))
		throw new UsageError(`--${name}: received ${JSON.stringify(value)}. Write ${flag.oneOf.join(", ")}.${didYouMean(value, flag.oneOf)}`);
	return value;
}

export function helpOf(name: string, { summary, usage, flags, notes }: Command): string {
	const heads = Object.entries(flags).map(([flag, { value }]) => `--${flag}${value === undefined ? "" : ` ${value}`}`);
	const width = Math.max(...heads.map((head) => head.length)) + 2;
	const lines = Object.values(flags).map(
		({ summary, oneOf, byDefault }, i) =>
			`  ${(heads[i] ?? "").padEnd(width)}${summary}${oneOf === undefined ? "" : `: ${oneOf.join(", ")}`}${byDefault === undefined ? "" : ` (default: ${byDefault})`}`,
	);
	return `${summary}\n\nUsage: headguard ${name} ${usage}\n\n${lines.join("\n")}\n\n${notes}\n`;
}
