import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Args, type Command, UsageError } from "../args.ts";
import { print } from "../output.ts";
import { type Finding, type Migration, migrateFile } from "./file.ts";

export const migrateCommand: Command = {
	summary: "Turns helmet(...) in your code into secureHeaders({ ... }), and says what changes.",
	usage: "[files or folders] [flags]",
	flags: {
		write: { type: "boolean", summary: "change the files; without it, nothing is written" },
	},
	notes: `Folders (the current one when none is named) are searched for .js, .mjs, .cjs, .jsx, .ts, .mts, .cts and .tsx. Code
that is not understood stays as it is and is named; the exit code is then 1. To change nothing but the import, write
"headguard/helmet" where "helmet" stands.`,
	run,
};

function run(args: Args): number {
	const files = (args.positionals.length === 0 ? ["."] : args.positionals).flatMap(sources);
	const isWrite = args.has("write");
	let left = 0;
	let found = 0;
	for (const file of files) {
		const before = readFileSync(file, "utf8");
		const migration = attempt(before, file);
		if (migration === undefined) continue;
		found++;
		left += migration.findings.filter(({ code }) => code === undefined).length;
		for (const finding of migration.findings) print(describe(file, finding));
		if (isWrite && migration.text !== before) writeFileSync(file, migration.text);
	}
	if (found === 0) print("No file uses helmet.\n");
	else if (!isWrite) print("Nothing was written. Add --write to change the files.\n");
	return left === 0 ? 0 : 1;
}

function attempt(text: string, file: string): Migration | undefined {
	try {
		return migrateFile(text, file);
	} catch (error) {
		if (!(error instanceof SyntaxError)) throw error;
		return { findings: [{ line: 1, code: undefined, notes: [`the file cannot be parsed: ${error.message}`] }], text };
	}
}

function describe(file: string, { line, code, notes }: Finding): string {
	const head = code === undefined ? `${file}:${line}: left alone: ${notes.join(" ")}\n` : `${file}:${line}:\n\n${code}\n\n`;
	return code === undefined ? `${head}\n` : `${head}${notes.map((note) => `  - ${note}\n`).join("")}\n`;
}

const EXTENSION = /\.(?:[cm]?[jt]s|[jt]sx)$/;

function sources(path: string): readonly string[] {
	const stats = statSync(path, { throwIfNoEntry: false });
	if (stats === undefined) throw new UsageError(`${path} does not exist.`);
	return stats.isDirectory() ? sourcesIn(path) : [path];
}

function sourcesIn(folder: string): readonly string[] {
	return readdirSync(folder, { withFileTypes: true })
		.toSorted((a, b) => (a.name < b.name ? -1 : 1))
		.flatMap((entry) => {
			const path = join(folder, entry.name);
			if (entry.isDirectory()) return entry.name === "node_modules" || entry.name.startsWith(".") ? [] : sourcesIn(path);
			return entry.isFile() && EXTENSION.test(entry.name) && !/\.d\.[cm]?ts$/.test(entry.name) ? [path] : [];
		});
}
