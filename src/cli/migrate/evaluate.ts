import { getDefaultDirectives } from "../../helmet/csp.ts";
import { at, bare, listAt, type Node, nameOf, type Place, pathOf } from "./syntax.ts";
import { type Fields, isFields, type Value } from "./value.ts";

/** What is known of the file that an expression stands in. */
export interface Scope {
	readonly text: string;
	readonly names: ReadonlyMap<string, string>;
	/** Constants that are read in one place alone, so that their value there is what was written. */
	readonly constants: ReadonlyMap<string, Node>;
	/** Takes note of a mention of helmet that was understood. */
	readonly understood: (node: Node) => void;
}

/** Stands for helmet's symbol `dangerouslyDisableDefaultSrc`. */
export const DISABLED: Value = { code: "dangerouslyDisableDefaultSrc" };

export function findConstants(places: readonly Place[]): ReadonlyMap<string, Node> {
	// By their position: in { name } the key and the value are one mention.
	const mentions = new Map<string, Set<number>>();
	for (const { node } of places) {
		if (node.type !== "Identifier") continue;
		const name = String(node["name"]);
		mentions.set(name, (mentions.get(name) ?? new Set()).add(node.start));
	}
	return new Map(
		places.flatMap(({ node, around }) => {
			const [name, init] = [nameOf(at(node, "id")), at(node, "init")];
			const isConstant = node.type === "VariableDeclarator" && around[0]?.["kind"] === "const";
			// Once where it is declared, once where it is read.
			return isConstant && name !== undefined && init !== undefined && mentions.get(name)?.size === 2 ? [[name, init] as const] : [];
		}),
	);
}

/** The value of an expression; what cannot be read stays code. */
export function evaluate(given: Node | undefined, scope: Scope): Value {
	const node = bare(given);
	if (node === undefined) return undefined;
	const value = READERS[node.type]?.(node, scope) ?? fromHelmet(node, scope);
	return value === undefined ? { code: textOf(node, scope) } : value.read;
}

function textOf({ start, end, extra }: Node, { text }: Scope): string {
	const code = text.slice(start, end);
	return Reflect.get(Object(extra), "parenthesized") === true ? `(${code})` : code;
}

/** What was read; undefined when it was not understood. */
type Reader = (node: Node, scope: Scope) => { readonly read: Value } | undefined;

const READERS: Readonly<Record<string, Reader>> = {
	StringLiteral: (node) => ({ read: String(node["value"]) }),
	NumericLiteral: (node) => ({ read: Number(node["value"]) }),
	BooleanLiteral: (node) => ({ read: node["value"] === true }),
	NullLiteral: () => ({ read: null }),
	TemplateLiteral(node) {
		if (listAt(node, "expressions").length > 0) return undefined;
		return { read: String((listAt(node, "quasis")[0]?.["value"] as { cooked?: string } | undefined)?.cooked) };
	},
	Identifier(node, scope) {
		if (nameOf(node) === "undefined") return { read: undefined };
		const init = scope.constants.get(nameOf(node) ?? "");
		return init === undefined ? undefined : { read: evaluate(init, scope) };
	},
	UnaryExpression(node, scope) {
		const value = evaluate(at(node, "argument"), scope);
		if (node["operator"] === "-" && typeof value === "number") return { read: -value };
		return node["operator"] === "!" && typeof value === "boolean" ? { read: !value } : undefined;
	},
	BinaryExpression(node, scope) {
		const [left, right] = [evaluate(at(node, "left"), scope), evaluate(at(node, "right"), scope)];
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

function elements(element: Node, scope: Scope): readonly Value[] {
	if (element.type !== "SpreadElement") return [evaluate(element, scope)];
	const spread = evaluate(at(element, "argument"), scope);
	return Array.isArray(spread) ? spread : [{ code: textOf(element, scope) }];
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
		if (key === undefined || !isNamed || property.type !== "ObjectProperty") return undefined;
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
	if (!isKnown) return undefined;
	scope.understood(node);
	return { read: isCall ? new Map(Object.entries(getDefaultDirectives())) : DISABLED };
}
