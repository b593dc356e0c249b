import { show } from "../../core/text.ts";
import { type Args, type Command, UsageError } from "../args.ts";
import { replaceFile } from "../files.ts";
import { print } from "../output.ts";
import type { Project } from "./elsewhere.ts";
import { type Finding, type Migration, migrateFile } from "./file.ts";
import { createProject } from "./neighbours.ts";
import { createVersions, type Versions } from "./project.ts";
import { findSources, readSource } from "./sources.ts";
import { type HelmetVersion, isKnownVersion, readVersion } from "./versions.ts";
import type { WireChanges } from "./wire.ts";

export const migrateCommand: Command = {
	summary: "Turns helmet(...) in your code into secureHeaders({ ... }), and says what changes.",
	usage: "[files or folders] [flags]",
	flags: {
		write: { type: "boolean", summary: "change the files; without it, the command writes nothing" },
		check: { type: "boolean", summary: "also show each header that changes, before and after" },
		helmet: { type: "string", value: "version", summary: "the version of helmet that the code is written for, as in --helmet 5" },
	},
	notes: `The command searches folders (default: the current one) for .js, .mjs, .cjs, .jsx, .ts, .mts, .cts and .tsx files. It skips
node_modules, dist, coverage and names that begin with a dot, unless you name them. It does not change code that it does not understand
or whose result headguard may refuse. It lists such code, and files that it cannot read or write, and exits with code 1. To change only
the import, replace "helmet" with "headguard/helmet".`,
	run,
};

/** The result for a file. */
interface Outcome {
	readonly lines: readonly string[];
	/** The number of places that were not changed. */
	readonly left: number;
}

interface Settings {
	readonly isWrite: boolean;
	readonly isCheck: boolean;
	readonly versionFor: Versions;
	readonly project: Project;
}

function run(args: Args): number {
	const isWrite = args.has("write");
	const isCheck = args.has("check");
	const versionFor = createVersions(flagVersion(args));
	const project = createProject();
	const { files, problems } = findSources(args.positionals.length === 0 ? ["."] : args.positionals);
	let left = problems.length;
	let found = problems.length;
	for (const problem of problems) print(`${problem}\n\n`);
	for (const file of files) {
		const outcome = attempt(file, { isWrite, isCheck, versionFor, project });
		if (outcome === undefined) continue;
		found++;
		left += outcome.left;
		for (const line of outcome.lines) print(line);
	}
	for (const line of versionFor.lines()) print(`${line}\n`);
	if (found === 0) print("No file uses helmet.\n");
	else if (!isWrite) print("Nothing was written. Add --write to change the files.\n");
	return left === 0 ? 0 : 1;
}

function flagVersion(args: Args): HelmetVersion | undefined {
	const text = args.text("helmet");
	if (text === undefined) return undefined;
	const version = readVersion(text);
	if (version === undefined || !isKnownVersion(version))
		throw new UsageError(`--helmet received ${show(text)}. Write a version from 3 to 8, as in --helmet 5.`);
	return version;
}

/** Handles one file, so that an error does not stop the others. Undefined if the file does not use helmet. */
function attempt(file: string, { isWrite, isCheck, versionFor, project }: Settings): Outcome | undefined {
	try {
		const source = readSource(file);
		if (source === undefined) return undefined;
		if (source.text === undefined) return leftAlone(file, source.why);
		const migration = migrated(source.text, file, versionFor, project);
		if (migration === undefined) return undefined;
		const lines = migration.findings.map((finding) => describe(file, finding, isCheck));
		const left = migration.findings.filter(({ code }) => code === undefined).length;
		if (!isWrite || migration.text === source.text) return { lines, left };
		const problem = replaceFile(file, source.bytes, migration.text);
		return problem === undefined ? { lines, left } : leftAlone(file, problem);
	} catch (error) {
		return leftAlone(file, `internal error: ${error instanceof Error ? error.message : String(error)}`);
	}
}

function migrated(text: string, file: string, versionFor: Versions, project: Project): Migration | undefined {
	try {
		return migrateFile(text, file, versionFor, project);
	} catch (error) {
		// Nested too deeply for the parser or for the code that reads the tree.
		const why =
			error instanceof RangeError ? "its code is nested too deeply" : error instanceof SyntaxError ? `the file cannot be parsed: ${error.message}` : undefined;
		if (why === undefined) throw error;
		return { findings: [{ line: 1, code: undefined, notes: [why] }], text };
	}
}

function leftAlone(file: string, why: string): Outcome {
	return { lines: [describe(file, { line: 1, code: undefined, notes: [why] })], left: 1 };
}

function describe(file: string, { line, code, notes, changes }: Finding, isCheck = false): string {
	const head = code === undefined ? `${file}:${line}: not changed: ${notes.join(" ")}\n` : `${file}:${line}:\n\n${code}\n\n`;
	if (code === undefined) return `${head}\n`;
	return `${head}${notes.map((note) => `  - ${note}\n`).join("")}\n${isCheck && changes !== undefined ? onWire(changes) : ""}`;
}

function onWire(changes: NonNullable<Finding["changes"]>): string {
	try {
		return changes().map(describeChanges).join("");
	} catch (error) {
		// A function may be where a host name, which replaces it here, is not allowed.
		return `The headers cannot be shown: ${error instanceof Error ? error.message : String(error)}\n\n`;
	}
}

function describeChanges({ when, headers }: WireChanges): string {
	const lines = headers.map(({ name, before = "not sent", after = "not sent" }) => `  ${name}\n    before: ${before}\n    after:  ${after}\n`);
	return `On the wire, over https${when === "" ? "" : `, if ${when}`}:\n\n${lines.length === 0 ? "  nothing changes\n" : lines.join("")}\n`;
}
