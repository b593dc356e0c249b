import { closeSync, openSync, readdirSync, readFileSync, readSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../args.ts";
import { reasonOf, textOf } from "../files.ts";

const EXTENSION = /\.(?:[cm]?[jt]s|[jt]sx)$/;

/** Folders with code of others, and with generated files. */
const SKIPPED: readonly string[] = ["node_modules", "dist", "coverage"];

/** The files to read, each once, and folders that cannot be read. @throws {UsageError} for a path that is neither a file nor a folder. */
export function findSources(paths: readonly string[]): { readonly files: readonly string[]; readonly problems: readonly string[] } {
	const problems: string[] = [];
	const files = paths.flatMap((path) => {
		const stats = statSync(path, { throwIfNoEntry: false });
		if (stats === undefined) throw new UsageError(`${path} does not exist.`);
		if (!stats.isDirectory() && !stats.isFile()) throw new UsageError(`${path} is not a file or a folder.`);
		return stats.isDirectory() ? sourcesIn(path, problems) : [path];
	});
	const byPlace = new Map(files.map((file) => [placeOf(file), file] as const).toReversed());
	return { files: files.filter((file) => byPlace.get(placeOf(file)) === file), problems };
}

function placeOf(file: string): string {
	try {
		return realpathSync(file);
	} catch {
		return file;
	}
}

/** Does not follow links: their targets are in the project and found anyway, or are not part of it. */
function sourcesIn(folder: string, problems: string[]): readonly string[] {
	try {
		return readdirSync(folder, { withFileTypes: true })
			.toSorted((a, b) => (a.name < b.name ? -1 : 1))
			.flatMap((entry) => {
				const path = join(folder, entry.name);
				if (entry.isDirectory()) return SKIPPED.includes(entry.name) || entry.name.startsWith(".") ? [] : sourcesIn(path, problems);
				return entry.isFile() && EXTENSION.test(entry.name) && !/\.d\.[cm]?ts$/.test(entry.name) ? [path] : [];
			});
	} catch (error) {
		problems.push(`${folder}: not changed: it cannot be read: ${reasonOf(error)}.`);
		return [];
	}
}

/** The largest file that a person would write, in bytes. */
const LARGEST = 1_000_000;
const NAME = "helmet";

type Source =
	| { readonly text: string; readonly bytes: Buffer }
	| {
			readonly text: undefined;
			readonly why: string;
	  };

/** The text of a file that mentions helmet, or why it cannot be changed. Undefined for any other file. */
export function readSource(file: string): Source | undefined {
	try {
		const { size } = statSync(file);
		if (size > LARGEST) return mentionsName(file) ? { text: undefined, why: `it has ${size} bytes, too many for a file that was written by hand` } : undefined;
		const bytes = readFileSync(file);
		if (!isNamed(bytes)) return undefined;
		// Letters with zeros between them are UTF-16, although they are valid UTF-8.
		const text = bytes.includes(NAME) ? textOf(bytes) : undefined;
		return text === undefined ? { text, why: "it is not UTF-8, so writing it would change other parts of it. Save it as UTF-8" } : { text, bytes };
	} catch (error) {
		return { text: undefined, why: `it cannot be read: ${reasonOf(error)}` };
	}
}

/** Searches for the name in any encoding that code can have. */
function isNamed(bytes: Buffer): boolean {
	const wide = Buffer.from(NAME, "utf16le");
	return bytes.includes(NAME) || bytes.includes(wide) || bytes.includes(Buffer.from(wide).swap16());
}

const CHUNK = 65_536;

/** Reads in pieces, because a file may be larger than the memory. */
function mentionsName(file: string): boolean {
	const handle = openSync(file, "r");
	try {
		const chunk = Buffer.alloc(CHUNK);
		let kept = Buffer.alloc(0);
		for (let length = readSync(handle, chunk); length > 0; length = readSync(handle, chunk)) {
			const seen = Buffer.concat([kept, chunk.subarray(0, length)]);
			if (isNamed(seen)) return true;
			kept = seen.subarray(-2 * NAME.length);
		}
		return false;
	} finally {
		closeSync(handle);
	}
}
