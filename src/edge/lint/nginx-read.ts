import { eachIncluded, type Including, including } from "./include.ts";
import { DEEPEST_BLOCK, type Directive, type ReadFile, type Source } from "./types.ts";

/** An `include` whose files could not be read stays in the tree. */
export const INCLUDE = "include";

interface Token {
	/** `{`, `}` or `;`; undefined for a word. */
	readonly mark?: string | undefined;
	readonly word: string;
	readonly line: number;
}

/** nginx replaces these after a backslash. In front of any other character, the backslash stays. */
const ESCAPED: ReadonlyMap<string, string> = new Map([
	['"', '"'],
	["'", "'"],
	["\\", "\\"],
	["t", "\t"],
	["r", "\r"],
	["n", "\n"],
]);

function unescaped(text: string): string {
	return text.includes("\\") ? text.replace(/\\([\s\S])/g, (all, next: string) => ESCAPED.get(next) ?? all) : text;
}

const SPACE = /\s/;

/** The tokens of a file, by the rules of nginx's own reader: quotes and comments begin only where a word can begin. */
function tokensOf(text: string): readonly Token[] {
	const tokens: Token[] = [];
	let line = 1;
	for (let at = 0; at < text.length; ) {
		const { mark, word, end } = tokenAt(text, at);
		const to = mark === "{" && isBeforeCode(tokens) ? endOfCode(text, end) : end;
		if (mark !== undefined || word !== undefined) tokens.push({ mark, word: word ?? "", line });
		line += linesIn(text, at, to);
		at = to;
	}
	return tokens;
}

function tokenAt(text: string, at: number): { readonly mark?: string; readonly word?: string; readonly end: number } {
	const char = text[at] ?? "";
	if (SPACE.test(char)) return { end: at + 1 };
	if (char === "#") return { end: endOfLine(text, at) };
	if (char === ";" || char === "{" || char === "}") return { mark: char, end: at + 1 };
	if (char !== '"' && char !== "'") {
		const end = endOfWord(text, at);
		return { word: unescaped(text.slice(at, end)), end };
	}
	const end = endOfQuoted(text, at + 1, char);
	return { word: unescaped(text.slice(at + 1, end)), end: Math.min(end + 1, text.length) };
}

function endOfLine(text: string, from: number): number {
	const end = text.indexOf("\n", from);
	return end === -1 ? text.length : end;
}

function endOfQuoted(text: string, from: number, quote: string): number {
	let at = from;
	while (at < text.length && text[at] !== quote) at += text[at] === "\\" ? 2 : 1;
	return Math.min(at, text.length);
}

function endOfWord(text: string, from: number): number {
	let at = from;
	for (; at < text.length; at++) {
		const char = text[at] ?? "";
		if (char === "\\") at++;
		else if (char === ";" || SPACE.test(char) || (char === "{" && text[at - 1] !== "$")) break;
	}
	return Math.min(at, text.length);
}

/** Lua in braces is not configuration. */
function isBeforeCode(tokens: readonly Token[]): boolean {
	const name = tokens.at(-1);
	return name !== undefined && name.mark === undefined && name.word.endsWith("_by_lua_block");
}

/** The brace that closes a block of code. Those in its strings and comments do not count. */
function endOfCode(text: string, from: number): number {
	let open = 1;
	let at = from;
	for (; at < text.length; at++) {
		const char = text[at] ?? "";
		if (char === '"' || char === "'") at = endOfQuoted(text, at + 1, char);
		else if (text.startsWith("--", at)) at = endOfLine(text, at);
		open += BRACES[char] ?? 0;
		if (open === 0) break;
	}
	return Math.min(at, text.length);
}

const BRACES: Readonly<Record<string, number>> = { "{": 1, "}": -1 };

function linesIn(text: string, from: number, to: number): number {
	let lines = 0;
	for (let at = from; at < to; at++) if (text[at] === "\n") lines++;
	return lines;
}

interface Reader {
	readonly tokens: readonly Token[];
	/** The index of the next token. */
	at: number;
	/** How many blocks are open. */
	nesting: number;
	readonly file: string;
	readonly files: Including;
}

/** The directives of a file and of the files that it includes. */
export function readNginx({ file, text }: Source, readFile: ReadFile): readonly Directive[] {
	return read({ file, text }, including(readFile, file));
}

function read({ file, text }: Source, files: Including): readonly Directive[] {
	return readBlock({ tokens: tokensOf(text), at: 0, nesting: 0, file, files });
}

/** Reads up to the brace that closes the block. A block that is never closed ends with the file. */
function readBlock(reader: Reader): readonly Directive[] {
	const directives: Directive[] = [];
	let words: Token[] = [];
	reader.nesting++;
	for (let token = reader.tokens[reader.at]; token !== undefined; token = reader.tokens[reader.at]) {
		reader.at++;
		if (token.mark === "}") break;
		if (token.mark === undefined) words.push(token);
		else {
			const block = token.mark === "{" && reader.nesting < DEEPEST_BLOCK ? readBlock(reader) : undefined;
			for (const one of readDirective(words, block, reader)) directives.push(one);
			words = [];
		}
	}
	reader.nesting--;
	return directives;
}

function readDirective([head, ...args]: readonly Token[], block: readonly Directive[] | undefined, { file, files }: Reader): readonly Directive[] {
	if (head === undefined) return [];
	const directive = { name: head.word, args: args.map(({ word }) => word), file, line: head.line };
	return block === undefined ? expanded(directive, files) : [{ ...directive, block }];
}

/** Replaces an include with the directives of its files. */
function expanded(directive: Directive, files: Including): readonly Directive[] {
	if (directive.name !== INCLUDE) return [directive];
	const inner: Directive[] = [];
	const outcome = eachIncluded(files, directive.args[0] ?? "", undefined, (source, its) => {
		for (const one of read(source, its)) inner.push(one);
	});
	return outcome === "unread" && !STOCK.test(directive.args[0] ?? "") ? [directive] : inner;
}

/** Files that come with nginx and add no headers. */
const STOCK = /(?:^|\/)(?:mime\.types|fastcgi\.conf|(?:fastcgi|uwsgi|scgi|proxy)_params|koi-utf|koi-win|win-utf)$/;
