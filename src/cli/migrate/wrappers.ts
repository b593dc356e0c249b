import { isKey } from "./constants.ts";
import type { Call } from "./mounts.ts";
import { NotUnderstood } from "./not-understood.ts";
import { at, bare, isDeclaration, listAt, type Node, nameOf, type Place, parseFile, walk } from "./syntax.ts";
import { isChoice, isCode, meaningOf, type Value } from "./value.ts";

/** A function that makes helmet's middleware in each request, and calls it. */
export interface Wrapper {
	readonly handler: Node;
	/** Its parameters for the request and the response. */
	readonly req: Node;
	readonly res: Node;
	/** The statement with the function. The middleware is made before it. */
	readonly statement: Node;
	/** It only calls helmet, so the middleware can replace it. */
	readonly isTransparent: boolean;
}

const FUNCTION = /^(?:ArrowFunctionExpression|FunctionExpression|FunctionDeclaration|ClassMethod|ObjectMethod)$/;

export function wrapperOf({ node, around }: Call): Wrapper | undefined {
	const index = around.findIndex(({ type }) => FUNCTION.test(type));
	const handler = around[index];
	const params = listAt(handler, "params");
	if (handler === undefined || params.length < 2) return undefined;
	const use = middlewareCall(node, around, handler);
	const [first, second] = listAt(use, "arguments").map(nameOf);
	const [req, res] = [params.find((one) => nameOf(one) === first), params.find((one) => nameOf(one) === second)];
	const end = around.findIndex(({ type }, i) => i > index && /^(?:Program|BlockStatement|SwitchCase)$/.test(type));
	const statement = around[end - 1];
	if (use === undefined || req === undefined || res === undefined || statement === undefined) return undefined;
	// A return before it may leave the middleware without a value.
	if (statement.type === "FunctionDeclaration" && around[end]?.type !== "Program") return undefined;
	const [outer] = around.slice(index + 1);
	return { handler, req, res, statement, isTransparent: isTransparent(handler, use, outer) };
}

/** The call of the middleware: `helmet()(req, res, next)`, or of a constant that is it. */
function middlewareCall(call: Node, around: readonly Node[], handler: Node): Node | undefined {
	const [parent, declaration] = around;
	if (parent?.type === "CallExpression" && bare(at(parent, "callee")) === call) return parent;
	const name = parent?.type === "VariableDeclarator" && declaration?.["kind"] === "const" ? nameOf(at(parent, "id")) : undefined;
	if (name === undefined) return undefined;
	for (const { node } of walk(handler)) if (node.type === "CallExpression" && nameOf(at(node, "callee")) === name) return node;
	return undefined;
}

/** `app.use((req, res, next) => helmet()(req, res, next))`. */
function isTransparent(handler: Node, use: Node, outer: Node | undefined): boolean {
	const params = listAt(handler, "params");
	const body = at(handler, "body");
	const [only, ...rest] = listAt(body, "body");
	const result = body?.type === "BlockStatement" ? (at(only, "argument") ?? at(only, "expression")) : body;
	const isHandedOn = listAt(use, "arguments").map(nameOf).join() === params.map(nameOf).join() && params.length === 3;
	const isPlain = handler["async"] !== true && params.every((one) => at(one, "typeAnnotation") === undefined);
	return outer?.type === "CallExpression" && at(outer, "callee") !== handler && rest.length === 0 && result === use && isHandedOn && isPlain;
}

/** Writes a source that depends on the request as a function of it. */
export type SourceWriter = (element: Node, value: Value) => Value;

export function createSourceWriter(wrapper: Wrapper, text: string, before: number): SourceWriter {
	const local = localsOf(wrapper);
	return (element, value) => {
		const names = freeNames(element).filter((place) => local.has(String(place.node["name"])));
		if (names.length === 0) return value;
		const known = meaningOf(value);
		if (!isCode(known) && !isChoice(known)) return known;
		const { expression, places } = bodyOf(element, names);
		let code = text.slice(expression.start, expression.end);
		for (const { node, around } of places.toReversed()) {
			const name = String(node["name"]);
			const source = sourceOf(name, wrapper, local.get(name), text, before);
			const key = around[0]?.["shorthand"] === true ? `${name}: ` : "";
			code = code.slice(0, node.start - expression.start) + key + source + code.slice(node.end - expression.start);
		}
		const read = new Set(parsedNames(code));
		const [req, res] = [wrapper.req, wrapper.res].map((param) => paramOf(param, read, text));
		return { code: `(${read.has(nameOf(wrapper.res) ?? "") ? `${req}, ${res}` : req}) => ${code}`, means: "function" };
	};
}

/** The names that a function declares, with the place of each. */
export function localsOf({ handler }: Wrapper): ReadonlyMap<string, Place> {
	return new Map([...walk(handler)].filter(isDeclaration).map((place) => [String(place.node["name"]), place]));
}

/** The names that an expression reads and does not declare. */
function freeNames(expression: Node): readonly Place[] {
	const places = [...walk(expression)];
	const own = new Set(places.filter(isDeclaration).map(({ node }) => node["name"]));
	return places.filter((place) => place.node.type === "Identifier" && !isKey(place) && !own.has(place.node["name"]));
}

/** The value that a function returns, if it uses none of its own parameters. */
function bodyOf(element: Node, names: readonly Place[]): { readonly expression: Node; readonly places: readonly Place[] } {
	const plain: Node = bare(element) ?? element;
	if (!FUNCTION.test(plain.type)) return { expression: element, places: names };
	const body = at(plain, "body");
	const params = new Set(listAt(plain, "params").map(nameOf));
	const isValue = plain.type === "ArrowFunctionExpression" && body !== undefined && body.type !== "BlockStatement" && plain["async"] !== true;
	if (!isValue || [...walk(body)].some(({ node }) => node.type === "Identifier" && params.has(nameOf(node))))
		throw new NotUnderstood("a function of its policy reads variables of the handler. Keep them in res.locals, and read them there");
	return { expression: body, places: names };
}

/** Code for the value of a local name, with nothing but the request and the response. */
function sourceOf(name: string, { handler, req, res }: Wrapper, declared: Place | undefined, text: string, before: number): string {
	const roots = [req, res].map(nameOf);
	if (roots.includes(name)) return name;
	const isPath = (node: Node | undefined): boolean => node?.type === "MemberExpression" && roots.includes(rootOf(node));
	const [holder, pattern, declarator] = declared?.around ?? [];
	const init = bare(at(holder, "init"));
	const codeOf = (node: Node | undefined): string => text.slice(node?.start, node?.end);
	if (isPath(init)) return codeOf(init);
	if (init?.type === "AssignmentExpression" && isPath(at(init, "left"))) return codeOf(at(init, "left"));
	const from = at(declarator, "init");
	if (pattern?.type === "ObjectPattern" && isPath(from)) return `${codeOf(from)}.${nameOf(at(holder, "key"))}`;
	const assignments = [...walk(handler)].filter(({ node }) => node.type === "AssignmentExpression");
	const isConstant = assignments.every(({ node }) => nameOf(at(node, "left")) !== name);
	// In each request, and not only under a condition.
	const kept = assignments.find(({ node, around }) => {
		const isAlways =
			around.find(({ type }) => type === "BlockStatement") === at(handler, "body") &&
			!around.some(({ type }) => /^(?:If|For\w*|While|DoWhile|Try|Switch)Statement$|^(?:Logical|Conditional)Expression$/.test(type));
		return isAlways && node.end < before && nameOf(bare(at(node, "right"))) === name && isPath(at(node, "left"));
	});
	if (isConstant && kept !== undefined) return codeOf(at(kept.node, "left"));
	throw new NotUnderstood(`its policy reads ${name}, a variable of the handler. Keep it in res.locals, and read it there`);
}

function rootOf(node: Node | undefined): string | undefined {
	return node?.type === "MemberExpression" ? rootOf(at(node, "object")) : nameOf(node);
}

function parsedNames(code: string): readonly string[] {
	return freeNames(parseFile(`(${code})`, "code.ts").program).map(({ node }) => String(node["name"]));
}

/** A parameter with its type. Compilers complain about one that is not read, unless its name begins with `_`. */
function paramOf(param: Node, read: ReadonlySet<string>, text: string): string {
	const code = text.slice(param.start, param.end);
	return read.has(nameOf(param) ?? "") || code.startsWith("_") ? code : `_${code}`;
}
