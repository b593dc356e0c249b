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
	const tokens = tokensOf(text);
	let into: Statement[] | undefined;
	let depth = 0;
	let begun = 0;
	for (const [i, token] of tokens.entries()) {
		if (token.isString || !/^[{};]$/.test(token.text)) continue;
		const words = tokens.slice(begun, i);
		begun = i + 1;
		const [head, name] = words;
		if (token.text === "}") {
			if (--depth <= 0) into = undefined;
			depth = Math.max(depth, 0);
		} else if (token.text === "{") {
			depth++;
			if (depth === 1 && head?.text === "sub" && name !== undefined) into = subOf(name.text, vcl);
		} else if (head?.text === "include" && name !== undefined) {
			const outcome = eachIncluded(files, name.text, undefined, (source, its) => read(source, its, vcl));
			if (outcome === "unread") vcl.unread.push({ path: name.text, file, line: head.line });
		} else into?.push(...statementOf(words, file));
	}
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

/** What a subroutine does, with those that it calls. */
export function runOf(name: string, { subs }: Vcl, open: readonly string[] = []): readonly Statement[] {
	if (open.includes(name) || open.length > DEEPEST_CALL) return [];
	return (subs.get(name) ?? []).flatMap((one) => (one.action === "call" ? runOf(one.name, { subs, unread: [] }, [...open, name]) : [one]));
}

const DEEPEST_CALL = 10;
