import type { ReadFile, Source } from "./types.ts";

/** Limits files that include each other. */
const DEEPEST = 10;
const MOST_FILES = 1000;

/** The files that an include names; undefined when they cannot be read. */
type Include = (path: string, from: string, root?: string) => readonly Source[] | undefined;

/** The include of a file that has been read, and of those that it includes in turn. A file that is being read is not read again in itself. */
export interface Including {
	readonly include: Include;
	readonly open: readonly string[];
	readonly budget: { left: number };
}

export function including(readFile: ReadFile, file: string): Including {
	return {
		include(path, from, root) {
			const read = readFile(path, from, root);
			return typeof read === "string" ? [{ file: path, text: read }] : read;
		},
		open: [file],
		budget: { left: MOST_FILES },
	};
}

/** Reads an include. @param use is called for each file, with what it may include itself. */
export function eachIncluded(
	{ include, open, budget }: Including,
	path: string,
	root: string | undefined,
	use: (source: Source, inner: Including) => void,
): "read" | "unread" {
	const sources = include(path, open.at(-1) ?? "", root);
	if (sources === undefined) return "unread";
	for (const source of sources) {
		if (open.includes(source.file) || open.length > DEEPEST || budget.left <= 0) continue;
		budget.left--;
		use(source, { include, open: [...open, source.file], budget });
	}
	return "read";
}
