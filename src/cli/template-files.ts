import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { type Language, languageOf } from "../templates/index.ts";
import { reasonOf, textOf } from "./files.ts";

/** A template of a project. */
export interface TemplateFile {
	readonly file: string;
	readonly language: Language;
	readonly text: string;
	readonly bytes: Buffer;
}

/** A file or folder that is not read, and why. */
export interface Skipped {
	readonly file: string;
	readonly reason: string;
}

const MOST_FILES = 5000;
const MOST_FOLDERS = 20;
const LARGEST = 2_000_000;

/**
 * The templates in a folder, in order, one at a time. Leaves out node_modules and names that begin with a dot. Does not follow links,
 * because a target in the folder is found anyway.
 *
 * @param engine the language of .html files. By default, nothing fills them in.
 * @param skipped gets what is not read.
 */
export function* templatesIn(path: string, engine: Language | undefined, skipped: Skipped[]): Generator<TemplateFile> {
	let count = 0;
	for (const file of statSync(path).isDirectory() ? filesIn(path, realpathSync(path), 0, skipped) : [path]) {
		if (count++ === MOST_FILES) {
			skipped.push({ file: path, reason: `it has more than ${MOST_FILES} templates. Name its folders one at a time` });
			return;
		}
		const template = readTemplateFile(file, engine);
		if ("reason" in template) skipped.push(template);
		else yield template;
	}
}

function* filesIn(folder: string, root: string, depth: number, skipped: Skipped[]): Generator<string> {
	if (depth > MOST_FOLDERS) {
		skipped.push({ file: folder, reason: "it is too deep in other folders" });
		return;
	}
	for (const entry of entriesOf(folder, skipped)) {
		const file = join(folder, entry.name);
		if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
		if (entry.isDirectory()) yield* filesIn(file, root, depth + 1, skipped);
		else if (entry.isSymbolicLink()) skipped.push(...leadingAway(file, root));
		else if (entry.isFile() && languageOf(entry.name) !== undefined) yield file;
	}
}

function entriesOf(folder: string, skipped: Skipped[]): ReturnType<typeof readEntries> {
	try {
		return readEntries(folder);
	} catch (error) {
		skipped.push({ file: folder, reason: `it cannot be read: ${reasonOf(error)}` });
		return [];
	}
}

function readEntries(folder: string) {
	return readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** A link to a folder or template outside of the root. */
function leadingAway(file: string, root: string): readonly Skipped[] {
	const isTemplate = languageOf(file) !== undefined || statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;
	return isTemplate && !isInside(file, root) ? [{ file, reason: "it is a link to another folder" }] : [];
}

/** Whether a file is in a folder when links are followed. */
export function isInside(file: string, root: string): boolean {
	try {
		const path = relative(root, realpathSync(file));
		return path !== ".." && !path.startsWith(`..${sep}`);
	} catch {
		return true;
	}
}

function readTemplateFile(file: string, engine: Language | undefined): TemplateFile | Skipped {
	try {
		const { size } = statSync(file);
		if (size > LARGEST) return { file, reason: `it has ${size} bytes, too many for a template` };
		const bytes = readFileSync(file);
		const text = bytes.includes(0) ? undefined : textOf(bytes);
		if (text === undefined) return { file, reason: "it is not UTF-8" };
		const own = languageOf(file, text) ?? engine;
		return own === undefined
			? { file, reason: "its language is unknown. Name it with --engine" }
			: { file, language: own === "html" ? (engine ?? own) : own, text, bytes };
	} catch (error) {
		return { file, reason: `it cannot be read: ${reasonOf(error)}` };
	}
}
