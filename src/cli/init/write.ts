import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { UsageError } from "../args.ts";
import { replaceFile } from "../files.ts";

/** A file to write. */
export interface Change {
	readonly path: string;
	readonly name: string;
	/** Undefined for a new file. */
	readonly before: { readonly text: string; readonly bytes: Buffer } | undefined;
	readonly after: string;
}

/** Writes all files, or none. @throws {UsageError} with the first problem. */
export function writeAll(changes: readonly Change[]): void {
	for (const change of changes) {
		const problem = problemOf(change);
		if (problem !== undefined) throw new UsageError(`${change.name} cannot be written: ${problem}. Nothing was written.`);
	}
	const done: Change[] = [];
	for (const change of changes) {
		const problem = write(change);
		if (problem === undefined) {
			done.push(change);
			continue;
		}
		const left = done.toReversed().filter((one) => !undo(one));
		const state = left.length === 0 ? "Nothing was written." : `${left.map(({ name }) => name).join(", ")} could not be restored.`;
		throw new UsageError(`${change.name} cannot be written: ${problem}. ${state}`);
	}
}

function problemOf({ path, before }: Change): string | undefined {
	try {
		accessSync(dirname(path), constants.W_OK);
		if (before === undefined) return existsSync(path) ? "it exists already" : undefined;
		// Root could write it anyway, but must see this too.
		if ((statSync(path).mode & 0o222) === 0) return "it is read-only";
		accessSync(path, constants.W_OK);
		return readFileSync(path).equals(before.bytes) ? undefined : "it was changed meanwhile";
	} catch (error) {
		return reasonOf(error);
	}
}

function write({ path, before, after }: Change): string | undefined {
	if (before !== undefined) return replaceFile(path, before.bytes, after);
	try {
		writeFileSync(path, after, { flag: "wx" });
		return undefined;
	} catch (error) {
		return reasonOf(error);
	}
}

function undo({ path, before, after }: Change): boolean {
	if (before !== undefined) return replaceFile(path, Buffer.from(after), before.text) === undefined;
	try {
		rmSync(path);
		return true;
	} catch {
		return false;
	}
}

function reasonOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}

/** The files with changes that are not committed. Empty without git. */
export function uncommitted(changes: readonly Change[], root: string): readonly string[] {
	const old = changes.filter(({ before }) => before !== undefined);
	return old
		.filter(({ path }) => {
			try {
				const args = ["status", "--porcelain", "--", relative(root, path)];
				return execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], timeout: 10_000 }).trim() !== "";
			} catch {
				return false;
			}
		})
		.map(({ name }) => name);
}
