import { escapedJson, stripControls } from "./log.ts";

const SHOWN = 80;

/** A value for a message: quoted as JSON, on one line, and cut at 80 characters. */
export function show(value: unknown): string {
	const text = printable(value);
	return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

/** What a value is, for messages about a wrong type. */
export function kindOf(value: unknown): string {
	if (value === null) return "null";
	if (Array.isArray(value)) return "an array";
	if (isThenable(value)) return "a promise";
	const tag = Object.prototype.toString.call(value).slice("[object ".length, -1);
	if (typeof value === "object" && tag !== "Object") return `a ${tag}`;
	const type = typeof value;
	return type === "object" || type === "undefined" ? (type === "object" ? "an object" : type) : `a ${type}`;
}

/** Whether a value has a method `then`. False if reading it throws. */
export function isThenable(value: unknown): boolean {
	try {
		return isObject(value) && typeof Reflect.get(value, "then") === "function";
	} catch {
		return false;
	}
}

export function isObject(value: unknown): value is object {
	return typeof value === "object" && value !== null;
}

/** Whether a value is an object with fields: a literal, an object without a prototype, or an instance of a class. Not for built-in, iterable or thenable objects. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
	if (!isObject(value) || isThenable(value)) return false;
	return Object.prototype.toString.call(value) === "[object Object]" && !(Symbol.iterator in value);
}

/** No name that is looked for is longer, so what is longer is none of them and not looked through. */
const LONGEST_NAME = 100;

/** `scriptSrc` → `script-src`. */
export function kebab(name: string): string {
	return name.length > LONGEST_NAME ? name : name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The type of a kebab-case name in camelCase. */
export type Camel<Name extends string> = Name extends `${infer Head}-${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : Name;

/** `script-src` → `scriptSrc`. */
export function camel(name: string): string {
	return name.length > LONGEST_NAME ? name : name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** ` Did you mean "x"?` for the end of a message, or an empty string. */
export function didYouMean(name: string, known: Iterable<string>): string {
	const guess = nearest(name, known);
	return guess === undefined ? "" : ` Did you mean ${JSON.stringify(guess)}?`;
}

/** The known name that was probably meant. Undefined if none is similar. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
	if (name.length > LONGEST_NAME) return undefined;
	const wanted = name.toLowerCase();
	let best: string | undefined;
	let bestDistance = Math.max(2, Math.floor(wanted.length / 3)) + 1;
	for (const candidate of known) {
		const distance = editDistance(wanted, candidate.toLowerCase(), bestDistance - 1);
		if (distance < bestDistance) {
			best = candidate;
			bestDistance = distance;
		}
	}
	return best;
}

function printable(value: unknown): string {
	if (typeof value === "bigint") return `${value}n`;
	if (typeof value === "symbol" || typeof value === "number") return stripControls(String(value));
	if (typeof value === "function") return stripControls(`function ${value.name || "(anonymous)"}`);
	if (typeof value === "string") return escapedJson(JSON.stringify(value.slice(0, SHOWN + 1)));
	if (isThenable(value)) return "a promise";
	try {
		// Escapes make it longer, so the rest would not be shown.
		return escapedJson((JSON.stringify(value) ?? String(value)).slice(0, SHOWN + 1));
	} catch {
		return kindOf(value);
	}
}

/** How many letters to add, drop or change. `Infinity` for more than `most`, which is found out early. */
export function editDistance(a: string, b: string, most: number = Number.POSITIVE_INFINITY): number {
	if (Math.abs(a.length - b.length) > most) return Number.POSITIVE_INFINITY;
	let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
	for (let i = 1; i <= a.length; i++) {
		const row = [i];
		for (let j = 1; j <= b.length; j++) {
			const change = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
			row.push(Math.min(change, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
		}
		if (Math.min(...row) > most) return Number.POSITIVE_INFINITY;
		previous = row;
	}
	const distance = previous[b.length] ?? 0;
	return distance > most ? Number.POSITIVE_INFINITY : distance;
}

/** A function of the user's may be asynchronous. An unhandled rejection would end the process. */
export function ignoreRejection(value: unknown): void {
	if (isThenable(value)) Promise.resolve(value).catch(() => {});
}

/** An own field. A polluted `Object.prototype` adds nothing. */
export function own<Value>(fields: { readonly [name: string]: Value }, name: string): Value | undefined {
	return Object.hasOwn(fields, name) ? fields[name] : undefined;
}
