import { ALIASES } from "./modern.ts";
import { NotUnderstood } from "./not-understood.ts";
import { at, listAt, type Node, nameOf, type Place, pathOf, walk } from "./syntax.ts";

/** A call of helmet or of one of its middlewares. */
export interface Call {
	readonly node: Node;
	readonly around: readonly Node[];
	/** `default`, or the name of the middleware. */
	readonly name: string;
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
	const [first = "", ...rest] = pathOf(at(node, "callee")) ?? [];
	const bound = names.get(first);
	const path = bound === undefined ? [] : [...(bound === "default" ? [] : [bound]), ...rest].filter((step) => step !== "default");
	const name = bound !== undefined && path.length === 0 ? "default" : path.length === 1 ? path[0] : undefined;
	return name === undefined ? [] : [{ node, around: place.around, name: ALIASES.get(name) ?? name }];
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

/** Whether the call is an argument, as in `app.get(…)`, after the mount and in the scope of its variable. */
export function seesMount({ node, around }: Call, mount: Mount): boolean {
	const [holder, outer] = around;
	const isArgument = holder?.type === "CallExpression" || (holder?.type === "ArrayExpression" && outer?.type === "CallExpression");
	return isArgument && node.start > placeOf(mount).end && around.includes(mount.block);
}

/** The place for the policy: after everything that a part of it reads. */
export function placeOf({ statement, statements, calls }: Mount): Node {
	const reading = calls.findLast(({ node }) => listAt(node, "arguments").some(readsNames));
	return statements.find((one) => reading?.around.includes(one)) ?? statement;
}

/** Whether it reads more than names of properties. */
function readsNames(argument: Node): boolean {
	for (const { node, around } of walk(argument)) {
		const [parent] = around;
		const isName = parent?.["computed"] !== true && (at(parent, "key") === node || at(parent, "property") === node) && at(parent, "value") !== node;
		if ((node.type === "Identifier" && !isName) || node.type === "ThisExpression") return true;
	}
	return false;
}

/** Variable, as written in its assignment → the code of its value. */
export type Makers = ReadonlyMap<string, readonly string[]>;

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
export function checkMount(mount: Mount, isOnly: boolean, text: string, makers: Makers): void {
	const { target, calls, statements, block } = mount;
	const root = target.replace(/\.use$/, "");
	const made = (by: RegExp): boolean => makers.get(root)?.some((code) => by.test(code)) === true;
	if (made(/\bRouter\(/)) throw new NotUnderstood("the policy of a router is added to that of the application. Write headers.replace({ … }) there");
	const isSingles = calls.every(({ name }) => name !== "default");
	if (isSingles && !(isOnly && made(/(?:express|connect|require\(["'](?:express|connect)["']\))\(\)/)))
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
