import { at, bare, isDeclaration, listAt, type Node, nameOf, type Place, pathOf } from "./syntax.ts";

/** How a file imports helmet. */
export interface Bindings {
	/** Local name → the name of the export, or `default` for helmet itself. */
	readonly names: ReadonlyMap<string, string>;
	/** The same for what only types can use. */
	readonly types: ReadonlyMap<string, string>;
	/** The imports, and the declarations with require. */
	readonly declarations: readonly Declaration[];
	/** Mentions of helmet that have none of the known forms, and what they are. */
	readonly unknown: readonly Unknown[];
	/** The module's name in `import("helmet").HelmetOptions`. */
	readonly importTypes: readonly Node[];
	/** The module's name in `export … from "helmet"`. */
	readonly reexports: readonly Node[];
	/** Other declarations with one of the names. */
	readonly shadows: readonly Node[];
}

export interface Declaration {
	readonly node: Node;
	/** It declares nothing else. */
	readonly isAlone: boolean;
	readonly block: Node | undefined;
	readonly kind: "import" | "require" | "await";
}

interface Unknown {
	readonly node: Node;
	readonly why: string;
}

export const UNKNOWN = "this command does not know this use of helmet";

const MODULE = "helmet";

/** What a declaration imports. */
interface Imported {
	readonly names: ReadonlyMap<string, string>;
	readonly types: ReadonlyMap<string, string>;
	readonly kind: Declaration["kind"];
}

export function findBindings(places: readonly Place[]): Bindings {
	const found = places.flatMap((place) => {
		const imports = imported(place.node) ?? required(place.node);
		return imports === undefined ? [] : [{ node: place.node, around: place.around, ...imports }];
	});
	const names = new Map(found.flatMap((one) => [...one.names]));
	const types = new Map(found.flatMap((one) => [...one.types]));
	const own = new Set(found.map(({ node }) => node));
	const mentions = places.filter(({ node }) => node.type === "StringLiteral");
	return {
		names,
		types,
		declarations: found.map(({ node, around, kind }) => {
			const declaration = node.type === "VariableDeclarator" ? (around[0] ?? node) : node;
			return {
				node: declaration,
				block: around[node === declaration ? 0 : 1],
				isAlone: node === declaration || (listAt(declaration, "declarations").length === 1 && around[1]?.type !== "ExportNamedDeclaration"),
				kind,
			};
		}),
		unknown: mentions.flatMap(unknownIn),
		importTypes: mentions.filter(isImportType).map(({ node }) => node),
		reexports: mentions.filter(isReexport).map(({ node }) => node),
		// Something else in the file has the same name, so the calls cannot be told apart.
		shadows: places
			.filter((place) => names.has(String(place.node["name"])) && isDeclaration(place) && !place.around.some((one) => own.has(one)))
			.map(({ node }) => node)
			.concat(found.filter(isInHead).map(({ node }) => node)),
	};
}

/** In the head of a loop, where no other statement can be added. */
function isInHead({ node, around: [, holder] }: Place): boolean {
	return node.type === "VariableDeclarator" && /^For/.test(holder?.type ?? "");
}

function imported(node: Node): Imported | undefined {
	if (node.type === "TSImportEqualsDeclaration") {
		const local = nameOf(at(node, "id"));
		const isOurs = nameOf(at(at(node, "moduleReference"), "expression")) === MODULE && local !== undefined;
		return isOurs ? { names: new Map([[local, "default"]]), types: new Map(), kind: "import" } : undefined;
	}
	if (node.type !== "ImportDeclaration" || nameOf(at(node, "source")) !== MODULE) return undefined;
	const isTypes = node["importKind"] === "type";
	const specifiers = listAt(node, "specifiers").map((specifier) => {
		const name = (specifier.type === "ImportSpecifier" ? nameOf(at(specifier, "imported")) : "default") ?? "";
		return { entry: [nameOf(at(specifier, "local")) ?? "", name] as const, isType: isTypes || specifier["importKind"] === "type" || /^[A-Z]/.test(name) };
	});
	const entries = (isType: boolean) => new Map(specifiers.filter((one) => one.isType === isType).map(({ entry }) => entry));
	return { names: entries(false), types: entries(true), kind: "import" };
}

function required(node: Node): Imported | undefined {
	const loaded = node.type === "VariableDeclarator" ? loadedBy(at(node, "init")) : undefined;
	if (loaded === undefined) return undefined;
	const [id, types, kind] = [at(node, "id"), new Map<string, string>(), loaded.kind];
	const local = nameOf(id);
	if (local !== undefined) return { names: new Map([[local, loaded.name]]), types, kind };
	// The uses of `...rest` are unknown.
	if (id?.type !== "ObjectPattern" || loaded.name !== "default" || listAt(id, "properties").some(({ type }) => type !== "ObjectProperty")) return undefined;
	const names = new Map(listAt(id, "properties").map((property) => [nameOf(at(property, "value")) ?? "", nameOf(at(property, "key")) ?? ""]));
	return { names, types, kind };
}

/** `require("helmet")`, `await import("helmet")`, and a property of them. */
function loadedBy(given: Node | undefined): { readonly name: string; readonly kind: "require" | "await" } | undefined {
	const node = bare(given);
	if (isRequire(node)) return { name: "default", kind: "require" };
	if (node?.type === "AwaitExpression") return isModule(at(at(node, "argument"), "source")) ? { name: "default", kind: "await" } : undefined;
	if (node?.type !== "MemberExpression" || node["computed"] === true) return undefined;
	const loaded = loadedBy(at(node, "object"));
	return loaded?.name === "default" ? { ...loaded, name: nameOf(at(node, "property")) ?? "" } : undefined;
}

function isModule(node: Node | undefined): boolean {
	return node?.type === "StringLiteral" && nameOf(node) === MODULE;
}

/** `require("helmet")`. */
export function isRequire(node: Node | undefined): boolean {
	return node?.type === "CallExpression" && pathOf(at(node, "callee"))?.join() === "require" && isModule(listAt(node, "arguments")[0]);
}

function isImportType({ node, around: [parent] }: Place): boolean {
	return isModule(node) && parent?.type === "TSImportType";
}

function isReexport({ node, around: [parent] }: Place): boolean {
	return isModule(node) && (parent?.type === "ExportNamedDeclaration" || parent?.type === "ExportAllDeclaration");
}

/** Other packages with that name. */
const OTHERS: ReadonlyMap<string, string> = new Map(
	Object.entries({
		"@fastify/helmet": "@fastify/helmet is a plugin of Fastify, which has its own request and response. This command changes code for Express and Connect",
		"fastify-helmet": "fastify-helmet is a plugin of Fastify, which has its own request and response. This command changes code for Express and Connect",
		"koa-helmet": "koa-helmet is a middleware of Koa, which has its own request and response. This command changes code for Express and Connect",
	}),
);

/** The name of the module where it is neither imported nor exported: an import at run time, or a mock. */
function unknownIn(place: Place): readonly Unknown[] {
	const { node } = place;
	const [parent, ...outer] = place.around;
	const isLoaded = /^(?:ImportDeclaration|ImportExpression|CallExpression)$/.test(parent?.type ?? "");
	const other = isLoaded ? OTHERS.get(nameOf(node) ?? "") : undefined;
	if (other !== undefined) return [{ node, why: other }];
	if (!isModule(node) || !isLoaded || parent?.type === "ImportDeclaration") return [];
	if (outer.some((one) => one.type === "VariableDeclarator" && required(one) !== undefined) || isCalled(parent, outer)) return [];
	const isMock = /^(?:jest|vi|mock|td|sinon|mockery)\b.*\b(?:mock|doMock|unmock|module|replace|registerMock)$/.test(
		pathOf(at(parent, "callee"))?.join(".") ?? "",
	);
	return [{ node, why: isMock ? "a test replaces helmet here. Test the headers of the application instead" : UNKNOWN }];
}

/** `require("helmet")()` and `require("helmet").hsts()`. */
function isCalled(parent: Node | undefined, [outer, next]: readonly Node[]): boolean {
	if (!isRequire(parent)) return false;
	if (outer?.type === "MemberExpression") return next?.type === "CallExpression" && at(next, "callee") === outer;
	return outer?.type === "CallExpression" && at(outer, "callee") === parent;
}
