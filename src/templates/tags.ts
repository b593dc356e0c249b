import type { Language } from "./types.ts";

/** A tag of a template language. */
export interface TemplateTag {
	readonly start: number;
	readonly end: number;
	readonly kind: "output" | "control" | "comment";
	/** What is between the delimiters. */
	readonly source: string;
}

/** Text that the template language does not read, such as `{% raw %}`. */
export interface RawText {
	readonly start: number;
	readonly end: number;
}

export interface Tags {
	readonly tags: readonly TemplateTag[];
	readonly raw: readonly RawText[];
}

/** The tags of a template in order. A tag that does not end is the last. */
export function tagsOf(text: string, language: Language): Tags {
	if (language === "ejs") return ejsTags(text);
	if (language === "eta") return etaTags(text);
	if (language === "handlebars" || language === "mustache") return handlebarsTags(text);
	return language === "nunjucks" ? nunjucksTags(text) : { tags: [], raw: [] };
}

/** EJS ends a tag at the first `%>`, also in a string. `<%%` and `%%>` print a delimiter. */
function ejsTags(text: string): Tags {
	const tags: TemplateTag[] = [];
	const sign = /<%%|%%>|<%[=\-_#]?/g;
	for (let found = sign.exec(text); found !== null; found = sign.exec(text)) {
		const [open] = found;
		if (open === "<%%" || open === "%%>") {
			tags.push({ start: found.index, end: sign.lastIndex, kind: "comment", source: "" });
			continue;
		}
		const closing = text.indexOf("%>", sign.lastIndex);
		const end = closing === -1 ? text.length : closing + 2;
		const source = inner(text, sign.lastIndex, end - 2, /[-_]$/);
		tags.push({ start: found.index, end, kind: open === "<%=" || open === "<%-" ? "output" : open === "<%#" ? "comment" : "control", source });
		sign.lastIndex = end;
	}
	return { tags, raw: [] };
}

/** Eta does not end a tag in a string or comment. */
function etaTags(text: string): Tags {
	const tags: TemplateTag[] = [];
	const sign = /<%[-_]?\s*([=~])?/g;
	const end = endFinder(text, /[-_]?%>/, "'\"`", true);
	for (let found = sign.exec(text); found !== null; found = sign.exec(text)) {
		const closing = end(sign.lastIndex);
		const source = inner(text, sign.lastIndex, closing.start);
		const kind = found[1] !== undefined ? "output" : isComment(source) ? "comment" : "control";
		tags.push({ start: found.index, end: closing.end, kind, source });
		sign.lastIndex = closing.end;
	}
	return { tags, raw: [] };
}

function isComment(source: string): boolean {
	return source.startsWith("/*") && source.indexOf("*/", 2) === source.length - 2;
}

function handlebarsTags(text: string): Tags {
	const tags: TemplateTag[] = [];
	const raw: RawText[] = [];
	const sign = /\{\{/g;
	const ends = { double: endFinder(text, /~?\}\}/, "'\"", false), triple: endFinder(text, /\}~?\}\}/, "'\"", false) };
	for (let found = sign.exec(text); found !== null; found = sign.exec(text)) {
		const at = found.index;
		if (text[at - 1] === "\\" && text[at - 2] !== "\\") {
			// The backslash is not printed, and the tag is text.
			tags.push({ start: at - 1, end: at, kind: "comment", source: "" });
			continue;
		}
		const isLong = text.startsWith("{{{{", at);
		const whole = isLong && text[at + 4] !== "/" ? rawBlock(text, at) : undefined;
		if (whole !== undefined) {
			raw.push(whole);
			tags.push({ start: at, end: whole.start, kind: "output", source: inner(text, at + 4, whole.start - 4) });
			sign.lastIndex = whole.end;
			continue;
		}
		const closing = endOfMustache(text, at, isLong, ends);
		tags.push(mustache(text, at, closing.start, closing.end));
		sign.lastIndex = closing.end;
	}
	return { tags, raw };
}

function endOfMustache(text: string, at: number, isLong: boolean, ends: Readonly<Record<"double" | "triple", (at: number) => End>>): End {
	const start = text.slice(at, at + 7);
	if (/^\{\{~?!/.test(start)) return endOf(text, /^\{\{~?!--/.test(start) ? /--~?\}\}/g : /\}\}/g, at);
	if (isLong) return endOf(text, /\}\}\}\}/g, at);
	return /^\{\{~?\{/.test(start) ? ends.triple(at + 3) : ends.double(at + 2);
}

function mustache(text: string, start: number, closing: number, end: number): TemplateTag {
	const source = inner(text, start + 2, closing, /^~?\{*/);
	const kind = source.startsWith("!") ? "comment" : /^(?:[#^/]|else\b|=)/.test(source) ? "control" : "output";
	return { start, end, kind, source };
}

/** `{{{{name}}}}` … `{{{{/name}}}}`, whose text goes to a helper as it is. Without an end, it is all of the rest. */
function rawBlock(text: string, at: number): RawText {
	const opened = text.indexOf("}}}}", at);
	const start = opened === -1 ? text.length : opened + 4;
	const end = text.indexOf("{{{{/", start);
	return { start, end: end === -1 ? text.length : end };
}

function endOf(text: string, closing: RegExp, at: number): End {
	closing.lastIndex = at;
	const found = closing.exec(text);
	return found === null ? { start: text.length, end: text.length } : { start: found.index, end: closing.lastIndex };
}

const RAW_TAG = /^[-+]?\s*(raw|verbatim|comment)\s*-?$/;

/** Also Twig and Liquid, whose delimiters are the same. */
function nunjucksTags(text: string): Tags {
	const tags: TemplateTag[] = [];
	const raw: RawText[] = [];
	const sign = /\{[{%#]/g;
	const ends: ReadonlyMap<string, (at: number) => End> = new Map([
		["{{", endFinder(text, /-?\}\}/, "'\"", false)],
		["{%", endFinder(text, /-?%\}/, "'\"", false)],
		["{#", endFinder(text, /-?#\}/, "", false)],
	]);
	for (let found = sign.exec(text); found !== null; found = sign.exec(text)) {
		const [open] = found;
		const closing = ends.get(open)?.(sign.lastIndex) ?? { start: text.length, end: text.length };
		const source = inner(text, sign.lastIndex, closing.start, /^-/);
		tags.push({ start: found.index, end: closing.end, kind: open === "{{" ? "output" : open === "{#" ? "comment" : "control", source });
		sign.lastIndex = closing.end;
		const name = open === "{%" ? RAW_TAG.exec(source)?.[1] : undefined;
		if (name === undefined) continue;
		const whole = untilEnd(text, closing.end, name);
		if (name === "comment") tags.push({ ...whole, kind: "comment", source: "" });
		else raw.push(whole);
		sign.lastIndex = whole.end;
	}
	return { tags, raw };
}

/** The text before the tag that ends a block without tags inside, other than blocks of the same name. */
function untilEnd(text: string, start: number, name: string): RawText {
	const sign = new RegExp(`\\{%-?\\s*(end)?${name}\\s*-?%\\}`, "g");
	sign.lastIndex = start;
	let depth = 1;
	for (let found = sign.exec(text); found !== null; found = sign.exec(text)) {
		depth += found[1] === undefined ? 1 : -1;
		if (depth === 0) return { start, end: found.index };
	}
	return { start, end: text.length };
}

interface End {
	/** Where the closing delimiter begins. */
	readonly start: number;
	readonly end: number;
}

/** Finds the end of tags outside of strings. */
function endFinder(text: string, closing: RegExp, quotes: string, hasComments: boolean): (at: number) => End {
	const sign = new RegExp(`${quotes === "" ? "" : `[${quotes}]|`}${hasComments ? "/\\*|" : ""}${closing.source}`, "g");
	// A quote without its partner is an ordinary character. It is looked for once, so each character is read a limited number of times.
	const unpaired = new Set<string>();
	const skip = (word: string): void => {
		if (unpaired.has(word)) return;
		const after = word === "/*" ? text.indexOf("*/", sign.lastIndex) + 2 : afterString(text, word, sign.lastIndex);
		if (after < sign.lastIndex) unpaired.add(word);
		else sign.lastIndex = after;
	};
	return (at) => {
		sign.lastIndex = at;
		for (let found = sign.exec(text); found !== null; found = sign.exec(text)) {
			const [word] = found;
			if (word !== "/*" && !quotes.includes(word)) return { start: found.index, end: sign.lastIndex };
			skip(word);
		}
		return { start: text.length, end: text.length };
	};
}

/** 0 if the string does not end. */
function afterString(text: string, quote: string, at: number): number {
	for (let i = at; i < text.length; i++) {
		if (text[i] === "\\") i++;
		else if (text[i] === quote) return i + 1;
	}
	return 0;
}

function inner(text: string, start: number, end: number, without: RegExp = /^$/): string {
	return text.slice(start, Math.max(start, end)).replace(without, "").trim();
}
