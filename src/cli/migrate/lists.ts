import { at, listAt, type Node, nameOf } from "./syntax.ts";
import { type Code, isChoice, isCode, isFields, isList, meaningOf, type Value } from "./value.ts";

/** Reads an expression of the file, and its text. */
export interface Reading {
	readonly value: (node: Node | undefined) => Value;
	/** The same where only true and false matter, so that `a && b` is `a ? b : false`. */
	readonly truthy: (node: Node | undefined) => Value;
	readonly text: (node: Node) => string;
}

/** The result of a call of JavaScript's own functions, if it is known. Undefined otherwise. */
export function resultOf(call: Node, reading: Reading): { readonly read: Value } | undefined {
	const callee = at(call, "callee");
	if (callee?.type !== "MemberExpression" || callee["computed"] === true) return undefined;
	const [object, method] = [at(callee, "object"), nameOf(at(callee, "property")) ?? ""];
	const given = listAt(call, "arguments");
	if (nameOf(object) === "Object") return method === "assign" ? assigned(given, reading) : undefined;
	if (nameOf(object) === "Array") return method === "from" && given.length === 1 ? listOf(reading.value(given[0])) : undefined;
	if (method === "split") return split(reading.value(object), meaningOf(reading.value(given[0])));
	if (method === "filter" && given.length === 1 && nameOf(given[0]) === "Boolean") return filtered(object, reading);
	return method === "concat" ? joined(object, given, reading) : undefined;
}

function assigned(given: readonly Node[], { value }: Reading): { readonly read: Value } | undefined {
	const all = given.map((node) => meaningOf(value(node)));
	return all.every(isFields) ? { read: new Map(all.flatMap((fields) => [...fields])) } : undefined;
}

function listOf(value: Value): { readonly read: Value } | undefined {
	const list = meaningOf(value);
	return isList(list) ? { read: list } : undefined;
}

function split(text: Value, separator: Value): { readonly read: Value } | undefined {
	return typeof text === "string" && typeof separator === "string" ? { read: text.split(separator) } : undefined;
}

/** `[…].filter(Boolean)`. */
function filtered(object: Node | undefined, { value, truthy }: Reading): { readonly read: Value } | undefined {
	const elements = object?.type === "ArrayExpression" ? listAt(object, "elements") : undefined;
	if (elements === undefined) return undefined;
	const list = elements.flatMap((element) => {
		if (element.type === "SpreadElement") {
			const spread = value({ ...element, type: "ArrayExpression", elements: [element] });
			return isList(spread) ? spread : [];
		}
		const entry = truthy(element);
		return isChoice(entry) ? [optional(entry.test, entry.yes, entry.no)] : meaningOf(entry) ? [entry] : [];
	});
	return list.some((entry) => entry === undefined) ? undefined : { read: list };
}

/** `...(test ? [yes] : [])`, without what is false. Undefined if a part cannot be written. */
function optional(test: string, yes: Value, no: Value): Code | undefined {
	const sides = [yes, no].map((side) => (isCode(side) || side ? [side] : []));
	const codes = sides.map((side) => side.map((entry) => (isCode(entry) ? entry.code : typeof entry === "string" ? JSON.stringify(entry) : undefined)));
	if (codes.flat().includes(undefined)) return undefined;
	return { code: `...(${test} ? [${codes[0]?.join()}] : [${codes[1]?.join()}])`, spreads: true, means: { read: { test, yes: sides[0], no: sides[1] } } };
}

/** `a.concat(b, [c])`. */
function joined(object: Node | undefined, given: readonly Node[], { value, text }: Reading): { readonly read: Value } | undefined {
	const all: (readonly Value[] | undefined)[] = [object, ...given].map((node) => {
		const read = value(node);
		const known = meaningOf(read);
		if (isList(read)) return read;
		if (node !== undefined && (isList(known) || (isChoice(known) && isList(known.yes) && isList(known.no))))
			return [{ code: `...(${text(node)})`.replace(/^\.\.\.\(([\w$.]+)\)$/, "...$1"), spreads: true, means: { read: known } }];
		return node === object || isFields(known) || isChoice(known) || (isCode(known) && known.means !== "function") ? undefined : [read];
	});
	return all.includes(undefined) ? undefined : { read: all.flatMap((part) => part ?? []) };
}
