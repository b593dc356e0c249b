import { parseArgs } from "node:util";
import { didYouMean } from "../core/text.ts";

/** One flag of a command, as its help shows it. */
interface Flag {
	readonly type: "boolean" | "string";
	/** The name of the value in the help. */
	readonly value?: string;
	readonly summary: string;
	/** The legal values, where they are few. */
	readonly oneOf?: readonly string[];
}

export type Flags = Readonly<Record<string, Flag>>;

export interface Args {
	readonly positionals: readonly string[];
	/** The last one counts. */
	text(name: string): string | undefined;
	/** All of a flag that may be repeated. */
	all(name: string): readonly string[];
	has(name: string): boolean;
}

export interface Command {
	/** What it does, in one line. */
	readonly summary: string;
	/** How it is called, after the name of the command. */
	readonly usage: string;
	readonly flags: Flags;
	/** More about it, after the flags in its help. */
	readonly notes: string;
	/** The exit code: 0 when all is well, 1 when what was looked at is not. What cannot be done at all is thrown. */
	run(args: Args): number | Promise<number>;
}

/** The command was held wrong, or something that it needs is missing: exit code 2, and no stack trace. */
export class UsageError extends Error {}

/** @throws {UsageError} for a flag that the command does not have, or one without its value. */
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
		({ summary, oneOf }, i) => `  ${(heads[i] ?? "").padEnd(width)}${summary}${oneOf === undefined ? "" : ` (${oneOf.join(", ")})`}`,
	);
	return `${summary}\n\nUsage: headguard ${name} ${usage}\n\n${lines.join("\n")}\n\n${notes}\n`;
}
