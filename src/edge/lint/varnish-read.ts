import { eachIncluded, type Including, including } from "./include.ts";
import type { ReadFile, Source } from "./types.ts";

/** A statement of a subroutine about a header of the response. */
export interface Statement {
	readonly action: "set" | "unset" | "call";
	/** `resp` is what a client gets, `beresp` what the application sent. */
	readonly object: string;
	/** The header, or the subroutine that is called. */
	readonly name: string;
	/** The value, when it has no expressions. */
	readonly value: string | undefined;
	readonly file: string;
	readonly line: number;
}

export interface Vcl {
	/** Subroutines of one name are joined. */
	readonly subs: Map<string, Statement[]>;
	readonly unread: { readonly path: string; readonly file: string; readonly line: number }[];
}

interface Token {
	readonly text: string;
	readonly isString: boolean;
	readonly line: number;
}

const TOKEN =
	/\s+|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$(?![\s\S]))|\{"([\s\S]*?)(?:"\}|$(?![\s\S]))|"""([\s\S]*?)(?:"""|$(?![\s\S]))|"([^"\n]*)(?:"|(?=\n)|$(?![\s\S]))|([\w.-]+)|([\s\S])/y;

function tokensOf(text: string): readonly Token[] {
	const tokens: Token[] = [];
	let line = 1;
	TOKEN.lastIndex = 0;
	for (let match = TOKEN.exec(text); match !== null && match[0] !== ""; match = TOKEN.exec(text)) {
		const [all, braced, tripled, quoted, word, mark] = match;
		const string = braced ?? tripled ?? quoted;
		if (string !== undefined || word !== undefined || mark !== undefined)
			tokens.push({ text: string ?? word ?? mark ?? "", isString: string !== undefined, line });
		for (const char of all) if (char === "\n") line++;
	}
	return tokens;
}

export function readVarnish({ file, text }: Source, readFile: ReadFile): Vcl {
	const vcl: Vcl = { subs: new Map(), unread: [] };
	read({ file, text }, including(readFile, file), vcl);
	return vcl;
}

function read({ file, text }: Source, files: Including, vcl: Vcl): void {
	let into: Statement[] | undefined;
	let depth = 0;
	for (const { words, end } of statementsOf(tokensOf(text))) {
		const [head, name = ""] = words.map((word) => word.text);
		depth = Math.max(0, depth + (DEPTHS[end] ?? 0));
		if (depth === 0) into = undefined;
		else if (depth === 1 && end === "{") into = head === "sub" ? subOf(name, vcl) : undefined;
		if (end === ";" && head === "include") readIncluded(name, lineOf(words), file, files, vcl);
		else if (end === ";") into?.push(...statementOf(words, file));
	}
}

function lineOf([first]: readonly Token[]): number {
	return first?.line ?? 1;
}

const DEPTHS: Readonly<Record<string, number>> = { "{": 1, "}": -1 };

function readIncluded(path: string, line: number, file: string, files: Including, vcl: Vcl): void {
	const outcome = eachIncluded(files, path, undefined, (source, its) => read(source, its, vcl));
	if (outcome === "unread") vcl.unread.push({ path, file, line });
}

/** The words up to each brace or semicolon. */
function statementsOf(tokens: readonly Token[]): readonly { readonly words: readonly Token[]; readonly end: string }[] {
	const statements: { words: readonly Token[]; end: string }[] = [];
	let begun = 0;
	for (const [i, { isString, text }] of tokens.entries()) {
		if (isString || !/^[{};]$/.test(text)) continue;
		statements.push({ words: tokens.slice(begun, i), end: text });
		begun = i + 1;
	}
	return statements;
}

function subOf(name: string, { subs }: Vcl): Statement[] {
	const known = subs.get(name) ?? [];
	subs.set(name, known);
	return known;
}

const HEADER = /^(resp|beresp)\.http\.([\w-]+)$/;

function statementOf(words: readonly Token[], file: string): readonly Statement[] {
	const [head, target, equals, ...rest] = words;
	if (head === undefined || target === undefined) return [];
	if (head.text === "call") return [{ action: "call", object: "", name: target.text, value: undefined, file, line: head.line }];
	const [, object = "", name = ""] = HEADER.exec(target.text) ?? [];
	if (name === "" || !["set", "unset", "remove"].includes(head.text)) return [];
	if (head.text !== "set") return [{ action: "unset", object, name, value: undefined, file, line: head.line }];
	const isLiteral = equals?.text === "=" && rest.length > 0 && rest.every(({ isString, text }) => isString || text === "+");
	const value = isLiteral ? rest.map(({ isString, text }) => (isString ? text : "")).join("") : undefined;
	return [{ action: "set", object, name, value, file, line: head.line }];
}

/** What a subroutine does, with those that it calls, each of them once. */
export function runOf(name: string, { subs }: Vcl): readonly Statement[] {
	const names = new Set([name]);
	const found: Statement[] = [];
	for (const one of names)
		for (const statement of subs.get(one) ?? []) {
			if (statement.action === "call") names.add(statement.name);
			else found.push(statement);
		}
	return found;
}
