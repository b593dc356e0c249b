import { eachIncluded, type Including, including } from "./include.ts";
import { DEEPEST_BLOCK, type Directive, type ReadFile, type Source } from "./types.ts";

/** What applies to all files. */
interface Settings {
	/** `ServerRoot`, where relative paths begin. */
	root: string | undefined;
	readonly defined: Map<string, string>;
}

/** The directives of a file and of the files that it includes. An include that could not be read stays in the tree. */
export function readApache({ file, text }: Source, readFile: ReadFile): readonly Directive[] {
	return read({ file, text }, including(readFile, file), { root: undefined, defined: new Map() });
}

function read({ file, text }: Source, files: Including, settings: Settings): readonly Directive[] {
	const top: Directive[] = [];
	const open: Directive[][] = [top];
	for (const { text: written, line } of logicalLines(text)) {
		const [name = "", ...args] = wordsOf(withVariables(written, settings));
		const inner = open.at(-1) ?? top;
		if (name.startsWith("</")) {
			if (open.length > 1) open.pop();
		} else if (name.startsWith("<")) {
			const block: Directive[] = [];
			inner.push({ name: name.replace(/>$/, "").toLowerCase(), args: args.map((arg) => arg.replace(/>$/, "")), file, line, block });
			if (open.length < DEEPEST_BLOCK) open.push(block);
		} else if (name !== "") readDirective({ name: name.toLowerCase(), args, file, line }, inner, files, settings);
	}
	return top;
}

function readDirective(directive: Directive, into: Directive[], files: Including, settings: Settings): void {
	const { name, args } = directive;
	const [first = "", second = ""] = args;
	if (name === "serverroot") settings.root = first;
	else if (name === "define") settings.defined.set(first, second);
	const isInclude = name === "include" || name === "includeoptional";
	const outcome =
		isInclude &&
		eachIncluded(files, first, settings.root, (source, its) => {
			for (const one of read(source, its, settings)) into.push(one);
		});
	if (!isInclude || (outcome === "unread" && name === "include")) into.push(directive);
}

interface Line {
	readonly text: string;
	readonly line: number;
}

/** A backslash at its end continues a line. A comment is a line of its own. */
function logicalLines(text: string): readonly Line[] {
	const lines: Line[] = [];
	let parts: string[] = [];
	let begun = 1;
	for (const [i, raw] of text.split("\n").entries()) {
		const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
		if (parts.length === 0) begun = i + 1;
		const isContinued = line.endsWith("\\") && !line.endsWith("\\\\");
		parts.push(isContinued ? line.slice(0, -1) : line);
		if (isContinued) continue;
		const joined = parts.join("").trim();
		if (joined !== "" && !joined.startsWith("#")) lines.push({ text: joined, line: begun });
		parts = [];
	}
	return lines;
}

function withVariables(text: string, { defined }: Settings): string {
	return defined.size === 0 ? text : text.replace(/\$\{([^${}]{1,100})\}/g, (all, name: string) => defined.get(name) ?? all);
}

const WORD = /"((?:\\[\s\S]|[^"\\])*)(?:"|$)|'((?:\\[\s\S]|[^'\\])*)(?:'|$)|(\S+)/g;

/** In quotes, a backslash escapes the quote and another backslash. */
function wordsOf(text: string): readonly string[] {
	return [...text.matchAll(WORD)].map(([, double, single, bare]) =>
		double !== undefined ? double.replace(/\\(["\\])/g, "$1") : single !== undefined ? single.replace(/\\(['\\])/g, "$1") : (bare ?? ""),
	);
}
