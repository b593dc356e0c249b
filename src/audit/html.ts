import { resolveReferences } from "../core/references.ts";
import { memoize } from "./memoize.ts";

/** One start tag of a page, with what the checks need. */
export interface Tag {
	/** In lower case. */
	readonly name: string;
	/** Lower-case name → value. The first one counts. */
	readonly attributes: ReadonlyMap<string, string>;
	/** The content of a script or style element, as it is. */
	readonly text: string;
	/** Counted from 1. */
	readonly line: number;
}

const START = /<!--|<([a-z][^\s/>]*)/gi;
const COMMENT_END = /--!?>/g;
/** The end of a start tag, or the start of a value. */
const SIGN = />|=\s*(["']?)/g;
const ATTRIBUTE = /([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>][^\s>]*)))?/g;
/** Elements whose content is text, also where it looks like markup. */
const RAW_TEXT: ReadonlySet<string> = new Set([
	...["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"],
	// Nothing in them is loaded or run, as long as scripts run at all.
	...["noscript", "template"],
]);

/** The start tags of a page, in order. Not a full HTML parser, but enough to find resources, inline code and meta elements. */
function tagsOf(html: string): readonly Tag[] {
	const tags: Tag[] = [];
	let at = 0;
	const lineAt = lineCounter(html);
	// A comment or tag that does not end is the last one of the page, so each character is read once.
	while (at !== -1) {
		START.lastIndex = at;
		const start = START.exec(html);
		if (start === null) break;
		const name = start[1]?.toLowerCase();
		at = name === undefined ? afterComment(html, START.lastIndex) : readTag(html, name, START.lastIndex, lineAt(start.index), tags);
	}
	return tags;
}

/** The line of positions that only grow, so that the page is read once. */
function lineCounter(html: string): (position: number) => number {
	let line = 1;
	let next = html.indexOf("\n");
	return (position) => {
		for (; next !== -1 && next < position; next = html.indexOf("\n", next + 1)) line++;
		return line;
	};
}

function afterComment(html: string, at: number): number {
	// <!--> and <!---> are complete comments.
	for (const end of [">", "->"]) if (html.startsWith(end, at)) return at + end.length;
	COMMENT_END.lastIndex = at;
	return COMMENT_END.exec(html) === null ? -1 : COMMENT_END.lastIndex;
}

/** Where the next tag may begin. */
function readTag(html: string, name: string, at: number, line: number, tags: Tag[]): number {
	const start = afterTag(html, at);
	if (start === -1) return -1;
	const end = RAW_TEXT.has(name) ? endOf(html, name, start) : start;
	tags.push({ name, attributes: attributesOf(html.slice(at, start - 1)), text: html.slice(start, end), line });
	return end;
}

/** The position after the `>` of a start tag. A quoted value may contain `>`; quotes elsewhere are ordinary characters. */
function afterTag(html: string, at: number): number {
	let next = at;
	while (true) {
		SIGN.lastIndex = next;
		const sign = SIGN.exec(html);
		if (sign === null) return -1;
		if (sign[0] === ">") return SIGN.lastIndex;
		const quote = sign[1] ?? "";
		const end = quote === "" ? SIGN.lastIndex : html.indexOf(quote, SIGN.lastIndex) + 1;
		if (end === 0) return -1;
		next = end;
	}
}

function endOf(html: string, name: string, start: number): number {
	const closing = new RegExp(`</${name}[\\s/>]`, "gi");
	closing.lastIndex = start;
	return closing.exec(html)?.index ?? html.length;
}

function attributesOf(text: string): ReadonlyMap<string, string> {
	const attributes = new Map<string, string>();
	for (const [, name = "", double, single, bare] of text.matchAll(ATTRIBUTE)) {
		const key = name.toLowerCase();
		if (!attributes.has(key)) attributes.set(key, resolveReferences(double ?? single ?? bare ?? ""));
	}
	return attributes;
}

/** `tagsOf` with a memory. */
export const tagsIn: (html: string) => readonly Tag[] = memoize(tagsOf, 20);

/** Whether a URL has another origin than the page. */
export function isForeign(address: string | undefined, page: string): boolean {
	if (address === undefined || !URL.canParse(address, page)) return false;
	const { origin, protocol } = new URL(address, page);
	return /^https?:$/.test(protocol) && origin !== new URL(page).origin;
}
