import type { Attribute, NonceAt } from "../types.ts";
import { attributesIn } from "./attributes.ts";
import { closingBracket } from "./script.ts";

/** The name, id, classes and attributes of a tag. */
export interface Head {
	readonly name: string;
	readonly start: number;
	/** After all of it. */
	readonly end: number;
	readonly attributes: readonly Attribute[];
	readonly added: readonly string[];
	readonly nonceAt: NonceAt;
}

const TAG_NAME = /\w(?:[-:\w]*\w)?/y;
const SELECTOR = /#[\w-]+|\.[\w-]*[_a-z][\w-]*/iy;
const MIXIN = /\+\s*[-\w]+ */y;

/** Undefined if there is none. */
export function readHead(text: string, start: number, limit: number): Head | undefined {
	const opening = nameAt(text, start, limit);
	if (opening === undefined) return undefined;
	const attributes: Attribute[] = [];
	const added: string[] = [];
	const alone = afterSelectors(text, opening.end);
	let nonceAt: NonceAt | undefined;
	let at = alone;
	for (let group = groupAt(text, at, limit); group !== undefined; group = groupAt(text, at, limit)) {
		if (group.close === -1) return undefined;
		const inner = text.slice(group.open + 1, group.close).trim();
		if (group.isSpread) added.push(inner);
		else {
			nonceAt ??= { offset: group.open + 1, before: "", after: inner === "" ? "" : ", ", fromRoot: false };
			for (const attribute of attributesIn(text, group.open + 1, group.close)) attributes.push(attribute);
		}
		at = afterSelectors(text, group.close + 1);
	}
	nonceAt ??= { offset: alone, before: "(", after: ")", fromRoot: false };
	return { name: opening.name, start, end: at, attributes, added, nonceAt };
}

interface Group {
	/** `&attributes(…)`. */
	readonly isSpread: boolean;
	readonly open: number;
	/** -1 if it does not end. */
	readonly close: number;
}

/** The parentheses at a position. */
function groupAt(text: string, at: number, limit: number): Group | undefined {
	const isSpread = text.startsWith("&attributes(", at);
	if (at >= limit || (text[at] !== "(" && !isSpread)) return undefined;
	const open = isSpread ? at + "&attributes".length : at;
	return { isSpread, open, close: closingBracket(text, open, limit) };
}

function afterSelectors(text: string, from: number): number {
	let at = from;
	for (let found = matchAt(SELECTOR, text, at); found !== ""; found = matchAt(SELECTOR, text, at)) at += found.length;
	return at;
}

/** The name of a tag, `div` for a class or id alone, and nothing for a name that is computed or a mixin. */
function nameAt(text: string, at: number, limit: number): { readonly name: string; readonly end: number } | undefined {
	if (text.startsWith("#{", at)) {
		const close = closingBracket(text, at + 1, limit);
		return close === -1 ? undefined : { name: "", end: close + 1 };
	}
	const mixin = matchAt(MIXIN, text, at);
	if (mixin !== "") return { name: "", end: afterArguments(text, at + mixin.length, limit) };
	const name = matchAt(TAG_NAME, text, at);
	if (name !== "") return { name: name.toLowerCase(), end: at + name.length };
	return matchAt(SELECTOR, text, at) === "" ? undefined : { name: "div", end: at };
}

/** Parentheses after a mixin contain arguments, unless they begin with an attribute. */
function afterArguments(text: string, at: number, limit: number): number {
	if (text[at] !== "(") return at;
	const close = closingBracket(text, at, limit);
	return close === -1 || /^\s*[-\w]+ *=/.test(text.slice(at + 1, at + 200)) ? at : close + 1;
}

function matchAt(pattern: RegExp, text: string, at: number): string {
	pattern.lastIndex = at;
	return pattern.exec(text)?.[0] ?? "";
}
