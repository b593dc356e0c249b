import { resolveReferences } from "../core/references.ts";
import { type RawText, type Tags, type TemplateTag, tagsOf } from "./tags.ts";
import type { Language, Part } from "./types.ts";

/** The mark in place of each character of a tag of the template language, by the kind of the tag. */
export const MARKS = { output: "\uE000", control: "\uE001", comment: "\uE002" } as const;

const ANY_MARK = /[\uE000-\uE002]/;
const ANY_TAG = /\{\{|\{%|<%/;

/** Where a nonce needs another expression, or cannot be printed. Bits, because zones overlap. */
export const ZONES = { raw: 1, ownData: 2, macro: 4 } as const;

/** A template whose tags cannot be confused with markup. */
export interface Source {
	readonly text: string;
	readonly language: Language;
	/** Of the same length, with marks in place of the tags. */
	readonly masked: string;
	readonly tags: readonly TemplateTag[];
	/** The zones of each position. */
	readonly zones: Uint8Array;
}

export function sourceOf(text: string, language: Language): Source {
	const found = tagsOf(text, language);
	return { text, language, masked: maskedOf(text, found.tags), tags: found.tags, zones: zonesOf(text, language, found) };
}

function maskedOf(text: string, tags: readonly TemplateTag[]): string {
	// The text may contain the marks.
	const plain = text.replace(/[\uE000-\uE002]/g, "\uFFFD");
	const parts: string[] = [];
	let at = 0;
	for (const { start, end, kind } of tags) {
		parts.push(plain.slice(at, start), MARKS[kind].repeat(end - start));
		at = end;
	}
	return parts.join("") + plain.slice(at);
}

function zonesOf(text: string, language: Language, { tags, raw }: Tags): Uint8Array {
	const zones = new Uint8Array(text.length + 1);
	const add = (bit: number, start: number, end: number): void => {
		for (let i = start; i < end; i++) zones[i] = (zones[i] ?? 0) | bit;
	};
	for (const { start, end } of raw) add(ZONES.raw, start, end);
	if (language === "handlebars")
		for (const { start, end } of blocksIn(tags, /^(?:#|\^\s*[\w@.])/, /^\//, /^#(?!\s*(?:if|unless)\b)/)) add(ZONES.ownData, start, end);
	if (language === "nunjucks") for (const { start, end } of blocksIn(tags, /^macro\b/, /^endmacro\b/, /^/)) add(ZONES.macro, start, end);
	return zones;
}

/** The outermost blocks whose first tag matches `wanted`. */
function blocksIn(tags: readonly TemplateTag[], opening: RegExp, closing: RegExp, wanted: RegExp): readonly RawText[] {
	const found: RawText[] = [];
	/** For each open block, where its content starts, or -1 if it is not wanted. */
	const open: number[] = [];
	let wantedAbove = 0;
	const close = (end: number): void => {
		const start = open.pop() ?? -1;
		if (start === -1) return;
		wantedAbove--;
		if (wantedAbove === 0) found.push({ start, end });
	};
	for (const { kind, source, start, end } of tags) {
		if (kind !== "control") continue;
		if (closing.test(source)) close(start);
		else if (opening.test(source)) {
			const isWanted = wanted.test(source);
			open.push(isWanted ? end : -1);
			if (isWanted) wantedAbove++;
		}
	}
	while (open.length > 0) close(tags.at(-1)?.end ?? 0);
	return found;
}

/** A range of a template. */
export function partOf({ text, language, masked, tags }: Source, start: number, end: number, isEncoded: boolean): Part {
	const read = isEncoded ? resolveReferences : String;
	const covered = masked.slice(start, end);
	// Only a build or a framework knows which tags are in HTML, and in code these characters are code.
	const mark = covered.search(language === "html" && isEncoded ? ANY_TAG : ANY_MARK);
	const literal = text.slice(start, end);
	if (mark === -1) return { text: read(literal), start: read(literal), prints: [], isPrinted: false };
	const prints: string[] = [];
	for (let i = firstFrom(tags, start); i < tags.length && (tags[i]?.start ?? end) < end; i++) {
		if (tags[i]?.kind === "output") prints.push(tags[i]?.source ?? "");
	}
	return { text: undefined, start: read(literal.slice(0, mark)), prints, isPrinted: /^[\s;\uE000-\uE002]*$/.test(covered) && prints.length > 0 };
}

/** The index of the first tag at or after a position. */
function firstFrom(tags: readonly TemplateTag[], position: number): number {
	let low = 0;
	let high = tags.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if ((tags[middle]?.start ?? 0) < position) low = middle + 1;
		else high = middle;
	}
	return low;
}
