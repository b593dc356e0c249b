import { eachIncluded, type Including, including } from "./include.ts";
import type { ReadFile, Source } from "./types.ts";

/** A line, with the block that it opens. */
export interface Node {
	readonly words: readonly string[];
	readonly file: string;
	readonly line: number;
	readonly block?: readonly Node[];
}

/** An `import` that could not be read stays in the tree. */
export const IMPORT = "import";

interface Token {
	readonly word: string;
	readonly line: number;
	readonly isQuoted: boolean;
	/** It begins a line. */
	readonly isFirst: boolean;
}

const SPACE = /\s/;
const DEEPEST_BLOCK = 100;

/** The tokens of a file, by the rules of Caddy's own reader. */
function tokensOf(text: string): readonly Token[] {
	const tokens: Token[] = [];
	let line = 1;
	let isFirst = true;
	for (let at = 0; at < text.length; ) {
		const gap = gapAt(text, at);
		const { word, end, isQuoted } = gap > at ? { word: undefined, end: gap, isQuoted: false } : wordAt(text, at);
		const breaks = linesIn(text, at, end);
		if (word !== undefined) {
			tokens.push({ word, line, isQuoted, isFirst });
			isFirst = false;
		} else if (text[at] === "\n") isFirst = true;
		line += breaks;
		at = end;
	}
	return tokens;
}

/** The end of a space, of a comment, or of a backslash that continues the line; where it began when there is none. */
function gapAt(text: string, at: number): number {
	const char = text[at] ?? "";
	if (SPACE.test(char)) return at + 1;
	if (char === "#") return endOfLine(text, at);
	const isContinued = char === "\\" && /^\r?\n/.test(text.slice(at + 1, at + 3));
	return isContinued ? endOfLine(text, at) + 1 : at;
}

function linesIn(text: string, from: number, to: number): number {
	let lines = 0;
	for (let at = from; at < to; at++) if (text[at] === "\n") lines++;
	return lines;
}

function wordAt(text: string, from: number): { readonly word: string; readonly end: number; readonly isQuoted: boolean } {
	const quote = text[from] ?? "";
	if (quote !== '"' && quote !== "`") {
		const heredoc = heredocAt(text, from);
		const end = endOfWord(text, from);
		return heredoc ?? { word: text.slice(from, end), end, isQuoted: false };
	}
	let at = from + 1;
	while (at < text.length && text[at] !== quote) at += quote === '"' && text[at] === "\\" ? 2 : 1;
	const word = text.slice(from + 1, Math.min(at, text.length));
	return { word: quote === '"' ? word.replaceAll('\\"', '"') : word, end: Math.min(at + 1, text.length), isQuoted: true };
}

function endOfLine(text: string, from: number): number {
	const end = text.indexOf("\n", from);
	return end === -1 ? text.length : end;
}

function endOfWord(text: string, from: number): number {
	let at = from;
	while (at < text.length && !SPACE.test(text[at] ?? "")) at++;
	return at;
}

/** `<<END` up to a line that has only `END`, or to the end of the file. */
function heredocAt(text: string, from: number): { readonly word: string; readonly end: number; readonly isQuoted: boolean } | undefined {
	if (!text.startsWith("<<", from)) return undefined;
	const end = endOfLine(text, from);
	const marker = text.slice(from + 2, Math.min(end, from + 102)).trimEnd();
	if (!/^\w+$/.test(marker) || end - from > 102) return undefined;
	for (let at = end + 1; at < text.length; at = endOfLine(text, at) + 1) {
		const line = text.slice(at, endOfLine(text, at));
		if (line.trim() === marker) return { word: text.slice(end + 1, at - 1), end: at + line.length, isQuoted: true };
	}
	return { word: text.slice(end + 1), end: text.length, isQuoted: true };
}

interface Snippets {
	readonly known: Map<string, readonly Node[]>;
	readonly files: Including;
}

/** The lines of a file and of what it imports, without the definitions of snippets. */
export function readCaddy(
	{ file, text }: Source,
	readFile: ReadFile,
): { readonly nodes: readonly Node[]; readonly snippets: ReadonlyMap<string, readonly Node[]> } {
	const known = new Map<string, readonly Node[]>();
	const nodes = expanded(treeOf({ file, text }), { known, files: including(readFile, file) }, []);
	return { nodes, snippets: known };
}

function treeOf({ file, text }: Source): readonly Node[] {
	const top: Node[] = [];
	const open: Node[][] = [top];
	for (const line of linesOf(tokensOf(text))) {
		const closes = isMark(line[0], "}");
		const opens = isMark(line.at(-1), "{");
		if (closes) open.length = Math.max(1, open.length - 1);
		const words = line.slice(Number(closes), opens ? -1 : undefined).map(({ word }) => word);
		const at = { words, file, line: line[0]?.line ?? 1 };
		const inner: Node[] = [];
		if (opens) open.at(-1)?.push({ ...at, block: inner });
		else if (words.length > 0) open.at(-1)?.push(at);
		if (opens && open.length < DEEPEST_BLOCK) open.push(inner);
	}
	return top;
}

function isMark(token: Token | undefined, mark: string): boolean {
	return token?.word === mark && !token.isQuoted;
}

function linesOf(tokens: readonly Token[]): readonly (readonly Token[])[] {
	const lines: Token[][] = [];
	for (const token of tokens) {
		if (token.isFirst) lines.push([token]);
		else lines.at(-1)?.push(token);
	}
	return lines;
}

/** Replaces imports with what they name, and puts snippets aside. */
function expanded(nodes: readonly Node[], snippets: Snippets, args: readonly string[]): readonly Node[] {
	const found: Node[] = [];
	for (const raw of nodes) {
		const node = args.length === 0 ? raw : { ...raw, words: raw.words.map((word) => withArgs(word, args)) };
		const snippet = SNIPPET.exec(node.words[0] ?? "")?.[1];
		if (snippet !== undefined) snippets.known.set(snippet, node.block ?? []);
		else for (const one of replaced(node, snippets, args)) found.push(one);
	}
	return found;
}

const SNIPPET = /^\(([^()]+)\)$/;

function replaced(node: Node, snippets: Snippets, args: readonly string[]): readonly Node[] {
	const [head = "", target = "", ...given] = node.words;
	if (head === IMPORT) return imported(node, target, given, snippets);
	return [node.block === undefined ? node : { ...node, block: expanded(node.block, snippets, args) }];
}

function imported(node: Node, target: string, args: readonly string[], { known, files }: Snippets): readonly Node[] {
	const snippet = known.get(target);
	if (snippet !== undefined) {
		if (files.open.length > DEEPEST_SNIPPET || files.budget.left <= 0) return [];
		files.budget.left--;
		return expanded(snippet, { known, files: { ...files, open: [...files.open, files.open.at(-1) ?? ""] } }, args);
	}
	const inner: Node[] = [];
	const outcome = eachIncluded({ ...files, open: [...files.open, node.file] }, target, undefined, (source, its) => {
		for (const one of expanded(treeOf(source), { known, files: its }, args)) inner.push(one);
	});
	return outcome === "unread" ? [node] : inner;
}

const DEEPEST_SNIPPET = 20;

function withArgs(word: string, args: readonly string[]): string {
	return word.replace(/\{args(?:\.(\d{1,3})|\[(\d{1,3})\])\}/g, (all, dot?: string, bracket?: string) => args[Number(dot ?? bracket)] ?? all);
}
