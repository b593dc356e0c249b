import { elementsIn } from "../markup.ts";
import type { Source } from "../source.ts";
import type { Element, Part } from "../types.ts";
import { type Head, readHead } from "./head.ts";
import { afterBlock, type Line, lineAt, linesOf } from "./lines.ts";
import { closingBracket } from "./script.ts";

/**
 * The tags of a template in Pug, in order. Only what has attributes or code is read: tags, `#[…]` in text, and HTML in text.
 * Comments, filters and code are left out.
 */
export function pugElements(text: string): readonly Element[] {
	const reading: Reading = { text, lines: linesOf(text), found: [], refused: 0 };
	for (let index = 0; index < reading.lines.length; ) index = readLine(reading, index);
	return reading.found;
}

interface Reading {
	readonly text: string;
	readonly lines: readonly Line[];
	readonly found: Element[];
	/** The number of lines that Pug would refuse. */
	refused: number;
}

/** Lines whose block is not Pug: comments, filters, and `-` alone. */
const NO_PUG = /^(?:\/\/|:[\w-]|-\s*$)/;
/** Lines without a tag, whose block is Pug. */
const NO_TAG = /^(?:[-=]|!=|&attributes\b|doctype\b|(?:include|extends?|mixin|block|append|prepend|case|if|unless|else|while|each|for|yield)(?![\w(.#=-]))/;
/** The index of the next line to read. */
function readLine(reading: Reading, index: number): number {
	const { text, lines } = reading;
	const line = lines[index];
	if (line === undefined || line.isBlank) return index + 1;
	const content = text.slice(line.start, line.end);
	if (NO_PUG.test(content)) return afterBlock(lines, index + 1, line.indent);
	if (content.startsWith("|") || content.startsWith("<")) return readText(reading, line.start, line.end, index + 1);
	if (NO_TAG.test(content)) return index + 1;
	return readTags(reading, line.start + beforeTag(content), index);
}

/** The length of `when …: ` or `default: ` before a tag. */
function beforeTag(content: string): number {
	if (!/^(?:when|default)\b/.test(content)) return 0;
	const colon = content.indexOf(": ");
	const before = content.slice(0, Math.max(0, colon));
	return colon === -1 || before.split(/["'`]/).length % 2 === 0 ? content.length : colon + 2;
}

/** A line with brackets that do not end is refused by Pug. After so many, the rest is not read, so that each is not searched to the end of the file. */
const MOST_REFUSED = 20;

/** Reads a tag, and those after its colons: `a: b: c`. */
function readTags(reading: Reading, start: number, first: number): number {
	const { text, lines, found } = reading;
	const indent = lines[first]?.indent ?? 0;
	for (let at = start, index = first; ; ) {
		const head = readHead(text, at, text.length);
		if (head === undefined) return ++reading.refused > MOST_REFUSED ? lines.length : index + 1;
		// The attributes can end on another line.
		const last = lineAt(lines, index, head.end);
		const after = afterBlock(lines, last + 1, indent);
		const rest = text.slice(head.end, lines[last]?.end);
		const expansion = /^: +/.exec(rest)?.[0].length;
		const isCode = head.name === "script" || head.name === "style";
		found.push(elementOf(head, isCode ? contentOf(reading, head, last, after, expansion !== undefined) : undefined));
		if (expansion === undefined) return isCode ? after : readRest(reading, head.end, last, after);
		at = head.end + expansion;
		index = last;
	}
}

/** Reads the text of a tag without code. */
function readRest(reading: Reading, start: number, last: number, after: number): number {
	const end = reading.lines[last]?.end ?? start;
	const rest = reading.text.slice(start, end);
	if (/^!?=/.test(rest)) return last + 1;
	if (!isDot(rest)) return readText(reading, start, end, last + 1);
	for (const line of reading.lines.slice(last + 1, after)) readText(reading, line.start, line.end, after);
	return after;
}

function isDot(rest: string): boolean {
	return /^\.\s*$/.test(rest);
}

function elementOf({ name, start, attributes, added, nonceAt }: Head, content: Part | undefined, obstacle?: string): Element {
	return { name, offset: start, attributes, added, content, nonceAt: obstacle === undefined ? nonceAt : undefined, obstacle };
}

/** The content of a script or style element: after its tag, and in its block. */
function contentOf({ text, lines }: Reading, head: Head, last: number, after: number, isExpanded: boolean): Part {
	const lineEnd = lines[last]?.end ?? text.length;
	const rest = text.slice(head.end, lineEnd);
	const block = lines.slice(last + 1, after).filter(({ isBlank }) => !isBlank);
	const buffered = /^!?=(.*)$/s.exec(rest)?.[1]?.trim();
	const inside = text.slice(head.end, lines[after - 1]?.end ?? lineEnd);
	const prints = [...(buffered === undefined ? [] : [buffered]), ...printedIn(inside)];
	const isPrinted = buffered !== undefined || (block.length > 0 && block.every(({ start }) => /^!?=/.test(text.slice(start, start + 2))));
	if (buffered !== undefined || isExpanded || (block.length > 0 && !isDot(rest)) || /[#!]\{|#\[/.test(inside))
		return { text: undefined, start: "", prints, isPrinted };
	const own = isDot(rest) ? dedented(text, lines.slice(last + 1, after), after === lines.length) : rest.replace(/^ /, "");
	return { text: own, start: own, prints, isPrinted: false };
}

/** The text of lines, without the indentation that they share. At the end of a file, Pug drops empty lines. */
function dedented(text: string, lines: readonly Line[], isLast: boolean): string {
	const indent = lines.reduce((least, line) => (line.isBlank ? least : Math.min(least, line.indent)), Number.POSITIVE_INFINITY);
	const own = lines.map((line) => text.slice(Math.min(line.end, line.start - line.indent + indent), line.end));
	while (isLast && own.at(-1) === "") own.pop();
	return own.join("\n");
}

/** What is printed in text: `#{…}`, `!{…}` and lines that begin with `=`. */
function printedIn(text: string): readonly string[] {
	const codes = [...text.matchAll(/[\r\n][ \t]*!?=([^\r\n]*)/g)].map(([, code = ""]) => code.trim());
	const found: string[] = [];
	const sign = /[#!]\{/g;
	for (let start = sign.exec(text); start !== null; start = sign.exec(text)) {
		const close = closingBracket(text, start.index + 1, Math.min(text.length, start.index + LONGEST));
		if (close !== -1 && text[start.index - 1] !== "\\") found.push(text.slice(start.index + 2, close).trim());
	}
	return [...codes, ...found];
}

/** No expression in text is longer, so that brackets without partners are not searched to the end of the file. */
const LONGEST = 2000;

/** Reads `#[…]` and HTML in text. Returns `next`. */
function readText({ text, found }: Reading, start: number, end: number, next: number): number {
	const line = text.slice(start, end);
	const elements = /<[a-z]/i.test(line) ? [...markupIn(start, line)] : [];
	for (const { index } of line.matchAll(/#\[/g)) {
		const head = line[index - 1] === "\\" ? undefined : readHead(text, start + index + 2, Math.min(end, start + index + LONGEST));
		if (head === undefined) continue;
		const content: Part = { text: undefined, start: "", prints: [], isPrinted: false };
		const isCode = head.name === "script" || head.name === "style";
		elements.push(elementOf(head, isCode ? content : undefined, "It is in #[…]. Write nonce=cspNonce in its attributes."));
	}
	for (const element of elements.sort((a, b) => a.offset - b.offset)) found.push(element);
	return next;
}

/** HTML in text, in which a nonce is written as #{cspNonce}. */
function markupIn(start: number, line: string): readonly Element[] {
	const masked = line.replace(/[\uE000-\uE002]/g, "\uFFFD").replace(/[#!]\{[^}]*\}/g, (found) => "\uE000".repeat(found.length));
	const source: Source = { text: line, language: "pug", masked, tags: [], zones: new Uint8Array(line.length + 1) };
	return elementsIn(source).map((element) => ({
		...element,
		offset: start + element.offset,
		attributes: element.attributes.map((attribute) => ({ ...attribute, offset: start + attribute.offset })),
		content: element.content?.text === "" && !/<\/(?:script|style)/i.test(line) ? { ...element.content, text: undefined } : element.content,
		nonceAt: undefined,
		obstacle: 'It is HTML in Pug. Write nonce="#{cspNonce}" in its tag.',
	}));
}
