import { at, bare, listAt, type Node, nameOf, pathOf } from "../migrate/syntax.ts";
import { type App, isTarget } from "./app.ts";
import { isFunction, type Source } from "./source.ts";

/** What other files can import of an application: itself, or a function that makes it. `default` also means `module.exports`. */
export interface Exports {
	readonly app: ReadonlySet<string>;
	readonly factory: ReadonlySet<string>;
	/** Every exported name. */
	readonly all: ReadonlySet<string>;
}

export function exportsOf(app: App, source: Source): Exports {
	const made = source.places.find(({ node }) => node === app.statement);
	const owner = [app.block, ...(made?.around ?? [])].find(isFunction);
	const returns = source.places.some(
		({ node }) =>
			node.type === "ReturnStatement" && owner !== undefined && node.start > owner.start && node.end < owner.end && isTarget(at(node, "argument"), app.target),
	);
	const ownerName = owner === undefined ? undefined : nameOfFunction(owner, source);
	const isApp = (node: Node): boolean => app.isTopLevel && (isTarget(node, app.target) || (inside(node, app.statement) && node.type === "CallExpression"));
	const isFactory = (node: Node): boolean => returns && (node === owner || (ownerName !== undefined && nameOf(node) === ownerName));
	return { app: exportedNames(source, isApp), factory: exportedNames(source, isFactory), all: exportedNames(source, () => true) };
}

/** The names under which a file exports something. `default` also means `module.exports`. */
export function exportedNames({ places }: Source, isIt: (value: Node) => boolean): ReadonlySet<string> {
	const every = places.flatMap(({ node }) => exportedBy(node));
	return new Set(every.filter(({ value }) => value !== undefined && isIt(value)).map(({ name }) => name));
}

interface Export {
	readonly name: string;
	readonly value: Node | undefined;
}

function nameOfFunction(owner: Node, { places }: Source): string | undefined {
	const own = nameOf(at(owner, "id"));
	if (own !== undefined) return own;
	const holder = places.find(({ node }) => node.type === "VariableDeclarator" && bare(at(node, "init")) === owner)?.node;
	return nameOf(at(holder, "id"));
}

function exportedBy(node: Node): readonly Export[] {
	if (node.type === "ExportDefaultDeclaration") return [{ name: "default", value: bare(at(node, "declaration")) }];
	if (node.type === "TSExportAssignment") return [{ name: "default", value: bare(at(node, "expression")) }];
	if (node.type === "ExportNamedDeclaration") return [...declaredBy(at(node, "declaration")), ...listAt(node, "specifiers").map(specified)];
	return node.type === "AssignmentExpression" ? assigned(node) : [];
}

function declaredBy(declaration: Node | undefined): readonly Export[] {
	const names = listAt(declaration, "declarations").map((one) => ({ name: nameOf(at(one, "id")) ?? "", value: at(one, "id") }));
	const id = at(declaration, "id");
	return id === undefined ? names : [{ name: nameOf(id) ?? "", value: id }];
}

function specified(specifier: Node): Export {
	return { name: nameOf(at(specifier, "exported")) ?? "", value: at(specifier, "local") };
}

/** `module.exports = …`, and `exports.name = …`. */
function assigned(node: Node): readonly Export[] {
	const path = pathOf(at(node, "left"))?.join(".") ?? "";
	const value = innermost(at(node, "right"));
	if (path === "module.exports" || path === "exports") {
		const properties = listAt(value, "properties").map((one) => ({ name: nameOf(at(one, "key")) ?? "", value: at(one, "value") }));
		return [{ name: "default", value }, ...properties];
	}
	const name = /^(?:module\.)?exports\.(\w+)$/.exec(path)?.[1];
	return name === undefined ? [] : [{ name, value }];
}

function innermost(given: Node | undefined): Node | undefined {
	const node = bare(given);
	return node?.type === "AssignmentExpression" ? innermost(at(node, "right")) : node;
}

function inside({ start, end }: Node, outer: Node): boolean {
	return outer.start <= start && end <= outer.end;
}
