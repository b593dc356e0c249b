import { parse } from "@babel/parser";

/** A node of the syntax tree. Its other fields depend on the type. */
export interface Node {
	readonly type: string;
	readonly start: number;
	readonly end: number;
	readonly loc: { readonly start: { readonly line: number } };
	readonly [field: string]: unknown;
}

export interface Comment {
	readonly start: number;
	readonly end: number;
}

/** A node with its ancestors, the nearest first. */
export interface Place {
	readonly node: Node;
	readonly around: readonly Node[];
}

/** @throws {SyntaxError} with the place. */
export function parseFile(text: string, name: string): { readonly program: Node; readonly comments: readonly Comment[] } {
	const typed = /\.[cm]?tsx?$/.test(name);
	const isJsx = /\.(?:tsx|jsx|js|mjs|cjs)$/.test(name);
	// Only TypeScript allows decorators of parameters, and only the older plugin parses them.
	const plugins = [typed ? ["typescript", {}] : ["flow", {}], ...(isJsx ? [["jsx", {}]] : []), [typed ? "decorators-legacy" : "decorators", {}]];
	const file = parse(text, {
		sourceType: "unambiguous",
		allowReturnOutsideFunction: true,
		allowAwaitOutsideFunction: true,
		plugins: plugins as never,
	});
	return { program: file.program as unknown as Node, comments: (file.comments ?? []) as unknown as readonly Comment[] };
}

/** Code that people write is far less deep. Code that reads the tree recurses down to here. */
const DEEPEST = 1000;

/**
 * Every node, outermost first.
 * @throws {RangeError} if they are nested too deeply.
 */
export function* walk(root: Node): Generator<Place> {
	const open: Step[] = [{ node: root, outer: undefined, depth: 0 }];
	for (let step = open.pop(); step !== undefined; step = open.pop()) {
		if (step.depth > DEEPEST) throw new RangeError("nested too deeply");
		yield placeOf(step);
		for (const node of children(step.node).toReversed()) open.push({ node, outer: step, depth: step.depth + 1 });
	}
}

interface Step {
	readonly node: Node;
	readonly outer: Step | undefined;
	readonly depth: number;
}

/** The ancestors are listed on demand: there are many nodes, and few need them. */
function placeOf({ node, outer }: Step): Place {
	return {
		node,
		get around() {
			const around: Node[] = [];
			for (let step = outer; step !== undefined; step = step.outer) around.push(step.node);
			return around;
		},
	};
}

function children(node: Node): readonly Node[] {
	return Object.entries(node)
		.filter(([key]) => key !== "loc" && !key.endsWith("Comments"))
		.flatMap(([, value]) => (Array.isArray(value) ? value : [value]))
		.filter(isNode);
}

function isNode(value: unknown): value is Node {
	return typeof value === "object" && value !== null && typeof Reflect.get(value, "type") === "string" && typeof Reflect.get(value, "start") === "number";
}

/** The node in a field. Undefined if there is none. */
export function at(node: Node | undefined, field: string): Node | undefined {
	const value = node?.[field];
	return isNode(value) ? value : undefined;
}

export function listAt(node: Node | undefined, field: string): readonly Node[] {
	const value = node?.[field];
	return Array.isArray(value) ? value.filter(isNode) : [];
}

/** The name of an identifier, or the text of a string. */
export function nameOf(node: Node | undefined): string | undefined {
	if (node?.type === "Identifier") return String(node["name"]);
	return node?.type === "StringLiteral" ? String(node["value"]) : undefined;
}

/** Removes parentheses and type annotations around an expression. */
export function bare(node: Node | undefined): Node | undefined {
	const inner = node !== undefined && isWrapper(node) ? at(node, "expression") : undefined;
	return inner === undefined ? node : bare(inner);
}

/** Parentheses or a type annotation. */
export function isWrapper({ type }: Node): boolean {
	return ["TSAsExpression", "TSSatisfiesExpression", "TSNonNullExpression", "TSTypeAssertion", "ParenthesizedExpression"].includes(type);
}

/** `a.b.c` as `["a", "b", "c"]`. Undefined for anything else. */
export function pathOf(node: Node | undefined): readonly string[] | undefined {
	const plain = bare(node);
	if (plain?.type === "Identifier") return [nameOf(plain) ?? ""];
	if (plain?.type !== "MemberExpression" || plain["computed"] === true) return undefined;
	const below = pathOf(at(plain, "object"));
	return below === undefined ? undefined : [...below, nameOf(at(plain, "property")) ?? ""];
}

/** Whether an identifier is declared here: a variable, a parameter, a function or a class of that name. */
export function isDeclaration(place: Place): boolean {
	const { node } = place;
	if (node.type !== "Identifier") return false;
	const { around } = place;
	if (around.some(({ type }) => /^TS(?!Parameter)|TypeAnnotation/.test(type))) return false;
	const isDefault = around.some((one) => one.type === "AssignmentPattern" && (at(one, "right")?.start ?? node.end) <= node.start);
	if (isDefault) return false;
	const holds = (outer: Node | undefined): boolean => outer !== undefined && outer.start <= node.start && node.end <= outer.end;
	return around.some((one) => holds(at(one, "id")) || listAt(one, "params").some(holds) || (one.type === "CatchClause" && holds(at(one, "param"))));
}
