import type { Args, Command } from "../args.ts";
import { print } from "../output.ts";
import { type Finding, type Migration, migrateFile } from "./file.ts";
import { findSources, readSource, replaceSource } from "./sources.ts";

export const migrateCommand: Command = {
	summary: "Turns helmet(...) in your code into secureHeaders({ ... }), and says what changes.",
	usage: "[files or folders] [flags]",
	flags: {
		write: { type: "boolean", summary: "change the files; without it, nothing is written" },
	},
	notes: `Folders (the current one when none is named) are searched for .js, .mjs, .cjs, .jsx, .ts, .mts, .cts and .tsx, but not node_modules,
dist, coverage and what begins with a dot, unless they are named. Code that is not understood, or of which nobody can tell whether
headguard would take it, stays as it is and is named, as are files that cannot be read or written; the exit code is then 1. To
change nothing but the import, write "headguard/helmet" where "helmet" stands.`,
	run,
};

/** What became of a file. */
interface Outcome {
	readonly lines: readonly string[];
	/** Places that were left alone. */
	readonly left: number;
}

function run(args: Args): number {
	const isWrite = args.has("write");
	const { files, problems } = findSources(args.positionals.length === 0 ? ["."] : args.positionals);
	let left = problems.length;
	let found = problems.length;
	for (const problem of problems) print(`${problem}\n\n`);
	for (const file of files) {
		const outcome = attempt(file, isWrite);
		if (outcome === undefined) continue;
		found++;
		left += outcome.left;
		for (const line of outcome.lines) print(line);
	}
	if (found === 0) print("No file uses helmet.\n");
	else if (!isWrite) print("Nothing was written. Add --write to change the files.\n");
	return left === 0 ? 0 : 1;
}

/** Whatever is the matter with one file, the others have their turn; undefined when it does not use helmet. */
function attempt(file: string, isWrite: boolean): Outcome | undefined {
	try {
		const source = readSource(file);
		if (source === undefined) return undefined;
		if (source.text === undefined) return leftAlone(file, source.why);
		const migration = migrated(source.text, file);
		if (migration === undefined) return undefined;
		const lines = migration.findings.map((finding) => describe(file, finding));
		const left = migration.findings.filter(({ code }) => code === undefined).length;
		if (!isWrite || migration.text === source.text) return { lines, left };
		const problem = replaceSource(file, source.bytes, migration.text);
		return problem === undefined ? { lines, left } : leftAlone(file, problem);
	} catch (error) {
		return leftAlone(file, `this should not have happened: ${error instanceof Error ? error.message : String(error)}`);
	}
}

function migrated(text: string, file: string): Migration | undefined {
	try {
		return migrateFile(text, file);
	} catch (error) {
		// Nested too deeply for the parser, or for what comes after it.
		const why =
			error instanceof RangeError ? "its code is nested too deeply" : error instanceof SyntaxError ? `the file cannot be parsed: ${error.message}` : undefined;
		if (why === undefined) throw error;
		return { findings: [{ line: 1, code: undefined, notes: [why] }], text };
	}
}

function leftAlone(file: string, why: string): Outcome {
	return { lines: [describe(file, { line: 1, code: undefined, notes: [why] })], left: 1 };
}

function describe(file: string, { line, code, notes }: Finding): string {
	const head = code === undefined ? `${file}:${line}: left alone: ${notes.join(" ")}\n` : `${file}:${line}:\n\n${code}\n\n`;
	return code === undefined ? `${head}\n` : `${head}${notes.map((note) => `  - ${note}\n`).join("")}\n`;
}
