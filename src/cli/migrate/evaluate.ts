import { type Constant, type Origin, requestOf } from "./constants.ts";
import { type Reading, resultOf } from "./lists.ts";
import { at, bare, listAt, type Node, nameOf, pathOf } from "./syntax.ts";
import { type Choice, type Code, type Fields, isChoice, isCode, isFields, isList, meaningOf, type Value } from "./value.ts";

/** What is known of the file that contains an expression. */
export interface Scope {
	readonly text: string;
	readonly names: ReadonlyMap<string, string>;
	/** What helmet's `getDefaultDirectives()` returns. Undefined if its version does not have it. */
	readonly defaults: Fields | undefined;
	readonly constantOf: (name: string) => Constant | undefined;
	/** Where a name is imported from. */
	readonly originOf: (name: string) => Origin | undefined;
	/** The value that another file exports. Undefined if it is not known. */
	readonly exported: (origin: Origin) => Value;
	/** What a source becomes that is written in a handler. */
	readonly source?: (element: Node, value: Value) => Value;
	/** Names whose values are being read. A name that depends on itself has no value. */
	readonly reading: Set<string>;
	/** Notes a mention of helmet that was understood. */
	readonly understood: (node: Node) => void;
}

/** Represents helmet's symbol `dangerouslyDisableDefaultSrc`. */
export const DISABLED: Value = { code: "dangerouslyDisableDefaultSrc" };

/** The value of an expression. What cannot be read stays code. */
export function evaluate(given: Node | undefined, scope: Scope): Value {
	const node = bare(given);
	if (node === undefined) return undefined;
	const value = READERS[node.type]?.(node, scope) ?? fromHelmet(node, scope);
	// Unchanged, with its TypeScript annotations.
	const code = textOf(given ?? node, scope);
	if (value === undefined) return { code };
	return isCode(value.read) && value.read !== DISABLED ? { ...value.read, code } : value.read;
}

function textOf({ start, end, extra }: Node, { text }: Scope): string {
	const code = text.slice(start, end);
	return Reflect.get(Object(extra), "parenthesized") === true ? `(${code})` : code;
}

/** Returns what it read. Undefined if it did not understand the node. */
type Reader = (node: Node, scope: Scope) => { readonly read: Value } | undefined;

const READERS: Readonly<Record<string, Reader>> = {
	StringLiteral: (node) => ({ read: String(node["value"]) }),
	NumericLiteral: (node) => ({ read: Number(node["value"]) }),
	BooleanLiteral: (node) => ({ read: node["value"] === true }),
	NullLiteral: () => ({ read: null }),
	TemplateLiteral(node, scope) {
		const texts = listAt(node, "quasis").map((quasi) => String((quasi["value"] as { cooked?: string }).cooked));
		const values = listAt(node, "expressions").map((expression) => meaningOf(evaluate(expression, scope)));
		if (values.length === 0) return { read: texts[0] };
		if (!values.every((value) => typeof value === "string" || typeof value === "number")) return undefined;
		return { read: { code: textOf(node, scope), means: { read: texts.map((text, i) => `${text}${values[i] ?? ""}`).join("") } } };
	},
	ArrowFunctionExpression: (node, scope) => ({ read: { code: textOf(node, scope), means: "function" } }),
	FunctionExpression: (node, scope) => ({ read: { code: textOf(node, scope), means: "function" } }),
	Identifier(node, scope) {
		const name = nameOf(node) ?? "";
		if (name === "undefined") return { read: undefined };
		const constant = scope.constantOf(name);
		const origin = scope.originOf(name);
		if (origin !== undefined) return named(scope.exported(origin), name);
		return constant === undefined || scope.reading.has(name) ? undefined : constantIn(name, constant, scope);
	},
	MemberExpression(node, scope) {
		const object = meaningOf(evaluate(at(node, "object"), scope));
		const key = propertyOf(node);
		return isFields(object) && key !== undefined ? named(object.get(key), textOf(node, scope)) : undefined;
	},
	CallExpression(node, scope) {
		const request = requestOf(node);
		if (request !== undefined) return named(scope.exported({ request, name: "*" }), textOf(node, scope));
		return resultOf(node, readingIn(scope)) ?? returned(node, scope);
	},
	LogicalExpression(node, scope) {
		const [left, right] = [meaningOf(evaluate(at(node, "left"), scope)), evaluate(at(node, "right"), scope)];
		const isAnd = node["operator"] === "&&";
		if (typeof left === "boolean") return { read: left === isAnd ? right : left };
		if (!isBoolean(left)) return undefined;
		if (isBoolean(meaningOf(right))) return { read: { test: textOf(node, scope), yes: true, no: false } };
		const test = textOf(at(node, "left") as Node, scope);
		return { read: isAnd ? { test, yes: right, no: false } : { test, yes: true, no: right } };
	},
	UnaryExpression(node, scope) {
		const value = evaluate(at(node, "argument"), scope);
		if (node["operator"] === "-" && typeof value === "number") return { read: -value };
		if (node["operator"] !== "!") return undefined;
		return { read: typeof value === "boolean" ? !value : { test: textOf(node, scope), yes: true, no: false } };
	},
	BinaryExpression(node, scope) {
		if (COMPARING.test(String(node["operator"]))) return { read: { test: textOf(node, scope), yes: true, no: false } };
		const [left, right] = [meaningOf(evaluate(at(node, "left"), scope)), meaningOf(evaluate(at(node, "right"), scope))];
		if (node["operator"] === "+" && typeof left === "string" && typeof right === "string")
			return { read: { code: textOf(node, scope), means: { read: left + right } } };
		const calculate = ARITHMETIC[String(node["operator"])];
		return calculate !== undefined && typeof left === "number" && typeof right === "number" ? { read: calculate(left, right) } : undefined;
	},
	ConditionalExpression: (node, scope) => ({
		read: {
			test: textOf(at(node, "test") as Node, scope),
			yes: evaluate(at(node, "consequent"), scope),
			no: evaluate(at(node, "alternate"), scope),
		},
	}),
	ArrayExpression: (node, scope) => ({ read: listAt(node, "elements").flatMap((element) => elements(element, scope)) }),
	ObjectExpression(node, scope) {
		const read = fields(node, scope);
		return read === undefined ? undefined : { read };
	},
	NewExpression(node, scope) {
		const [list, ...rest] = listAt(node, "arguments");
		if (nameOf(at(node, "callee")) !== "Set" || rest.length > 0 || list?.type !== "ArrayExpression") return undefined;
		return { read: evaluate(list, scope) };
	},
};

const ARITHMETIC: Readonly<Record<string, (left: number, right: number) => number>> = {
	"*": (left, right) => left * right,
	"+": (left, right) => left + right,
	"-": (left, right) => left - right,
	"/": (left, right) => left / right,
};

/** Operators that always give true or false. */
const COMPARING = /^(?:[=!]==?|[<>]=?|in|instanceof)$/;

/** The values of longer lists are not needed. */
const LONGEST_LIST = 1000;

/** A name that is read once is replaced with its value. Otherwise the name stays, and its value is known if it cannot change. */
function constantIn(name: string, { init, isOnce, isHandedOn, changes }: Constant, scope: Scope): ReturnType<Reader> {
	if (init.type === "FunctionDeclaration") return { read: { code: name, means: "function" } };
	scope.reading.add(name);
	const value = changes.length === 0 ? evaluate(init, scope) : changed(evaluate(init, scope), changes, scope);
	scope.reading.delete(name);
	if (isCode(value)) return { read: { code: name, ...(value.means === undefined ? {} : { means: value.means }) } };
	if (isOnce) return { read: value };
	return isHandedOn || typeof value !== "object" || isBoolean(value) ? named(value, name) : undefined;
}

/** An object after changes of its fields. */
function changed(value: Value, changes: readonly Node[], scope: Scope): Value {
	const fields = isFields(value) ? new Map(value) : undefined;
	for (const change of changes) {
		const member = at(change, "argument") ?? at(change, "left");
		const key = propertyOf(member);
		if (key === undefined || fields === undefined) return { code: "" };
		if (change.type === "UnaryExpression") fields.delete(key);
		else fields.set(key, evaluate(at(change, "right"), scope));
	}
	return fields;
}

function propertyOf(member: Node | undefined): string | undefined {
	const property = at(member, "property");
	return member?.["computed"] !== true || property?.type === "StringLiteral" ? nameOf(property) : undefined;
}

/** The value of a name or of a property. The code stays where it can, and other values replace it. */
function named(value: Value, code: string): ReturnType<Reader> {
	if (value === undefined || (isCode(value) && value.means === undefined)) return undefined;
	if (isCode(value)) return { read: { ...value, code } };
	if (isBoolean(value)) return { read: { code, means: { read: { test: code, yes: true, no: false } } } };
	const isListed = isList(value) && value.length <= LONGEST_LIST && value.every((entry) => typeof entry === "string" || isCode(entry));
	return typeof value !== "object" || value === null || isListed ? { read: { code, means: { read: value } } } : { read: value };
}

/** Whether it is a condition that is always true or false, and never another value. */
function isBoolean(value: Value): value is Choice {
	return isChoice(value) && [value.yes, value.no].every((side) => typeof side === "boolean");
}

/** What a function of the file returns that has no parameters and only one statement. */
function returned(call: Node, scope: Scope): ReturnType<Reader> {
	const name = nameOf(at(call, "callee")) ?? "";
	const { init, isTop } = scope.constantOf(name) ?? {};
	const isFunction = /^(?:FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(init?.type ?? "");
	const isPlain = init?.["async"] !== true && init?.["generator"] !== true && listAt(init, "params").length === 0;
	if (!isFunction || !isPlain || isTop !== true || listAt(call, "arguments").length > 0 || scope.reading.has(name)) return undefined;
	const body = at(init, "body");
	const [only, ...rest] = listAt(body, "body");
	const result = body?.type !== "BlockStatement" ? body : only?.type === "ReturnStatement" && rest.length === 0 ? at(only, "argument") : undefined;
	if (result === undefined) return undefined;
	scope.reading.add(name);
	const value = evaluate(result, scope);
	scope.reading.delete(name);
	return isCode(value) ? undefined : { read: value };
}

function readingIn(scope: Scope): Reading {
	return { value: (node) => evaluate(node, scope), truthy: (node) => truthy(node, scope), text: (node) => textOf(node, scope) };
}

/** The value where a false one has no effect. */
function truthy(given: Node | undefined, scope: Scope): Value {
	const node = bare(given);
	if (node?.type !== "LogicalExpression" || node["operator"] !== "&&") return evaluate(given, scope);
	const left = meaningOf(evaluate(at(node, "left"), scope));
	if (typeof left === "boolean") return left && evaluate(at(node, "right"), scope);
	return { test: textOf(at(node, "left") as Node, scope), yes: evaluate(at(node, "right"), scope), no: false };
}

function elements(element: Node, scope: Scope): readonly Value[] {
	if (element.type !== "SpreadElement") return [scope.source?.(element, evaluate(element, scope)) ?? evaluate(element, scope)];
	const spread = evaluate(at(element, "argument"), scope);
	if (isList(spread)) return spread;
	const means: Code["means"] = isChoice(spread) ? { read: spread } : isCode(spread) ? spread.means : undefined;
	return [{ code: textOf(element, scope), spreads: true, ...(means === undefined ? {} : { means }) }];
}

function fields(node: Node, scope: Scope): Fields | undefined {
	const read = new Map<string, Value>();
	for (const property of listAt(node, "properties")) {
		const isRead = property.type === "SpreadElement" ? addSpread(read, property, scope) : addField(read, property, scope);
		if (!isRead) return undefined;
	}
	return read;
}

function addField(read: Map<string, Value>, property: Node, scope: Scope): boolean {
	const key = nameOf(at(property, "key"));
	const isNamed = property["computed"] !== true || at(property, "key")?.type === "StringLiteral";
	// An object with this key also has the fields of another one.
	if (key === undefined || key === "__proto__" || !isNamed || property.type !== "ObjectProperty") return false;
	read.set(key, evaluate(at(property, "value"), scope));
	return true;
}

function addSpread(read: Map<string, Value>, property: Node, scope: Scope): boolean {
	const spread = meaningOf(truthy(at(property, "argument"), scope));
	if (isFields(spread)) for (const [key, value] of spread) read.set(key, value);
	if (!isChoice(spread)) return isFields(spread);
	const [yes, no] = [fieldsOf(spread.yes), fieldsOf(spread.no)];
	if (yes !== undefined && no !== undefined) addChoice(read, spread.test, yes, no);
	return yes !== undefined && no !== undefined;
}

/** What a spread adds. */
function fieldsOf(value: Value): Fields | undefined {
	const known = meaningOf(value);
	return isFields(known) ? known : known === false || known === null || known === undefined ? new Map() : undefined;
}

/** `...(test ? yes : no)`. */
function addChoice(read: Map<string, Value>, test: string, yes: Fields, no: Fields): void {
	for (const key of new Set([...yes.keys(), ...no.keys()])) {
		const before = read.get(key);
		read.set(key, { test, yes: yes.has(key) ? yes.get(key) : before, no: no.has(key) ? no.get(key) : before });
	}
}

/** `helmet.contentSecurityPolicy.getDefaultDirectives()` and the symbol beside it. */
function fromHelmet(node: Node, scope: Scope): { readonly read: Value } | undefined {
	const isCall = node.type === "CallExpression";
	const [first = "", ...rest] = pathOf(isCall ? at(node, "callee") : node) ?? [];
	const name = scope.names.get(first);
	if (name === undefined) return undefined;
	const asked = [...(name === "default" ? [] : [name]), ...rest].join(".");
	const isKnown = isCall ? asked === "contentSecurityPolicy.getDefaultDirectives" : asked === "contentSecurityPolicy.dangerouslyDisableDefaultSrc";
	if (!isKnown || scope.defaults === undefined) return undefined;
	scope.understood(node);
	return { read: isCall ? scope.defaults : DISABLED };
}
