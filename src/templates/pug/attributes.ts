import { resolveReferences } from "../../core/references.ts";
import type { Attribute, Part } from "../types.ts";
import { afterString, goesOn, isComplete, isQuote, literalOf, startOf } from "./script.ts";

const SPACE = /[\s,]*/y;
const NAME = /(["'])(.*?)\1|[^\s!=,]+/y;
const EQUALS = /\s*(!?)=\s*/y;

/** The attributes between the parentheses of a tag. */
export function attributesIn(text: string, from: number, to: number): readonly Attribute[] {
	const attributes: Attribute[] = [];
	let at = skip(SPACE, text, from);
	while (at < to) {
		const offset = at;
		NAME.lastIndex = at;
		const [word = "", , quoted] = NAME.exec(text) ?? [];
		// A sign that belongs to no attribute. Pug refuses it.
		at += Math.max(1, word.length);
		EQUALS.lastIndex = at;
		const equals = EQUALS.exec(text);
		const start = equals === null ? at : EQUALS.lastIndex;
		const end = equals === null ? at : endOfValue(text, Math.min(start, to), to);
		const name = (quoted ?? word).toLowerCase();
		const value = equals === null ? fixed(name) : attributeValue(text.slice(start, end), equals[1] === "!");
		if (value !== undefined || name === "nonce")
			attributes.push({ name, offset, value: value ?? fixed(""), valueStart: start, valueEnd: end, isConditional: false });
		at = skip(SPACE, text, end);
	}
	return attributes;
}

function skip(pattern: RegExp, text: string, at: number): number {
	pattern.lastIndex = at;
	return pattern.exec(text) === null ? at : pattern.lastIndex;
}

/** An expression ends at a comma or at white space, unless it goes on after it. */
function endOfValue(text: string, start: number, to: number): number {
	let depth = 0;
	let choices = 0;
	for (let i = start; i < to; i++) {
		const char = text[i] ?? "";
		if (isQuote(char)) {
			const after = afterString(text, i, to);
			if (after === 0) return to;
			i = after - 1;
			continue;
		}
		depth += nesting(char);
		choices += depth === 0 ? choice(text, i) : 0;
		if (depth === 0 && choices <= 0 && isEnd(text, start, i, to)) return i;
	}
	return to;
}

function nesting(char: string): number {
	if (char === "(" || char === "[" || char === "{") return 1;
	return char === ")" || char === "]" || char === "}" ? -1 : 0;
}

/** 1 for a `?` that waits for its `:`, and -1 for the `:`. */
function choice(text: string, at: number): number {
	if (text[at] === ":") return -1;
	return text[at] === "?" && text[at + 1] !== "?" && text[at - 1] !== "?" && text[at + 1] !== "." ? 1 : 0;
}

/** No operator or word after which an expression goes on is longer. */
const LONGEST_OPERATOR = 12;

function isEnd(text: string, start: number, at: number, to: number): boolean {
	if (!/[\s,]/.test(text[at] ?? "")) return false;
	if (!isComplete(text.slice(Math.max(start, at - LONGEST_OPERATOR), at))) return false;
	if (text[at] === ",") return true;
	const next = skip(/\s*/y, text, at);
	return next >= to || text[next] === "," || !goesOn(text, next);
}

function fixed(text: string): Part {
	return { text, start: text, prints: [], isPrinted: false };
}

/** Undefined for a value without which Pug leaves the attribute out. */
function attributeValue(expression: string, isMarkup: boolean): Part | undefined {
	const source = expression.trim();
	if (/^(?:false|null|undefined)$/.test(source)) return undefined;
	const read = isMarkup ? resolveReferences : String;
	const literal = literalOf(source);
	if (literal !== undefined) return fixed(read(literal));
	return { text: undefined, start: read(startOf(source)), prints: [source], isPrinted: true };
}
