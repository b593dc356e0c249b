/** An expression of the application, as far as it can be read without running it. */
export type Value = string | number | boolean | null | undefined | Code | Choice | readonly Value[] | Fields;

/** The fields of an object, in their order. */
export type Fields = ReadonlyMap<string, Value>;

/** What only the application knows. The new code contains it unchanged. */
export interface Code {
	readonly code: string;
	/** Its value, if that can be read: a function that is called in each request, or a value. */
	readonly means?: "function" | { readonly read: Value };
	/** `...code` in a list. */
	readonly spreads?: true;
}

/** `test ? yes : no`. */
export interface Choice {
	readonly test: string;
	readonly yes: Value;
	readonly no: Value;
}

export function isCode(value: Value): value is Code {
	return typeof value === "object" && value !== null && "code" in value;
}

/** The value of code, if it is known. */
export function meaningOf(value: Value): Value {
	return isCode(value) && typeof value.means === "object" ? value.means.read : value;
}

export function isChoice(value: Value): value is Choice {
	return typeof value === "object" && value !== null && "test" in value;
}

export function isList(value: Value): value is readonly Value[] {
	return Array.isArray(value);
}

export function isFields(value: Value): value is Fields {
	return value instanceof Map;
}

/** Changes both sides of a choice. If they are then equal, one of them remains. */
export function eachSide(value: Value, change: (value: Value) => Value): Value {
	if (!isChoice(value)) return change(value);
	const [yes, no] = [eachSide(value.yes, change), eachSide(value.no, change)];
	return yes === no ? yes : { test: value.test, yes, no };
}

const WIDTH = 100;

/** The layout of a file: one step of indentation, and the line ending. */
export interface Layout {
	readonly indent: string;
	readonly eol: string;
}

/** A value as JavaScript. `at` is the indentation of the line that it starts on. */
export function print(value: Value, layout: Layout, at = ""): string {
	if (isCode(value)) return value.code;
	if (isChoice(value) && value.yes === true && value.no === false) return value.test;
	if (isChoice(value)) return `${value.test} ? ${print(value.yes, layout, at)} : ${print(value.no, layout, at)}`;
	if (value === undefined || value === null || typeof value !== "object") return value === undefined ? "undefined" : JSON.stringify(value);
	const inner = at + layout.indent;
	const entries = isList(value)
		? value.map((entry) => print(entry, layout, inner))
		: [...(value as Fields)].map(([key, entry]) => `${/^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key)}: ${print(entry, layout, inner)}`);
	const [open, close] = isList(value) ? ["[", "]"] : ["{", "}"];
	if (entries.length === 0) return open + close;
	const pad = isList(value) ? "" : " ";
	const line = open + pad + entries.join(", ") + pad + close;
	if (line.length + at.length <= WIDTH && !line.includes("\n")) return line;
	return `${open}${layout.eol}${entries.map((entry) => `${inner}${entry},${layout.eol}`).join("")}${at}${close}`;
}
