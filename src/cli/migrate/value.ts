/** An expression of the application as far as it can be read without running it. */
export type Value = string | number | boolean | null | undefined | Code | Choice | readonly Value[] | Fields;

/** The fields of an object, in their order. */
export type Fields = ReadonlyMap<string, Value>;

/** What only the application knows: goes from the old code into the new one as it is. */
export interface Code {
	readonly code: string;
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

export function isChoice(value: Value): value is Choice {
	return typeof value === "object" && value !== null && "test" in value;
}

export function isList(value: Value): value is readonly Value[] {
	return Array.isArray(value);
}

export function isFields(value: Value): value is Fields {
	return value instanceof Map;
}

/** The same done to both sides of a choice; a choice between equal sides is none. */
export function eachSide(value: Value, change: (value: Value) => Value): Value {
	if (!isChoice(value)) return change(value);
	const [yes, no] = [eachSide(value.yes, change), eachSide(value.no, change)];
	return yes === no ? yes : { test: value.test, yes, no };
}

const WIDTH = 100;

/** A value as JavaScript. `indent` is one step, `at` what the line that it starts on is indented by. */
export function print(value: Value, indent: string, at = ""): string {
	if (isCode(value)) return value.code;
	if (isChoice(value)) return `${value.test} ? ${print(value.yes, indent, at)} : ${print(value.no, indent, at)}`;
	if (value === undefined || value === null || typeof value !== "object") return value === undefined ? "undefined" : JSON.stringify(value);
	const inner = at + indent;
	const entries = isList(value)
		? value.map((entry) => print(entry, indent, inner))
		: [...(value as Fields)].map(([key, entry]) => `${/^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key)}: ${print(entry, indent, inner)}`);
	const [open, close] = isList(value) ? ["[", "]"] : ["{", "}"];
	if (entries.length === 0) return open + close;
	const pad = isList(value) ? "" : " ";
	const line = open + pad + entries.join(", ") + pad + close;
	if (line.length + at.length <= WIDTH && !line.includes("\n")) return line;
	return `${open}\n${entries.map((entry) => `${inner}${entry},\n`).join("")}${at}${close}`;
}
