import type { Constant } from "./constants.ts";
import { at, bare, listAt, type Node, nameOf, pathOf } from "./syntax.ts";
import { type Code, type Fields, isChoice, isCode, isFields, isList, meaningOf, type Value } from "./value.ts";

/** What is known of the file that contains an expression. */
export interface Scope {
	readonly text: string;
	readonly names: ReadonlyMap<string, string>;
	/** What helmet's `getDefaultDirectives()` returns. Undefined if its version does not have it. */
	readonly defaults: Fields | undefined;
	readonly constantOf: (name: string) => Constant | undefined;
	/** Names whose values are being read. A name that depends on itself has no value. */
	readonly reading: Set<string>;
	/** Notes the declaration of a name that its value replaces. */
	readonly replaced: (statement: Node) => void;
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
		return constant === undefined || scope.reading.has(name) ? undefined : constantIn(name, constant, scope);
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
function constantIn(name: string, { init, isOnce, isHandedOn, statement }: Constant, scope: Scope): ReturnType<Reader> {
	if (init.type === "FunctionDeclaration") return { read: { code: name, means: "function" } };
	scope.reading.add(name);
	const value = evaluate(init, scope);
	scope.reading.delete(name);
	if (isCode(value)) return { read: { code: name, ...(value.means === undefined ? {} : { means: value.means }) } };
	if (isOnce) {
		if (statement !== undefined) scope.replaced(statement);
		return { read: value };
	}
	const isPlain = typeof value !== "object" || value === null;
	const isListed = isList(value) && value.length <= LONGEST_LIST && value.every((entry) => typeof entry === "string" || isCode(entry));
	return isPlain || (isListed && isHandedOn) ? { read: { code: name, means: { read: value } } } : undefined;
}

function elements(element: Node, scope: Scope): readonly Value[] {
	if (element.type !== "SpreadElement") return [evaluate(element, scope)];
	const spread = evaluate(at(element, "argument"), scope);
	if (isList(spread)) return spread;
	const means: Code["means"] = isChoice(spread) ? { read: spread } : isCode(spread) ? spread.means : undefined;
	return [{ code: textOf(element, scope), spreads: true, ...(means === undefined ? {} : { means }) }];
}

function fields(node: Node, scope: Scope): Fields | undefined {
	const read = new Map<string, Value>();
	for (const property of listAt(node, "properties")) {
		if (property.type === "SpreadElement") {
			const spread = evaluate(at(property, "argument"), scope);
			if (!isFields(spread)) return undefined;
			for (const [key, value] of spread) read.set(key, value);
			continue;
		}
		const key = nameOf(at(property, "key"));
		const isNamed = property["computed"] !== true || at(property, "key")?.type === "StringLiteral";
		// An object with this key also has the fields of another one.
		if (key === undefined || key === "__proto__" || !isNamed || property.type !== "ObjectProperty") return undefined;
		read.set(key, evaluate(at(property, "value"), scope));
	}
	return read;
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
