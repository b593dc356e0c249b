import { isCodeType } from "../csp/markup.ts";
import { MARKS, partOf, type Source, ZONES } from "./source.ts";
import type { Attribute, Element, NonceAt } from "./types.ts";

/** Elements whose content is text, also where it looks like markup. The content of `noscript` and `template` is markup. */
const TEXT: ReadonlySet<string> = new Set(["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "plaintext"]);
/** Elements of another language, in which only these two have text that is left as it is. */
const FOREIGN: ReadonlySet<string> = new Set(["svg", "math"]);

const START = /<!--|<[!?]|<\/?[a-zA-Z\uE000][^\s/>\uE001\uE002]*/g;
const SPACE = /[\s/\uE001\uE002]*/y;
const NAME = /=?[^\s/>=\uE001\uE002]*/y;
const EQUALS = /\s*=\s*/y;
const BARE = /[^\s>]*/y;

/** The start tags of markup with marks, in order. Markup that does not end is the last, so each character is read once. */
export function elementsIn(source: Source): readonly Element[] {
	const found: Element[] = [];
	const reading: Reading = { source, found, foreign: 0 };
	for (let at = 0; at !== -1; ) {
		START.lastIndex = at;
		const start = START.exec(source.masked);
		at = start === null ? -1 : readSign(reading, start[0], start.index, START.lastIndex);
	}
	return found;
}

interface Reading {
	readonly source: Source;
	readonly found: Element[];
	/** The number of open foreign elements. */
	foreign: number;
}

/** Where the next tag may begin. -1 if there is none. */
function readSign(reading: Reading, sign: string, offset: number, after: number): number {
	const { masked } = reading.source;
	if (sign === "<!--") return afterComment(masked, after);
	if (/^<[!?]/.test(sign)) return masked.indexOf(">", after);
	const tag = readTag(reading.source, after);
	if (tag === undefined) return -1;
	const isEnd = sign[1] === "/";
	const name = sign.slice(isEnd ? 2 : 1).toLowerCase();
	if (FOREIGN.has(name)) reading.foreign = Math.max(0, reading.foreign + (isEnd ? -1 : tag.isEmpty ? 0 : 1));
	return isEnd ? tag.end : addElement(reading.source, { ...tag, name, offset, nameEnd: after, isForeign: reading.foreign > 0 }, reading.found);
}

interface Tag {
	readonly attributes: readonly Attribute[];
	readonly added: readonly string[];
	readonly end: number;
	/** Whether it ends with a slash, which counts in foreign elements. */
	readonly isEmpty: boolean;
}

interface Start extends Tag {
	readonly name: string;
	readonly offset: number;
	readonly nameEnd: number;
	readonly isForeign: boolean;
}

function afterComment(masked: string, at: number): number {
	// <!--> and <!---> are complete comments.
	for (const end of [">", "->"]) if (masked.startsWith(end, at)) return at + end.length;
	const closing = /--!?>/g;
	closing.lastIndex = at;
	return closing.exec(masked) === null ? -1 : closing.lastIndex;
}

/** Reads from the name of a tag to its end. Undefined if it has none. */
function readTag(source: Source, from: number): Tag | undefined {
	const { masked } = source;
	const attributes: Attribute[] = [];
	const added: string[] = [];
	let isConditional = false;
	let at = from;
	while (at < masked.length) {
		const space = take(SPACE, masked, at);
		isConditional ||= space.includes(MARKS.control);
		at += space.length;
		if (masked[at] === ">") return { attributes, added, end: at + 1, isEmpty: masked[at - 1] === "/" };
		const name = take(NAME, masked, at);
		if (name.startsWith(MARKS.output)) added.push(partOf(source, at, at + name.length, false).prints.join());
		const equals = take(EQUALS, masked, at + name.length);
		const value = equals === "" ? { start: at, end: at, next: at + name.length } : valueAt(masked, at + name.length + equals.length);
		if (value === undefined) return undefined;
		const { start, end } = value;
		attributes.push({ name: name.toLowerCase(), offset: at, value: partOf(source, start, end, true), valueStart: start, valueEnd: end, isConditional });
		at = value.next;
	}
	return undefined;
}

function take(pattern: RegExp, text: string, at: number): string {
	pattern.lastIndex = at;
	return pattern.exec(text)?.[0] ?? "";
}

interface Value {
	readonly start: number;
	readonly end: number;
	/** After the closing quote. */
	readonly next: number;
}

function valueAt(masked: string, at: number): Value | undefined {
	const quote = masked[at];
	if (quote !== '"' && quote !== "'") {
		const end = at + take(BARE, masked, at).length;
		return { start: at, end, next: end };
	}
	const end = masked.indexOf(quote, at + 1);
	return end === -1 ? undefined : { start: at + 1, end, next: end + 1 };
}

/** Adds the element, and returns where the next tag may begin. */
function addElement(source: Source, start: Start, found: Element[]): number {
	const { name, end } = start;
	const isText = TEXT.has(name) && (!start.isForeign || name === "script" || name === "style") && !(start.isForeign && start.isEmpty);
	const content = isText ? { start: end, end: endOfText(source.masked, name, end) } : undefined;
	const obstacle = content === undefined ? undefined : obstacleIn(source, start, content.end);
	const nonceAt: NonceAt = { offset: start.nameEnd, before: " ", after: "", fromRoot: ((source.zones[start.offset] ?? 0) & ZONES.ownData) !== 0 };
	const { offset, attributes, added } = start;
	const isCode = name === "script" || name === "style";
	found.push({
		name: name.includes(MARKS.output) ? "" : name,
		offset,
		attributes,
		added,
		content: content !== undefined && isCode ? partOf(source, content.start, content.end, false) : undefined,
		nonceAt: obstacle === undefined ? nonceAt : undefined,
		obstacle,
	});
	return content?.end ?? end;
}

function obstacleIn({ masked, zones }: Source, { name, offset, end, attributes }: Start, contentEnd: number): string | undefined {
	const zone = zones[offset] ?? 0;
	if ((zone & ZONES.raw) !== 0) return "It is in text that the template engine prints as it is. Write the nonce in the template that fills it in.";
	if ((zone & ZONES.macro) !== 0) return "It is in a macro, which may not see the nonce. Pass the nonce to the macro.";
	const type = attributes.find((attribute) => attribute.name === "type")?.value.text;
	// A branch of the template begins the same element in another way.
	const isBranched = new RegExp(`[${MARKS.control}]\\s*<${name}[\\s/>]`, "i").test(masked.slice(end, contentEnd)) && (name !== "script" || isCodeType(type));
	return isBranched ? "The template begins it in more than one way. Write the nonce in each." : undefined;
}

function endOfText(masked: string, name: string, from: number): number {
	if (name === "plaintext") return masked.length;
	if (name === "script") return endOfScript(masked, from);
	const closing = new RegExp(`</${name}[\\s/>]`, "gi");
	closing.lastIndex = from;
	return closing.exec(masked)?.index ?? masked.length;
}

/** A script in a comment in a script does not end it (HTML §13.2.5.20 and following). */
function endOfScript(masked: string, from: number): number {
	const sign = /<!--|-->|<(\/?)script[\s/>]/gi;
	sign.lastIndex = from;
	let isComment = false;
	let isNested = false;
	for (let found = sign.exec(masked); found !== null; found = sign.exec(masked)) {
		const [word, slash] = found;
		if (word === "<!--") {
			isComment = true;
			// The dashes can also be those of the end.
			sign.lastIndex -= 2;
		} else if (word === "-->") {
			isComment = false;
			isNested = false;
		} else if (slash === "") isNested = isComment;
		else if (isNested) isNested = false;
		else return found.index;
	}
	return masked.length;
}
