import { UsageError } from "../args.ts";
import { at, bare, listAt, type Node, nameOf, type Place } from "../migrate/syntax.ts";
import { type App, isTarget, lastBeforeMounts, methodOn } from "./app.ts";
import { addAfter, addBefore } from "./insert.ts";
import type { Needs } from "./names.ts";
import { mountedBefore, type Present } from "./present.ts";
import { isFunction, type Source, siblingsOf, statementOf } from "./source.ts";

/** What is mounted. */
export interface Mounting {
	readonly preset: string | undefined;
	readonly hasDevtools: boolean;
	/** The variable of the policy, if another file has it. */
	readonly imported: string | undefined;
	/** The name for a new variable. */
	readonly fresh: string;
	/** Where the first server of the file is created. */
	readonly firstServer: number;
}

/** Mounts the policy, and returns the name of its variable. */
export function addMounts(app: App, source: Source, present: Present, needs: Needs, mounting: Mounting, notes: string[]): string {
	const end = source.style.end;
	const variable = addPolicy(app, source, present, needs, mounting, notes);
	// Nest has an error layer of its own, which answers every error.
	if (app.kind !== "NestJS" && !present.hasErrorHandler) addErrorHandler(app, source, `${app.target}.use(${variable}.errorHandler)${end}`, notes);
	return variable;
}

function addPolicy(app: App, source: Source, present: Present, needs: Needs, mounting: Mounting, notes: string[]): string {
	const { target } = app;
	const { style } = source;
	const variable = present.variable ?? mounting.imported ?? mounting.fresh;
	const devtools = (): readonly string[] =>
		mounting.hasDevtools && !present.hasDevtools ? [`${target}.use(${needs.use("headguard/devtools", "devtools")}(${variable}))${style.end}`] : [];
	const existing = present.mount ?? present.inline;
	if (existing !== undefined) {
		const earlier = mountedBefore(existing, app, source);
		if (earlier !== undefined)
			notes.push(
				`${source.name}:${existing.node.loc.start.line}: the policy is mounted after line ${earlier.loc.start.line}, which answers without it. Move it up.`,
			);
	}
	if (present.mount !== undefined) {
		addBehind(source, present.mount, devtools());
		return variable;
	}
	if (present.inline !== undefined) {
		nameInline(app, source, present.inline, variable, devtools());
		return variable;
	}
	const last = lastBeforeMounts(app, source);
	if (present.declaration !== undefined && present.declaration.start > last.end)
		throw new UsageError(
			`${source.name}:${present.declaration.loc.start.line}: ${variable} is created after other code is mounted. Move it up, and write ${target}.use(${variable}) there.`,
		);
	const isNew = present.variable === undefined && mounting.imported === undefined;
	const create = isNew
		? [`${style.keyword} ${variable} = ${needs.use("headguard", "secureHeaders")}(${presetOptions(mounting.preset, style.quote)})${style.end}`]
		: [];
	const mount = [`${target}.use(${variable})${style.end}`, ...devtools()];
	// A server that is created before the settings needs the policy first.
	if (app.statement !== last && create.length > 0 && mounting.firstServer < last.end) {
		addAfter(source, app.statement, app.block, create);
		addAfter(source, last, app.block, mount);
	} else addAfter(source, last, app.block, [...create, ...mount]);
	return variable;
}

export function presetOptions(preset: string | undefined, quote: string): string {
	return preset === undefined ? "" : `{ preset: ${quote}${preset}${quote} }`;
}

/** Directly after a statement, without an empty line. */
function addBehind(source: Source, mount: Place, lines: readonly string[]): void {
	const { statement } = statementOf(mount) ?? { statement: mount.node };
	const indent = /^[\t ]*/.exec(source.text.slice(source.text.lastIndexOf("\n", statement.start - 1) + 1))?.[0] ?? "";
	for (const line of lines) source.edits.push({ start: statement.end, end: statement.end, text: `${source.style.eol}${indent}${line}` });
}

/** `app.use(secureHeaders())` becomes `const headers = secureHeaders()` and `app.use(headers)`. */
function nameInline(app: App, source: Source, inline: Place, variable: string, devtools: readonly string[]): void {
	const found = statementOf(inline);
	const given = listAt(inline.node, "arguments");
	const [call] = given;
	const isAlone = found !== undefined && found.statement.type === "ExpressionStatement" && bare(at(found.statement, "expression")) === inline.node;
	if (!isAlone || given.length !== 1 || call === undefined || (found.block !== app.block && !app.isTopLevel))
		throw new UsageError(
			`${source.name}:${inline.node.loc.start.line}: this command does not understand how the policy is mounted. Write const headers = secureHeaders({ … }) and ${app.target}.use(headers).`,
		);
	const { statement } = found;
	const { style, edits, text } = source;
	const indent = /^[\t ]*/.exec(text.slice(text.lastIndexOf("\n", statement.start - 1) + 1))?.[0] ?? "";
	const after = [`${app.target}.use(${variable})`, ...devtools.map((line) => line.replace(/;$/, ""))].join(`${style.end}${style.eol}${indent}`);
	edits.push({ start: statement.start, end: call.start, text: `${style.keyword} ${variable} = ` });
	edits.push({ start: call.end, end: inline.node.end, text: `${style.end}${style.eol}${indent}${after}` });
}

const ROUTING = /^(?:use|all|get|post|put|patch|delete|options|head|route|param)$/;

function addErrorHandler(app: App, source: Source, line: string, notes: string[]): void {
	const mounts = source.places.filter((place) => isMount(place, app));
	const handlers = mounts.filter(({ node }) => handlesErrors(node, source));
	const last = mounts.findLast((place) => !handlers.includes(place));
	// The methods of a class do not run in their order.
	const isOrdered = !app.target.startsWith("this.");
	const first = handlers.find(({ node }) => last === undefined || node.start > last.node.start || !isOrdered);
	const place = first ?? last;
	const found = place === undefined ? undefined : unconditional(place);
	if (!isOrdered && first === undefined) {
		notes.push(`${source.name}: write ${line.replace(/;$/, "")} after your routes.`);
		return;
	}
	if (first !== undefined && found !== undefined) addBefore(source, found.statement, found.block, [line]);
	else {
		const after = found ?? { statement: lastBeforeMounts(app, source), block: app.block };
		addAfter(source, after.statement, after.block, [line]);
	}
}

/** Something is mounted on the application, or the application is given to code that may do so. */
function isMount({ node, around }: Place, { target }: App): boolean {
	const isShadowed = around.some((one) => isFunction(one) && listAt(one, "params").some((parameter) => nameOf(parameter) === target));
	if (node.type !== "CallExpression" || isShadowed) return false;
	const method = methodOn(node, target);
	if (method !== undefined) return ROUTING.test(method) && !(method === "get" && listAt(node, "arguments").length < 2);
	const callee = at(node, "callee");
	return callee?.type !== "MemberExpression" && listAt(node, "arguments").some((one) => isTarget(one, target));
}

/** Handlers of errors have four parameters. */
function handlesErrors(node: Node, { places }: Source): boolean {
	return listAt(node, "arguments").some((argument) => {
		const name = nameOf(argument);
		if (argument.type !== "Identifier" || name === undefined) return isFunction(argument) && listAt(argument, "params").length === 4;
		const declared = places.find((place) => place.node.type === "FunctionDeclaration" && nameOf(at(place.node, "id")) === name)?.node;
		const value = places.find((place) => place.node.type === "VariableDeclarator" && nameOf(at(place.node, "id")) === name)?.node;
		const known = declared ?? (isFunction(bare(at(value, "init"))) ? bare(at(value, "init")) : undefined);
		return known === undefined ? /err/i.test(name) : listAt(known, "params").length === 4;
	});
}

/** The statement around it that always runs when its function or the file does. */
function unconditional(place: Place): { readonly statement: Node; readonly block: Node } | undefined {
	const chain = [place.node, ...place.around];
	const end = chain.findIndex((one, i) => i > 0 && (one.type === "Program" || (one.type === "BlockStatement" && isFunction(chain[i + 1]))));
	const [statement, block] = [chain[end - 1], chain[end]];
	return statement === undefined || block === undefined || !siblingsOf(block).includes(statement) ? undefined : { statement, block };
}
