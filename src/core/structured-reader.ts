/** Reader for Structured Field Values (RFC 9651). As in browsers, one wrong byte makes the whole field invalid. Takes linear time. */

/** A value with its type, as text: numbers as written, strings without their quotes. */
interface BareItem {
	readonly type: "integer" | "decimal" | "string" | "token" | "bytes" | "boolean" | "date" | "display";
	readonly text: string;
}

type Parameters = ReadonlyMap<string, BareItem>;

export interface Item {
	readonly value: BareItem;
	readonly parameters: Parameters;
}

export interface InnerList {
	readonly items: readonly Item[];
	readonly parameters: Parameters;
}

/** Reads `same-origin; report-to="a"`. Undefined for anything but exactly one item. */
export function readItem(text: string): Item | undefined {
	return readWhole(text, itemAt);
}

/** The word of `same-origin; report-to="a"`. Undefined for anything but exactly one token. */
export function readToken(text: string): string | undefined {
	const value = readItem(text)?.value;
	return value?.type === "token" ? value.text : undefined;
}

/** The items of a member: those of its list, or the one that it is. */
export function itemsOf(member: Item | InnerList): readonly Item[] {
	return "items" in member ? member.items : [member];
}

/** Reads `a=1, b=(x y)`. Undefined if any part is invalid. The last of equal keys counts. */
export function readDictionary(text: string): ReadonlyMap<string, Item | InnerList> | undefined {
	return readWhole(text, (cursor) => {
		const members = new Map<string, Item | InnerList>();
		while (!cursor.isAtEnd()) {
			const key = keyAt(cursor);
			const member = cursor.take(/=/y) === "" ? { value: TRUE, parameters: parametersAt(cursor) } : memberAt(cursor);
			members.set(key, member);
			if (cursor.isAtEnd()) break;
			commaAt(cursor);
		}
		return members;
	});
}

/** Reads a list such as `(a "b"), c`, of which the first member is itself a list. Undefined if it is not, or any part is invalid. */
export function readFirstList(text: string): InnerList | undefined {
	const members = readWhole(text, (cursor) => {
		const members: (Item | InnerList)[] = [];
		while (!cursor.isAtEnd()) {
			members.push(memberAt(cursor));
			if (!cursor.isAtEnd()) commaAt(cursor);
		}
		return members;
	});
	const first = members?.[0];
	return first !== undefined && "items" in first ? first : undefined;
}

const TRUE: BareItem = { type: "boolean", text: "1" };

const BARE_ITEMS: readonly (readonly [type: BareItem["type"], pattern: RegExp, unwrap: (text: string) => string])[] = [
	["decimal", /-?\d{1,12}\.\d{1,3}(?![\d.])/y, same],
	["integer", /-?\d{1,15}(?![\d.])/y, same],
	["string", /"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"/y, (text) => text.slice(1, -1).replace(/\\(.)/g, "$1")],
	["token", /[A-Za-z*][A-Za-z0-9!#$%&'*+\-.^_`|~:/]*/y, same],
	["bytes", /:(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?:/y, (text) => text.slice(1, -1)],
	["boolean", /\?[01]/y, (text) => text.slice(1)],
	["date", /@-?\d{1,15}(?![\d.])/y, (text) => text.slice(1)],
	["display", /%"(?:[\x20\x21\x23\x24\x26-\x7e]|%[0-9a-f]{2})*"/y, (text) => decodeURIComponent(text.slice(2, -1))],
];

interface Cursor {
	isAtEnd(): boolean;
	/** Returns what a sticky pattern matches here, and moves behind it. Returns an empty string if it does not match. */
	take(pattern: RegExp): string;
}

/** Thrown and caught while reading. */
const WRONG = new SyntaxError("not a structured field");

function readWhole<Result>(text: string, read: (cursor: Cursor) => Result): Result | undefined {
	let position = /^ */.exec(text)?.[0].length ?? 0;
	let end = text.length;
	while (end > position && text[end - 1] === " ") end--;
	const cursor: Cursor = {
		isAtEnd: () => position >= end,
		take(pattern) {
			pattern.lastIndex = position;
			const found = pattern.exec(text)?.[0] ?? "";
			position += found.length;
			return found;
		},
	};
	try {
		const result = read(cursor);
		return cursor.isAtEnd() ? result : undefined;
	} catch {
		return undefined;
	}
}

function memberAt(cursor: Cursor): Item | InnerList {
	if (cursor.take(/\(/y) === "") return itemAt(cursor);
	const items: Item[] = [];
	for (;;) {
		const space = cursor.take(/ */y);
		if (cursor.take(/\)/y) !== "") return { items, parameters: parametersAt(cursor) };
		if (items.length > 0 && space === "") throw WRONG;
		items.push(itemAt(cursor));
	}
}

function itemAt(cursor: Cursor): Item {
	return { value: bareItemAt(cursor), parameters: parametersAt(cursor) };
}

function bareItemAt(cursor: Cursor): BareItem {
	for (const [type, pattern, unwrap] of BARE_ITEMS) {
		const text = cursor.take(pattern);
		if (text !== "") return { type, text: unwrap(text) };
	}
	throw WRONG;
}

function parametersAt(cursor: Cursor): Parameters {
	const parameters = new Map<string, BareItem>();
	while (cursor.take(/; */y) !== "") {
		parameters.set(keyAt(cursor), cursor.take(/=/y) === "" ? TRUE : bareItemAt(cursor));
	}
	return parameters;
}

function keyAt(cursor: Cursor): string {
	const key = cursor.take(/[a-z*][a-z0-9_\-.*]*/y);
	if (key === "") throw WRONG;
	return key;
}

function commaAt(cursor: Cursor): void {
	cursor.take(/[ \t]*/y);
	if (cursor.take(/,/y) === "") throw WRONG;
	cursor.take(/[ \t]*/y);
	if (cursor.isAtEnd()) throw WRONG;
}

function same(text: string): string {
	return text;
}
