import { dirname } from "node:path";
import { at, bare, listAt, type Node, nameOf, type Place } from "../migrate/syntax.ts";
import { type App, methodOn } from "./app.ts";
import { exportedNames } from "./exported.ts";
import { resolveModule } from "./graph.ts";
import { importsOf } from "./names.ts";
import { readSource, type Source, statementOf } from "./source.ts";

/** What a file has of headguard. */
export interface Present {
	/** The variable of the policy. */
	readonly variable: string | undefined;
	/** The file that the variable comes from, if not this one. */
	readonly from: string | undefined;
	/** Its name there. */
	readonly fromName: string | undefined;
	/** The declaration of the variable in this file. */
	readonly declaration: Node | undefined;
	/** `app.use(headers)`. */
	readonly mount: Place | undefined;
	/** `app.use(secureHeaders())`: the call of secureHeaders, without a variable. */
	readonly inline: Place | undefined;
	readonly hasDevtools: boolean;
	readonly hasErrorHandler: boolean;
	readonly hasProtection: boolean;
	/** Whether anything of headguard is imported. */
	readonly isAny: boolean;
}

export function presentIn(source: Source, target: string): Present {
	const imports = importsOf(source);
	const own = imports.filter(({ module }) => /^headguard(?:\/|$)/.test(module));
	const factory = factoryIn(source);
	const isPolicy = (node: Node | undefined): boolean => factory !== undefined && rootOf(node) === factory;
	const declaration = source.places.find(
		({ node }) => node.type === "VariableDeclarator" && at(node, "id")?.type === "Identifier" && isPolicy(at(node, "init")),
	)?.node;
	const imported = imports.find(({ module, name }) => exportsPolicy(resolveModule(source.path, module), name));
	const variable = nameOf(at(declaration, "id")) ?? imported?.local;
	const uses = source.places.filter(({ node }) => methodOn(node, target) === "use");
	const mounts = (isIt: (node: Node) => boolean): Place | undefined => uses.find(({ node }) => listAt(node, "arguments").some((one) => isIt(one)));
	const devtools = own.find(({ module, name }) => module === "headguard/devtools" && name === "devtools");
	return {
		variable,
		from: declaration === undefined && imported !== undefined ? resolveModule(source.path, imported.module) : undefined,
		declaration,
		fromName: declaration === undefined ? imported?.name : undefined,
		mount: variable === undefined ? undefined : mounts((node) => nameOf(bare(node)) === variable),
		inline: mounts((node) => isPolicy(node)),
		hasDevtools: devtools !== undefined,
		hasErrorHandler: uses.some(({ node }) => listAt(node, "arguments").some((one) => variable !== undefined && isHandlerOf(one, variable))),
		hasProtection: own.some(({ name }) => name === "protectServer"),
		isAny: own.length > 0 || imported !== undefined,
	};
}

/** The function at the start of a chain of calls: `secureHeaders` in `secureHeaders().extend({})`. */
function rootOf(given: Node | undefined): string | undefined {
	const node = bare(given);
	if (node?.type !== "CallExpression") return undefined;
	const callee = bare(at(node, "callee"));
	return callee?.type === "MemberExpression" ? rootOf(at(callee, "object")) : nameOf(callee);
}

/** Whether a file of the project exports a policy under a name. */
function exportsPolicy(file: string | undefined, name: string): boolean {
	const source = file === undefined ? undefined : parsedOrUndefined(file);
	const factory = source === undefined ? undefined : factoryIn(source);
	if (source === undefined || factory === undefined) return false;
	const isPolicy = (node: Node | undefined): boolean => rootOf(node) === factory;
	const variables = new Set(source.places.filter(({ node }) => isPolicy(at(node, "init"))).map(({ node }) => nameOf(at(node, "id"))));
	return exportedNames(source, (value) => isPolicy(value) || (value.type === "Identifier" && variables.has(nameOf(value)))).has(
		name === "*" ? "default" : name,
	);
}

function factoryIn(source: Source): string | undefined {
	return importsOf(source).find(({ name, module }) => module === "headguard" && name === "secureHeaders")?.local;
}

function parsedOrUndefined(file: string): Source | undefined {
	try {
		return readSource(file, dirname(file));
	} catch {
		return undefined;
	}
}

function isHandlerOf(node: Node, variable: string): boolean {
	return node.type === "MemberExpression" && nameOf(at(node, "object")) === variable && nameOf(at(node, "property")) === "errorHandler";
}

/** What is mounted before a policy in the same block. */
export function mountedBefore(mount: Place, { target }: App, source: Source): Node | undefined {
	const found = statementOf(mount);
	return source.places.find(({ node, around }) => {
		if (node.end > mount.node.start || !/^(?:use|all|get|post|put|patch|delete)$/.test(methodOn(node, target) ?? "")) return false;
		const isSetting = methodOn(node, target) === "get" && listAt(node, "arguments").length < 2;
		return !isSetting && around.includes(found?.block ?? node);
	})?.node;
}
