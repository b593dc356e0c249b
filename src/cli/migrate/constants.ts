import { at, isDeclaration, isWrapper, listAt, type Node, type Place } from "./syntax.ts";

/** The value of a name in the file, wherever it is read. */
export interface Constant {
	readonly init: Node;
	/** It is read once, so its value can replace it there. */
	readonly isOnce: boolean;
	/** The statement that declares it and nothing else. Undefined if there is none, or if other files can read it. */
	readonly statement: Node | undefined;
	/** Its content cannot have changed, because it is only passed on. */
	readonly isHandedOn: boolean;
}

/** Finds constants and functions by their names. */
export function findConstants(places: readonly Place[]): (name: string) => Constant | undefined {
	// By their position, because in { name } the key and the value are one mention.
	const mentions = new Map<string, Map<number, Place>>();
	for (const place of places) {
		if (place.node.type !== "Identifier" || isKey(place)) continue;
		const name = String(place.node["name"]);
		mentions.set(name, (mentions.get(name) ?? new Map()).set(place.node.start, place));
	}
	const known = new Map<string, Constant | undefined>();
	return (name) => {
		if (!known.has(name)) known.set(name, constantOf([...(mentions.get(name)?.values() ?? [])]));
		return known.get(name);
	};
}

function constantOf(mentions: readonly Place[]): Constant | undefined {
	const declared = mentions.filter((place) => isDeclaration(place) || /^Import/.test(place.around[0]?.type ?? ""));
	const [place] = declared;
	if (place === undefined || declared.length > 1 || mentions.some(isWritten)) return undefined;
	const [holder, declaration] = place.around;
	const isFunction = holder?.type === "FunctionDeclaration" && at(holder, "id") === place.node;
	const isConstant = holder?.type === "VariableDeclarator" && at(holder, "id") === place.node && declaration?.["kind"] === "const";
	const init = isFunction ? holder : isConstant ? at(holder, "init") : undefined;
	if (init === undefined) return undefined;
	const isOwn = isConstant && listAt(declaration, "declarations").length === 1 && /^(?:Program|BlockStatement)$/.test(place.around[2]?.type ?? "");
	return {
		init,
		statement: isOwn ? declaration : undefined,
		isOnce: mentions.length === 2,
		isHandedOn: mentions.every((one) => one === place || isHanded(one)),
	};
}

function isWritten({ node, around: [parent] }: Place): boolean {
	return (parent?.type === "AssignmentExpression" && at(parent, "left") === node) || parent?.type === "UpdateExpression";
}

/** The name of a property and not of a variable. */
function isKey({ node, around: [parent] }: Place): boolean {
	if (parent?.["computed"] === true) return false;
	return at(parent, "property") === node || (at(parent, "key") === node && at(parent, "value")?.start !== node.start);
}

/** Passed into another list or object, with or without TypeScript annotations. */
function isHanded({ around }: Place): boolean {
	return /^(?:ObjectProperty|ArrayExpression|SpreadElement)$/.test(around.find((one) => !isWrapper(one))?.type ?? "");
}
