import { at, isDeclaration, isWrapper, listAt, type Node, nameOf, type Place, pathOf } from "./syntax.ts";

/** The value of a name in the file, wherever it is read. */
export interface Constant {
	readonly init: Node;
	/** It is read once, so its value can replace it there. */
	readonly isOnce: boolean;
	/** Its content cannot have changed, because it is only read and passed on. */
	readonly isHandedOn: boolean;
	/** `delete name.key` and `name.key = value`, as statements after the declaration and before all readers. */
	readonly changes: readonly Node[];
	/** It is declared outside all functions and blocks. */
	readonly isTop: boolean;
}

/** A name that another file exports. `name` is `*` for everything that it exports, and `default` for its default export. */
export interface Origin {
	readonly request: string;
	readonly name: string;
}

/** Every mention of each name, without the names of properties. In `{ name }`, the key and the value are one mention. */
export type Mentions = ReadonlyMap<string, readonly Place[]>;

export function mentionsIn(places: readonly Place[]): Mentions {
	const mentions = new Map<string, Map<number, Place>>();
	for (const place of places) {
		if (place.node.type !== "Identifier" || isKey(place)) continue;
		const name = String(place.node["name"]);
		mentions.set(name, (mentions.get(name) ?? new Map()).set(place.node.start, place));
	}
	return new Map([...mentions].map(([name, found]) => [name, [...found.values()]]));
}

/** Finds constants and functions by their names. */
export function findConstants(mentions: Mentions): (name: string) => Constant | undefined {
	const known = new Map<string, Constant | undefined>();
	return (name) => {
		if (!known.has(name)) known.set(name, constantOf(mentions.get(name) ?? []));
		return known.get(name);
	};
}

/** Finds imports by their names. */
export function findOrigins(mentions: Mentions): (name: string) => Origin | undefined {
	return (name) => {
		const [place, ...others] = (mentions.get(name) ?? []).filter(isDeclared);
		return place === undefined || others.length > 0 ? undefined : originOf(place);
	};
}

function originOf({ node, around: [holder, ...outer] }: Place): Origin | undefined {
	const [pattern, declarator] = outer;
	if (holder?.type === "ObjectProperty" && pattern?.type === "ObjectPattern") {
		const request = requestOf(at(declarator, "init"));
		const key = nameOf(at(holder, "key"));
		return request === undefined || key === undefined || at(holder, "value")?.start !== node.start ? undefined : { request, name: key };
	}
	const request = nameOf(at(pattern, "source"));
	if (request === undefined || holder === undefined) return undefined;
	if (holder.type === "ImportDefaultSpecifier") return { request, name: "default" };
	if (holder.type === "ImportNamespaceSpecifier") return { request, name: "*" };
	return holder.type === "ImportSpecifier" ? { request, name: nameOf(at(holder, "imported")) ?? "" } : undefined;
}

/** The module of `require("…")`. */
export function requestOf(node: Node | undefined): string | undefined {
	if (node?.type !== "CallExpression" || nameOf(at(node, "callee")) !== "require") return undefined;
	const [request] = listAt(node, "arguments");
	return request?.type === "StringLiteral" ? nameOf(request) : undefined;
}

export function isDeclared(place: Place): boolean {
	const { type = "" } = place.around[0] ?? {};
	const isType = /^TS(?:TypeAlias|Interface)Declaration$/.test(type) && at(place.around[0], "id") === place.node;
	return isDeclaration(place) || isType || type.startsWith("Import");
}

function constantOf(mentions: readonly Place[]): Constant | undefined {
	const [place, ...others] = mentions.filter(isDeclared);
	if (place === undefined || others.length > 0 || mentions.some(isWritten)) return undefined;
	const [holder, declaration] = place.around;
	const isFunction = holder?.type === "FunctionDeclaration" && at(holder, "id") === place.node;
	const isConstant = holder?.type === "VariableDeclarator" && at(holder, "id") === place.node && declaration?.["kind"] === "const";
	const init = isFunction ? holder : isConstant ? at(holder, "init") : undefined;
	if (init === undefined) return undefined;
	const changing = isConstant ? mentions.filter((one) => changeIn(one, place.around[2]) !== undefined) : [];
	const changes = changing.flatMap((one) => changeIn(one, place.around[2]) ?? []);
	const readers = mentions.filter((one) => one !== place && !changing.includes(one));
	const isInOrder = readers.every(({ node }) => node.start >= (changes.at(-1)?.end ?? 0));
	const block = place.around.slice(isFunction ? 1 : 2).find(({ type }) => !/^Export/.test(type));
	return {
		init,
		changes,
		isOnce: readers.length === 1 && isInOrder,
		isHandedOn: readers.every(isHanded) && isInOrder,
		isTop: block?.type === "Program",
	};
}

/** The change of a field, if it is a statement of the block. */
function changeIn({ node, around: [member, change, statement, outer] }: Place, block: Node | undefined): Node | undefined {
	const isField = member?.type === "MemberExpression" && at(member, "object") === node;
	if (!isField || change === undefined || statement?.type !== "ExpressionStatement" || outer !== block) return undefined;
	const isDeleted = change.type === "UnaryExpression" && change["operator"] === "delete";
	return isDeleted || (change.type === "AssignmentExpression" && change["operator"] === "=" && at(change, "left") === member) ? change : undefined;
}

function isWritten({ node, around: [parent] }: Place): boolean {
	return (parent?.type === "AssignmentExpression" && at(parent, "left") === node) || parent?.type === "UpdateExpression";
}

/** The name of a property and not of a variable. */
export function isKey({ node, around: [parent] }: Place): boolean {
	if (parent?.["computed"] === true) return false;
	if (/^(?:ImportSpecifier|ExportSpecifier)$/.test(parent?.type ?? "") && at(parent, "local")?.start !== node.start) return true;
	return at(parent, "property") === node || (at(parent, "key") === node && at(parent, "value")?.start !== node.start);
}

/** Passed into another list or object, exported, or read from, with or without TypeScript annotations. */
function isHanded({ node, around }: Place): boolean {
	const outer = around.filter((one) => !isWrapper(one));
	const parent = outer[0];
	if (parent?.type === "MemberExpression") return at(parent, "object") !== node || isOnlyRead(outer);
	if (parent?.type === "AssignmentExpression") return /^(?:module\.)?exports\b/.test(pathOf(at(parent, "left"))?.join(".") ?? "");
	if (parent?.type === "CallExpression") return isPassing(parent);
	return /^(?:ObjectProperty|ArrayExpression|SpreadElement|ExportSpecifier|ExportDefaultDeclaration|TSExportAssignment|TSTypeQuery)$/.test(parent?.type ?? "");
}

/** Methods that leave their list as it is. */
const READING: ReadonlySet<string> = new Set(["concat", "filter", "includes", "indexOf", "join", "map", "slice", "some", "split", "toString"]);

/** `name.a.b`, and neither `name.a = …` nor a call that changes it. */
function isOnlyRead(outer: readonly Node[]): boolean {
	const end = outer.findIndex((one, i) => i > 0 && !(one.type === "MemberExpression" && at(one, "object") === outer[i - 1]));
	const [last, holder] = [outer[end - 1], outer[end]];
	if (holder === undefined || last === undefined) return false;
	if (holder.type === "CallExpression" && at(holder, "callee") === last) return READING.has(nameOf(at(last, "property")) ?? "");
	if (holder.type === "AssignmentExpression") return at(holder, "right") === last;
	return !/^(?:UpdateExpression|UnaryExpression|AssignmentPattern|ForOfStatement)$/.test(holder.type);
}

/** A call that reads its arguments: of helmet or one of its middlewares. */
function isPassing(call: Node): boolean {
	return /^helmet$|^helmet\./.test(pathOf(at(call, "callee"))?.join(".") ?? "");
}
