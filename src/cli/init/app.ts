import { at, bare, isWrapper, listAt, type Node, nameOf, type Place, pathOf } from "../migrate/syntax.ts";
import { importsOf, requireOf } from "./names.ts";
import { isFunction, type Source, siblingsOf, statementOf } from "./source.ts";

type Kind = "Express" | "Connect" | "NestJS";

/** An application that a file creates. */
export interface App {
	readonly kind: Kind;
	/** How code mentions it: `app`, or `this.app`. */
	readonly target: string;
	/** The statement that creates it, in its block. */
	readonly statement: Node;
	readonly block: Node;
	readonly isTopLevel: boolean;
	readonly line: number;
	/** Why this command cannot mount anything on it. */
	readonly problem: string | undefined;
}

const PACKAGES: ReadonlyMap<string, Kind> = new Map([
	["express", "Express"],
	["connect", "Connect"],
]);

/** The applications of a file, without those that are mounted on another one. */
export function appsOf(source: Source): readonly App[] {
	const makers = new Map<string, Kind>();
	for (const { local, name, module } of importsOf(source)) {
		const kind = PACKAGES.get(module);
		if (kind !== undefined && ["default", "*"].includes(name)) makers.set(local, kind);
		if (module === "@nestjs/core" && name === "NestFactory") makers.set(`${local}.create`, "NestJS");
	}
	const apps = source.places.flatMap((place) => {
		const kind = kindOf(place.node, makers);
		return kind === undefined ? [] : [appAt(place, kind, source)];
	});
	return apps.length === 1 ? apps : apps.filter(({ target }) => target === "" || !isMounted(target, source));
}

function kindOf(node: Node, makers: ReadonlyMap<string, Kind>): Kind | undefined {
	if (node.type !== "CallExpression") return undefined;
	const callee = bare(at(node, "callee"));
	const required = requireOf(callee);
	if (required !== undefined) return required.name === "*" || required.name === "default" ? PACKAGES.get(required.module) : undefined;
	return makers.get((pathOf(callee) ?? []).filter((step) => step !== "default").join("."));
}

function appAt(place: Place, kind: Kind, { text }: Source): App {
	const { node } = place;
	const { target, holder } = variableOfCall(place);
	const found = statementOf(place);
	const isNamed = found !== undefined && target !== "" && /^(?:VariableDeclarator|ExpressionStatement)$/.test(holder?.type ?? "");
	const isFastify = kind === "NestJS" && /\bFastifyAdapter\b|NestFastifyApplication/.test(text.slice(node.start, node.end));
	const { statement, block } = found ?? { statement: node, block: node };
	return {
		kind,
		target,
		statement,
		block,
		isTopLevel: block.type === "Program",
		line: node.loc.start.line,
		problem: problemOf(isNamed, isFastify, found?.holder),
	};
}

function problemOf(isNamed: boolean, isFastify: boolean, holder: Node | undefined): string | undefined {
	if (!isNamed) return "the application has no variable";
	if (isFastify) return "the application runs on Fastify, and headguard on Express";
	return holder === undefined || isFunction(holder) ? undefined : "the application is created under a condition";
}

/** From inside: `const app = (module.exports = express())`. */
function variableOfCall({ around }: Place): { readonly target: string; readonly holder: Node | undefined } {
	let target = "";
	for (const outer of around) {
		if (outer.type === "VariableDeclarator") return { target: nameOf(at(outer, "id")) ?? target, holder: outer };
		if (outer.type === "AssignmentExpression") target = variableOf(at(outer, "left")) ?? target;
		else if (outer.type !== "AwaitExpression" && !isWrapper(outer)) return { target, holder: outer };
	}
	return { target, holder: undefined };
}

/** `app`, and `this.app`. Not `module.exports`. */
function variableOf(left: Node | undefined): string | undefined {
	if (left?.type === "Identifier") return nameOf(left);
	const isOwn = left?.type === "MemberExpression" && at(left, "object")?.type === "ThisExpression" && left["computed"] !== true;
	return isOwn ? `this.${nameOf(at(left, "property")) ?? ""}` : undefined;
}

/** Whether a node is the application itself. */
export function isTarget(given: Node | undefined, target: string): boolean {
	const node = bare(given);
	if (!target.startsWith("this.")) return node?.type === "Identifier" && nameOf(node) === target;
	return node?.type === "MemberExpression" && variableOf(node) === target;
}

/** `app.<method>(…)`. */
export function methodOn(node: Node | undefined, target: string): string | undefined {
	const callee = node?.type === "CallExpression" ? bare(at(node, "callee")) : undefined;
	return callee?.type === "MemberExpression" && callee["computed"] !== true && isTarget(at(callee, "object"), target)
		? nameOf(at(callee, "property"))
		: undefined;
}

/** Whether another application mounts it. */
function isMounted(target: string, { places }: Source): boolean {
	return places.some(({ node }) => {
		const callee = node.type === "CallExpression" ? at(node, "callee") : undefined;
		return (
			callee?.type === "MemberExpression" &&
			nameOf(at(callee, "property")) === "use" &&
			!isTarget(at(callee, "object"), target) &&
			listAt(node, "arguments").some((one) => isTarget(one, target))
		);
	});
}

const SETTINGS: readonly string[] = ["set", "enable", "disable", "engine", "on", "once", "setMaxListeners"];

/**
 * The statement after which the first middleware can be mounted: it creates the application, or is the last of the settings before anything else is
 * mounted. Express 4 reads some settings when the first middleware is mounted.
 */
export function lastBeforeMounts(app: App, source: Source): Node {
	const after = siblingsOf(app.block);
	const touching = touchingNames(app, source);
	let last = app.statement;
	for (const statement of after.slice(after.indexOf(app.statement) + 1)) {
		if (/^(?:Function|Class|TS\w*|Import)\w*Declaration$/.test(statement.type)) continue;
		if (isSetting(statement, app.target)) last = statement;
		else if (mayMount(statement, app.target, touching, source)) break;
	}
	return last;
}

function isSetting(statement: Node, target: string): boolean {
	const expression = statement.type === "ExpressionStatement" ? bare(at(statement, "expression")) : undefined;
	return SETTINGS.includes(methodOn(expression, target) ?? "");
}

/** Functions of the file that mention the application, directly or through each other. */
function touchingNames({ target }: App, source: Source): ReadonlySet<string> {
	const functions = source.places.flatMap(({ node }) => {
		const isVariable = node.type === "VariableDeclarator" && isFunction(bare(at(node, "init")));
		const name = isVariable || node.type === "FunctionDeclaration" ? nameOf(at(node, "id")) : undefined;
		return name === undefined ? [] : [{ name, node }];
	});
	const touching = new Set<string>();
	for (let size = -1; size !== touching.size; ) {
		size = touching.size;
		for (const { name, node } of functions) if (mentions(node, target, touching, source)) touching.add(name);
	}
	return touching;
}

function mentions({ start, end }: Node, target: string, touching: ReadonlySet<string>, { places }: Source): boolean {
	return places.some(({ node }) => {
		if (node.start < start || node.end > end) return false;
		return isTarget(node, target) || (node.type === "Identifier" && touching.has(String(node["name"])));
	});
}

function mayMount(statement: Node, target: string, touching: ReadonlySet<string>, source: Source): boolean {
	const isOwnMethod = (node: Node): boolean => node.type === "CallExpression" && pathHead(node) === "ThisExpression";
	if (target.startsWith("this.") && source.places.some(({ node }) => isInside(node, statement) && isOwnMethod(node))) return true;
	const isServer = source.places.some(({ node }) => isInside(node, statement) && isServerOf(node, target));
	return mentions(statement, target, touching, source) && !(isServer && statement.type === "VariableDeclaration");
}

function isInside({ start, end }: Node, outer: Node): boolean {
	return outer.start <= start && end <= outer.end;
}

function pathHead(node: Node): string | undefined {
	const object = at(at(node, "callee"), "object");
	return object?.type === "MemberExpression" ? at(object, "object")?.type : object?.type;
}

/** `http.createServer(app)` and its like. */
export function isServerOf(node: Node, target: string): boolean {
	if (node.type !== "CallExpression" && node.type !== "NewExpression") return false;
	const name = pathOf(at(node, "callee"))?.at(-1) ?? "";
	return /^(?:create(?:Secure)?Server|Server)$/.test(name) && listAt(node, "arguments").some((one) => isTarget(one, target));
}
