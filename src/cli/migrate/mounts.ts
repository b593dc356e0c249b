import { isRequire } from "./bindings.ts";
import type { Mentions } from "./constants.ts";
import { ALIASES } from "./modern.ts";
import { NotUnderstood } from "./not-understood.ts";
import { at, bare, isWrapper, listAt, type Node, nameOf, type Place, pathOf, walk } from "./syntax.ts";
import type { Makers, Work } from "./work.ts";

/** A call of helmet or of one of its middlewares. */
export interface Call {
	readonly node: Node;
	readonly around: readonly Node[];
	/** `default`, or the name of the middleware. */
	readonly name: string;
	/** It loads helmet itself: `require("helmet")()`. */
	readonly isLoading: boolean;
}

/** Calls that form one policy: `app.use(helmet())`, and what is mounted on the same app after it. */
export interface Mount {
	readonly statement: Node;
	readonly block: Node;
	/** `app.use`. */
	readonly target: string;
	readonly calls: Call[];
	readonly statements: Node[];
}

export function callOf(place: Place, names: ReadonlyMap<string, string>): readonly Call[] {
	const { node } = place;
	if (node.type !== "CallExpression") return [];
	const [first = "", ...rest] = calleeOf(at(node, "callee"));
	const bound = first === REQUIRED ? "default" : names.get(first);
	const path = bound === undefined ? [] : [...(bound === "default" ? [] : [bound]), ...rest].filter((step) => step !== "default");
	const name = bound !== undefined && path.length === 0 ? "default" : path.length === 1 ? path[0] : undefined;
	return name === undefined ? [] : [{ node, around: place.around, name: ALIASES.get(name) ?? name, isLoading: first === REQUIRED }];
}

/** Replaces `require("helmet")` in a path. */
const REQUIRED = "require()";

/** `helmet.hsts`, `require("helmet").hsts` and `(helmet as any)`. */
function calleeOf(given: Node | undefined): readonly string[] {
	const node = bare(given);
	if (isRequire(node)) return [REQUIRED];
	if (node?.type !== "MemberExpression" || node["computed"] === true) return pathOf(node) ?? [];
	const object = calleeOf(at(node, "object"));
	return object.length === 0 ? [] : [...object, nameOf(at(node, "property")) ?? ""];
}

/** Finds `app.use(…)` as a statement that contains only helmet. Several on one app in one block belong together. */
export function mountsOf(calls: readonly Call[], text: string): readonly Mount[] {
	const mounts = new Map<Node, Map<string, Mount>>();
	const known = new Set(calls.map(({ node }) => node));
	for (const call of calls) {
		const [use, statement, block] = call.around;
		const target = text.slice(at(use, "callee")?.start, at(use, "callee")?.end);
		const isMount =
			use?.type === "CallExpression" &&
			target.endsWith(".use") &&
			statement?.type === "ExpressionStatement" &&
			/^(?:Program|BlockStatement)$/.test(block?.type ?? "");
		if (!isMount || block === undefined || !listAt(use, "arguments").every((one) => known.has(one))) continue;
		const inBlock = mounts.get(block) ?? new Map<string, Mount>();
		const mount = inBlock.get(target) ?? { statement, block, target, calls: [], statements: [] };
		mounts.set(block, inBlock.set(target, mount));
		mount.calls.push(call);
		if (mount.statements.at(-1) !== statement) mount.statements.push(statement);
	}
	return [...mounts.values()].flatMap((inBlock) => [...inBlock.values()]);
}

/** Several calls in one list: `[helmet(), hpp(), helmet.hsts()]`, or the arguments of one call. */
export interface Group {
	readonly calls: readonly Call[];
	/** Everything in the list. */
	readonly elements: readonly Node[];
	/** The list belongs to a path. */
	readonly isRoute: boolean;
}

export function groupsOf(calls: readonly Call[]): readonly Group[] {
	const lists = new Map<Node | undefined, Call[]>();
	for (const call of calls) lists.set(call.around[0], [...(lists.get(call.around[0]) ?? []), call]);
	return [...lists].flatMap(([holder, inList]) => {
		const field = holder?.type === "ArrayExpression" ? "elements" : "arguments";
		const elements = listAt(holder, field);
		if (inList.length < 2 || !inList.every(({ node }) => elements.includes(node))) return [];
		const [outer] = field === "elements" ? (inList[0]?.around.slice(1) ?? []) : [holder];
		return [
			{ calls: inList, elements, isRoute: outer?.type === "CallExpression" && !(nameOf(at(at(outer, "callee"), "property")) === "use" && !hasPath(outer)) },
		];
	});
}

/** Whether a mount or a route is only for some paths. */
function hasPath(call: Node | undefined): boolean {
	const [first] = listAt(call, "arguments");
	return /^(?:StringLiteral|TemplateLiteral|RegExpLiteral|ArrayExpression)$/.test(first?.type ?? "");
}

/** Whether one of them is mounted if a condition is true, and the other one if it is false. */
export function areExclusive(a: Mount, b: Mount): boolean {
	const [ours, theirs] = [a, b].map(({ calls }) => calls[0]?.around ?? []);
	return (ours ?? []).some((one, i) => {
		if (one.type !== "IfStatement" || theirs?.includes(one) !== true) return false;
		return ours?.[i - 1] !== theirs[theirs.indexOf(one) - 1];
	});
}

/** Whether the call is an argument, as in `app.get(…)`, or in a handler, after the mount and in the scope of its variable. */
export function seesMount({ node, around }: Call, mount: Mount, isWrapped = false): boolean {
	const [holder, outer] = around;
	const isArgument = holder?.type === "CallExpression" || (holder?.type === "ArrayExpression" && outer?.type === "CallExpression");
	return (isArgument || isWrapped) && node.start > placeOf(mount).end && around.includes(mount.block);
}

/** The place for the policy: after everything that a part of it reads. */
export function placeOf({ statement, statements, calls }: Mount): Node {
	const reading = calls.findLast(({ node }) => listAt(node, "arguments").some(readsNames));
	return statements.find((one) => reading?.around.includes(one)) ?? statement;
}

/** Whether it reads more than names of properties. */
export function readsNames(argument: Node): boolean {
	for (const { node, around } of walk(argument)) {
		const [parent] = around;
		const isName = parent?.["computed"] !== true && (at(parent, "key") === node || at(parent, "property") === node) && at(parent, "value") !== node;
		if ((node.type === "Identifier" && !isName) || node.type === "ThisExpression") return true;
	}
	return false;
}

export function makersOf(places: readonly Place[], text: string): Makers {
	const made = new Map<string, string[]>();
	for (const { node } of places) {
		const [variable, value] = [at(node, "id") ?? at(node, "left"), at(node, "init") ?? at(node, "right")];
		if (!/^(?:VariableDeclarator|AssignmentExpression)$/.test(node.type) || variable === undefined || value === undefined) continue;
		const name = nameOf(variable) ?? text.slice(variable.start, variable.end);
		const codes = made.get(name) ?? [];
		codes.push(text.slice(value.start, value.end));
		made.set(name, codes);
	}
	return made;
}

/** Throws if a new policy, made of these parts, would replace a policy that they were added to. */
export function checkMount(mount: Mount, { isOnly, isAlone }: { readonly isOnly: boolean; readonly isAlone: boolean }, work: Work): void {
	const { target, calls, statements, block } = mount;
	const { text, made: makers, mentions } = work;
	const root = target.replace(/\.use$/, "");
	const made = (by: RegExp): boolean => makers.get(root)?.some((code) => by.test(code)) === true;
	const isSingles = calls.every(({ name }) => name !== "default");
	if (made(/\bRouter\(/) && !(isOnly && isPolicy(root, mentions) && (isAlone || (!isSingles && work.project.isAlone(work.name) !== false))))
		throw new NotUnderstood("the policy of a router is added to that of the application. Write headers.replace({ … }) there");
	if (isSingles && !(isOnly && (isAlone || made(/(?:express|connect|require\(["'](?:express|connect)["']\))\(\)/))))
		throw new NotUnderstood("the application may have a policy elsewhere that these are added to. Write headers.replace({ … }) there");
	if (calls.filter(({ name }) => name === "default").length > 1) throw new NotUnderstood("helmet() is mounted twice on the same app");
	if (calls.slice(1).some(({ name }) => name === "default"))
		throw new NotUnderstood("helmet() does not come first on this app. Move it before the single middlewares");
	const [from, to] = [statements[0]?.end ?? 0, statements.at(-1)?.start ?? 0];
	const between = listAt(block, "body").filter((one) => one.start >= from && one.end <= to && !statements.includes(one));
	const isPassing = (one: Node): boolean => {
		const code = text.slice(one.start, one.end);
		return (
			!code.includes(root) ||
			(/^[\w.]+\.use\(\s*(?:async\s*)?(?:function\b|\()/.test(code) && /\bnext\(/.test(code) && !/\.(?:send|json|end|redirect|render|sendFile)\(/.test(code))
		);
	};
	if (!between.every(isPassing)) throw new NotUnderstood("other middleware is mounted between its parts. Move helmet's middlewares together");
}

/** Whether a router has nothing but middleware for all paths, and is handed on as a whole: it is the policy of the application. */
function isPolicy(router: string, mentions: Mentions): boolean {
	const places = mentions.get(router) ?? [];
	const uses = places.filter((place) => !isMounting(place));
	const isShared = uses.some((place) => isHandedOver(place) || place.around[2]?.type === "ExportNamedDeclaration");
	return places.length > uses.length && isShared && uses.every((place) => isHandedOver(place) || isMade(place));
}

/** `router.use(…)` without a path. */
function isMounting({ node, around: [member, call] }: Place): boolean {
	const isUse = member?.type === "MemberExpression" && at(member, "object") === node && nameOf(at(member, "property")) === "use";
	return isUse && call?.type === "CallExpression" && at(call, "callee") === member && !hasPath(call);
}

function isMade({ node, around: [declarator] }: Place): boolean {
	return declarator?.type === "VariableDeclarator" && at(declarator, "id") === node;
}

/** Returned, exported, or mounted on another app for all paths. */
function isHandedOver({ node, around }: Place): boolean {
	const parent = around.find((one) => !isWrapper(one));
	if (parent?.type === "AssignmentExpression") return /^(?:module\.)?exports\b/.test(pathOf(at(parent, "left"))?.join(".") ?? "");
	if (parent?.type === "CallExpression") return listAt(parent, "arguments")[0] === node && nameOf(at(at(parent, "callee"), "property")) === "use";
	return /^(?:ReturnStatement|ExportDefaultDeclaration|ExportSpecifier)$/.test(parent?.type ?? "");
}
