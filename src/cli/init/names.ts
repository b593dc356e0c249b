import { at, bare, listAt, type Node, nameOf, type Place, pathOf } from "../migrate/syntax.ts";
import { addImports } from "./insert.ts";
import { freeName, type Source } from "./source.ts";

/** A name that a file takes from a module. */
export interface Imported {
	readonly local: string;
	/** The name of the export, `default`, or `*` for the whole module. */
	readonly name: string;
	readonly module: string;
	readonly node: Node;
	/** The last name in the same braces, behind which others can be added. */
	readonly last: Node | undefined;
}

export function importsOf({ places }: Source): readonly Imported[] {
	return places.flatMap((place) => imported(place.node) ?? required(place));
}

function imported(node: Node): readonly Imported[] | undefined {
	if (node.type === "TSImportEqualsDeclaration") {
		const module = nameOf(at(at(node, "moduleReference"), "expression"));
		const local = nameOf(at(node, "id"));
		return module === undefined || local === undefined ? [] : [{ local, name: "*", module, node, last: undefined }];
	}
	if (node.type !== "ImportDeclaration" || node["importKind"] === "type") return undefined;
	const specifiers = listAt(node, "specifiers");
	const last = specifiers.findLast(({ type }) => type === "ImportSpecifier");
	return specifiers
		.filter(({ importKind }) => importKind !== "type")
		.map((specifier) => {
			const name = specifier.type === "ImportSpecifier" ? nameOf(at(specifier, "imported")) : specifier.type === "ImportDefaultSpecifier" ? "default" : "*";
			return { local: nameOf(at(specifier, "local")) ?? "", name: name ?? "", module: nameOf(at(node, "source")) ?? "", node, last };
		});
}

function required({ node }: Place): readonly Imported[] {
	if (node.type !== "VariableDeclarator") return [];
	const given = requireOf(at(node, "init"));
	if (given === undefined) return [];
	const { module, name } = given;
	const id = at(node, "id");
	if (id?.type === "Identifier") return [{ local: nameOf(id) ?? "", name, module, node, last: undefined }];
	const properties = name === "*" ? listAt(id, "properties") : [];
	const isPlain = properties.at(-1)?.type === "ObjectProperty";
	return properties
		.filter(({ type }) => type === "ObjectProperty")
		.map((property) => ({
			local: nameOf(at(property, "value")) ?? "",
			name: nameOf(at(property, "key")) ?? "",
			module,
			node,
			last: isPlain ? properties.at(-1) : undefined,
		}));
}

/** `require("x")`, and `require("x").name`. */
export function requireOf(given: Node | undefined): { readonly module: string; readonly name: string } | undefined {
	const node = bare(given);
	if (node?.type === "MemberExpression" && node["computed"] !== true) {
		const whole = requireOf(at(node, "object"));
		return whole?.name === "*" ? { module: whole.module, name: nameOf(at(node, "property")) ?? "" } : undefined;
	}
	if (node?.type !== "CallExpression" || pathOf(at(node, "callee"))?.join() !== "require") return undefined;
	const [argument] = listAt(node, "arguments");
	return argument?.type === "StringLiteral" ? { module: nameOf(argument) ?? "", name: "*" } : undefined;
}

/** The names that new code of a file can use. They are imported when all are known. */
export interface Needs {
	/** Returns the local name of an export. */
	use(module: string, name: string): string;
	/** Adds the imports to the file. @param before The code that needs them. */
	write(before: Node | undefined): void;
}

export function createNeeds(source: Source): Needs {
	const { edits, style, isModule, text } = source;
	const known = importsOf(source);
	const added = new Map<string, Map<string, string>>();
	return {
		use(module, name) {
			const found = known.find((one) => one.module === module && one.name === name)?.local ?? added.get(module)?.get(name);
			if (found !== undefined) return found;
			const local = freeName(source, name, `headguard${name.slice(0, 1).toUpperCase()}${name.slice(1)}`);
			added.set(module, (added.get(module) ?? new Map<string, string>()).set(name, local));
			return local;
		},
		write(before) {
			const lines: string[] = [];
			for (const [module, names] of [...added].toSorted(([a], [b]) => order(a) - order(b))) {
				const last = known.find((one) => one.module === module && one.last !== undefined)?.last;
				const written = [...names].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, local]) => pair(name, local, isModule));
				if (last !== undefined) edits.push({ start: last.end, end: last.end, text: `, ${written.join(", ")}` });
				else lines.push(importLine(module, written, { isModule, style, isTight: /^(?:import|(?:const|var|let)) \{\S/m.test(text) }));
			}
			addImports(source, lines, before);
		},
	};
}

/** Packages come before files. */
function order(module: string): number {
	return module.startsWith(".") ? 1 : 0;
}

function pair(name: string, local: string, isModule: boolean): string {
	return name === local ? name : `${name}${isModule ? " as" : ":"} ${local}`;
}

interface ImportStyle {
	readonly isModule: boolean;
	readonly style: Source["style"];
	/** Without spaces in braces. */
	readonly isTight: boolean;
}

function importLine(module: string, names: readonly string[], { isModule, style, isTight }: ImportStyle): string {
	const from = `${style.quote}${module}${style.quote}`;
	const list = isTight ? `{${names.join(", ")}}` : `{ ${names.join(", ")} }`;
	return isModule ? `import ${list} from ${from}${style.end}` : `${style.keyword} ${list} = require(${from})${style.end}`;
}
