import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";

/** A text file of the project. */
export interface ProjectFile {
	/** Relative to the working directory, with `/` between folders. */
	readonly name: string;
	readonly text: string;
}

/** Limits, so that a strange folder cannot stop the application. */
const MOST_FILES = 2000;
const DEEPEST = 12;
const LARGEST = 2_000_000;

const TEXT = new Set(
	".ejs .eta .pug .jade .hbs .handlebars .hjs .mustache .njk .nunjucks .twig .liquid .html .htm .vue .svelte .js .mjs .cjs .jsx .ts .tsx .css".split(" "),
);

/** The text files below folders of the project. Files are read again when they have changed. Does not follow symbolic links. */
export function createProjectFiles(root: string): (folders: readonly string[]) => readonly ProjectFile[] {
	const known = new Map<string, { readonly stamp: string; readonly file: ProjectFile }>();
	const read = (path: string): ProjectFile | undefined => {
		try {
			const { mtimeMs, size } = lstatSync(path);
			if (size > LARGEST) return undefined;
			const stamp = `${mtimeMs} ${size}`;
			const before = known.get(path);
			if (before?.stamp === stamp) return before.file;
			const text = readFileSync(path, "utf8");
			// A binary file with the extension of a text.
			if (text.includes("\u0000")) return undefined;
			const file = { name: relative(root, path).split(sep).join("/"), text };
			known.set(path, { stamp, file });
			return file;
		} catch {
			// It was removed meanwhile, or may not be read.
			return undefined;
		}
	};
	return (folders) => {
		const paths = new Set<string>();
		for (const folder of folders) if (isInside(root, folder)) collect(folder, 0, paths);
		return [...paths].map(read).filter((file) => file !== undefined);
	};
}

/** Whether a path is the folder or below it. */
function isInside(folder: string, path: string): boolean {
	const way = relative(folder, path);
	return way === "" || !(way === ".." || way.startsWith(`..${sep}`) || way.includes(":"));
}

function collect(folder: string, depth: number, paths: Set<string>): void {
	if (depth > DEEPEST) return;
	for (const entry of entriesOf(folder)) {
		if (paths.size >= MOST_FILES) return;
		const path = join(folder, entry.name);
		if (entry.isDirectory() && entry.name !== "node_modules" && !entry.name.startsWith(".")) collect(path, depth + 1, paths);
		else if (entry.isFile() && TEXT.has(extname(entry.name).toLowerCase())) paths.add(path);
	}
}

function entriesOf(folder: string): ReturnType<typeof readEntries> {
	try {
		return readEntries(folder);
	} catch {
		return [];
	}
}

function readEntries(folder: string) {
	return readdirSync(folder, { withFileTypes: true });
}
