import { at, bare, isDeclaration, listAt, type Node, nameOf, type Place, pathOf } from "./syntax.ts";

/** How a file imports helmet: local name → the name of the export, or `default` for helmet itself. */
export interface Bindings {
	readonly names: ReadonlyMap<string, string>;
	/** The imports, and the declarations with require. `isAlone` means that one declares nothing else. */
	readonly declarations: readonly { readonly node: Node; readonly isAlone: boolean; readonly block: Node | undefined }[];
	/** Mentions of helmet that have none of the known forms. */
	readonly unknown: readonly Node[];
	/** Other declarations with one of the names. */
	readonly shadows: readonly Node[];
	readonly isCommonJs: boolean;
}

const MODULE = "helmet";

export function findBindings(places: readonly Place[]): Bindings {
	const found = places.flatMap((place) => {
		const names = imported(place.node) ?? required(place.node);
		return names === undefined ? [] : [{ node: place.node, around: place.around, names }];
	});
	const names = new Map(found.flatMap((one) => [...one.names]));
	const own = new Set(found.map(({ node }) => node));
	return {
		names,
		declarations: found.map(({ node, around }) => {
			const declaration = node.type === "VariableDeclarator" ? (around[0] ?? node) : node;
			return {
				node: declaration,
				block: around[node === declaration ? 0 : 1],
				isAlone: node === declaration || (listAt(declaration, "declarations").length === 1 && around[1]?.type !== "ExportNamedDeclaration"),
			};
		}),
		unknown: places.filter(isMention).map(({ node }) => node),
		// Something else in the file has the same name, so the calls cannot be told apart.
		shadows: places
			.filter((place) => names.has(String(place.node["name"])) && isDeclaration(place) && !place.around.some((one) => own.has(one)))
			.map(({ node }) => node)
			.concat(found.filter(isInHead).map(({ node }) => node)),
		isCommonJs: found.some(({ node }) => node.type === "VariableDeclarator"),
	};
}

/** In the head of a loop, where no other statement can be added. */
function isInHead({ node, around: [, holder] }: Place): boolean {
	return node.type === "VariableDeclarator" && /^For/.test(holder?.type ?? "");
}

function imported(node: Node): ReadonlyMap<string, string> | undefined {
	if (node.type === "TSImportEqualsDeclaration") {
		const local = nameOf(at(node, "id"));
		return nameOf(at(at(node, "moduleReference"), "expression")) === MODULE && local !== undefined ? new Map([[local, "default"]]) : undefined;
	}
	if (node.type !== "ImportDeclaration" || nameOf(at(node, "source")) !== MODULE || node["importKind"] === "type") return undefined;
	return new Map(
		listAt(node, "specifiers").map((specifier) => {
			const name = specifier.type === "ImportSpecifier" ? nameOf(at(specifier, "imported")) : "default";
			return [nameOf(at(specifier, "local")) ?? "", name ?? ""];
		}),
	);
}

function required(node: Node): ReadonlyMap<string, string> | undefined {
	if (node.type !== "VariableDeclarator" || !isRequire(at(node, "init"))) return undefined;
	const id = at(node, "id");
	const local = nameOf(id);
	if (local !== undefined) return new Map([[local, "default"]]);
	// The uses of `...rest` are unknown.
	if (id?.type !== "ObjectPattern" || listAt(id, "properties").some(({ type }) => type !== "ObjectProperty")) return undefined;
	return new Map(listAt(id, "properties").map((property) => [nameOf(at(property, "value")) ?? "", nameOf(at(property, "key")) ?? ""]));
}

/** `require("helmet")` and `require("helmet").default`. */
function isRequire(given: Node | undefined): boolean {
	const node = bare(given);
	if (node?.type === "MemberExpression") return nameOf(at(node, "property")) === "default" && isRequire(at(node, "object"));
	return node?.type === "CallExpression" && pathOf(at(node, "callee"))?.join() === "require" && nameOf(listAt(node, "arguments")[0]) === MODULE;
}

/** The name of the module anywhere else: a type import, an import at run time, or a mock. */
function isMention(place: Place): boolean {
	const { node } = place;
	if (node.type !== "StringLiteral" || nameOf(node) !== MODULE) return false;
	const [parent, ...outer] = place.around;
	if (parent?.type === "ImportDeclaration") return parent["importKind"] === "type";
	if (parent?.type === "TSExternalModuleReference") return false;
	if (parent?.type === "CallExpression") return !outer.some((one) => one.type === "VariableDeclarator" && required(one) !== undefined);
	return parent?.type === "ExportNamedDeclaration" || parent?.type === "ExportAllDeclaration" || parent?.type === "ImportExpression";
}
