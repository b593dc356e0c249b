import MagicString from "magic-string";
import { findBindings } from "./bindings.ts";
import { evaluate, findConstants, type Scope } from "./evaluate.ts";
import { at, type Comment, listAt, type Node, type Place, parseFile, pathOf, walk } from "./syntax.ts";
import { ALIASES, isHeader, NotUnderstood, type Translation, translate, translatePatch } from "./translate.ts";
import { type Fields, isFields, print, type Value } from "./value.ts";

/** What became of one place of a file. */
export interface Finding {
	readonly line: number;
	/** The new code; undefined when the old one was left alone. */
	readonly code: string | undefined;
	/** What is different now; or why it was left alone. */
	readonly notes: readonly string[];
}

export interface Migration {
	readonly findings: readonly Finding[];
	/** The file with the new code. */
	readonly text: string;
}

/** A call of helmet or of one of its middlewares. */
interface Call {
	readonly node: Node;
	readonly around: readonly Node[];
	/** `default`, or the middleware's name. */
	readonly name: string;
}

/** Calls that together are one policy: `app.use(helmet())` and what is mounted on the same app after it. */
interface Mount {
	readonly statement: Node;
	readonly block: Node;
	/** `app.use`. */
	readonly target: string;
	readonly calls: Call[];
	readonly statements: Node[];
}

/** What each edit needs. */
interface Work {
	readonly text: string;
	readonly comments: readonly Comment[];
	readonly edits: MagicString;
	readonly scope: Scope;
	readonly indent: string;
	readonly findings: Finding[];
	/** Understood mentions of helmet, by where they start. */
	readonly done: Set<number>;
}

/** Undefined when the file does not use helmet. @throws {SyntaxError} when it cannot be parsed. */
export function migrateFile(text: string, name: string): Migration | undefined {
	if (!text.includes("helmet")) return undefined;
	const { program, comments } = parseFile(text, name);
	const places = [...walk(program)];
	const bindings = findBindings(places);
	if (bindings.names.size === 0 && bindings.unknown.length === 0) return undefined;
	const done = new Set<number>();
	const scope: Scope = { text, names: bindings.names, constants: findConstants(places), understood: ({ start }) => void done.add(start) };
	const indent = /^(\t| {2,8})\S/m.exec(text)?.[1] ?? "\t";
	const work: Work = { text, comments, edits: new MagicString(text), scope, indent, findings: [], done };
	if (bindings.shadows.length > 0) {
		for (const node of bindings.shadows) leave(work, node, "something else has the same name here");
		return { findings: work.findings, text };
	}
	rewriteCalls(
		work,
		places.flatMap((place) => callOf(place, bindings.names)),
	);
	const left = leftovers(places, bindings.names, work).concat(bindings.unknown);
	for (const node of left) leave(work, node, "helmet is used in a way that this command does not know");
	rewriteImports(work, bindings, left.length === 0 && work.findings.every(({ code }) => code !== undefined));
	const written = work.edits.toString();
	// New lines end as the others do.
	return { findings: work.findings.toSorted((a, b) => a.line - b.line), text: text.includes("\r\n") ? written.replace(/\r?\n/g, "\r\n") : written };
}

/** Whole-app mounts first: routes may need the variable of one. */
function rewriteCalls(work: Work, calls: readonly Call[]): void {
	const mounts = mountsOf(calls, work);
	const mounted = new Set(mounts.flatMap((mount) => mount.calls));
	const routes = calls.filter((call) => !mounted.has(call));
	const [main] = mounts;
	const variable = main !== undefined && mounts.length === 1 && routes.some((call) => seesMount(call, main)) ? freeName(work.text) : undefined;
	const rewritten = mounts.filter((mount) => attempt(work, mount.calls, () => rewriteMount(work, mount, variable)));
	for (const call of routes) {
		const patched = main !== undefined && rewritten.includes(main) && seesMount(call, main) ? variable : undefined;
		attempt(work, [call], () => rewriteRoute(work, call, patched));
	}
}

function callOf({ node, around }: Place, names: ReadonlyMap<string, string>): readonly Call[] {
	if (node.type !== "CallExpression") return [];
	const [first = "", ...rest] = pathOf(at(node, "callee")) ?? [];
	const bound = names.get(first);
	const path = bound === undefined ? [] : [...(bound === "default" ? [] : [bound]), ...rest].filter((step) => step !== "default");
	const name = bound !== undefined && path.length === 0 ? "default" : path.length === 1 ? path[0] : undefined;
	return name === undefined ? [] : [{ node, around, name: ALIASES.get(name) ?? name }];
}

/** `app.use(…)` as a statement of its own with nothing but helmet in it; several on one app in one block belong together. */
function mountsOf(calls: readonly Call[], { text }: Work): readonly Mount[] {
	const mounts: Mount[] = [];
	for (const call of calls) {
		const [use, statement, block] = call.around;
		const target = text.slice(at(use, "callee")?.start, at(use, "callee")?.end);
		const isMount =
			use?.type === "CallExpression" &&
			target.endsWith(".use") &&
			statement?.type === "ExpressionStatement" &&
			/^(?:Program|BlockStatement)$/.test(block?.type ?? "");
		if (!isMount || block === undefined || !listAt(use, "arguments").every((one) => calls.some(({ node }) => node === one))) continue;
		const known = mounts.find((mount) => mount.block === block && mount.target === target);
		if (known === undefined) mounts.push({ statement, block, target, calls: [call], statements: [statement] });
		else {
			known.calls.push(call);
			if (!known.statements.includes(statement)) known.statements.push(statement);
		}
	}
	return mounts;
}

/** An argument of a call, such as `app.get(…)`, after the mount and where its variable is seen. */
function seesMount({ node, around }: Call, { statement, block }: Mount): boolean {
	const [holder, outer] = around;
	const isArgument = holder?.type === "CallExpression" || (holder?.type === "ArrayExpression" && outer?.type === "CallExpression");
	return isArgument && node.start > statement.end && around.includes(block);
}

function freeName(text: string): string {
	return ["headers", "securityHeaders", "headguardHeaders"].find((name) => !new RegExp(`\\b${name}\\b`).test(text)) ?? "secureHeadersOfApp";
}

function rewriteMount(work: Work, { statement, target, calls, statements }: Mount, variable: string | undefined): Finding {
	const [first, ...others] = calls;
	if (others.some(({ name }) => name === "default")) throw new NotUnderstood("helmet() is mounted twice on the same app");
	const options = new Map<string, Value>(first?.name === "default" ? optionsOf(first, work) : []);
	for (const call of calls) if (call.name !== "default") options.set(call.name, singleOption(call, work));
	const translation = translate(options, first?.name !== "default");
	const code = `secureHeaders(${printOptions(translation, statement, work)})`;
	const mounted = variable === undefined ? `${target}(${code});` : `const ${variable} = ${code};\n${indentAt(statement, work)}${target}(${variable});`;
	// After what a function of the policy reads.
	const place = statements.findLast(({ start, end }) => /=>|\bfunction\b/.test(work.text.slice(start, end))) ?? statement;
	const kept = commentsIn(statements, mounted, work).map((comment) => `${comment}\n${indentAt(place, work)}`);
	work.edits.overwrite(place.start, place.end, kept.join("") + mounted);
	for (const other of statements) if (other !== place) removeLine(other, work);
	return finding(place, mounted, translation);
}

function rewriteRoute(work: Work, call: Call, variable: string | undefined): Finding {
	if (at(call.around[0], "callee") === call.node) throw new NotUnderstood("it is made anew in each request; make the middleware once, outside of the handler");
	if (variable === undefined && call.name !== "default") {
		throw new NotUnderstood("a single middleware needs a policy to be part of; write headers.replace({ … }) with the headers of the application");
	}
	const given = call.name === "default" ? optionsOf(call, work) : new Map([[call.name, singleOption(call, work)]]);
	const translation = variable === undefined ? translate(given) : translatePatch(given);
	const code = `${variable === undefined ? "secureHeaders" : `${variable}.replace`}(${printOptions(translation, call.node, work)})`;
	const statement = call.around.find(({ type }) => /Statement$|Declaration$/.test(type));
	const kept = commentsIn([call.node], code, work).map((comment) => `${comment}\n${indentAt(call.node, work)}`);
	if (statement !== undefined) work.edits.appendLeft(statement.start, kept.join(""));
	work.edits.overwrite(call.node.start, call.node.end, code);
	return finding(call.node, code, translation);
}

function optionsOf({ node }: Call, { scope }: Work): Fields {
	const [given, ...rest] = listAt(node, "arguments");
	if (given === undefined) return new Map();
	const options = evaluate(given, scope);
	if (rest.length > 0 || !isFields(options)) throw new NotUnderstood("its options are not written in this file");
	return options;
}

/** The option of helmet() that is the same as a single middleware. */
function singleOption({ node, name }: Call, { scope }: Work): Value {
	if (!isHeader(name)) throw new NotUnderstood(`helmet 8 has no ${name}`);
	const [given] = listAt(node, "arguments");
	const options = given === undefined ? true : evaluate(given, scope);
	if (options !== true && !isFields(options)) throw new NotUnderstood("its options are not written in this file");
	return options;
}

function printOptions({ options }: Translation, node: Node, work: Work): string {
	return options.size === 0 ? "" : print(options, work.indent, indentAt(node, work));
}

function finding(node: Node, code: string, { notes }: Translation): Finding {
	return { line: node.loc.start.line, code, notes };
}

/** What is not understood is left as it stands, and false. */
function attempt(work: Work, calls: readonly Call[], rewrite: () => Finding): boolean {
	for (const { node } of calls) work.done.add(node.start);
	try {
		work.findings.push(rewrite());
		return true;
	} catch (error) {
		if (!(error instanceof NotUnderstood)) throw error;
		for (const { node } of calls) leave(work, node, error.message);
		return false;
	}
}

function leave({ findings }: Work, node: Node, why: string): void {
	const { line } = node.loc.start;
	if (!findings.some((one) => one.line === line && one.code === undefined)) findings.push({ line, code: undefined, notes: [why] });
}

/** Mentions of helmet's names that are none of the calls. */
function leftovers(places: readonly Place[], names: ReadonlyMap<string, string>, { done }: Work): readonly Node[] {
	return places
		.filter(({ node, around: [parent] }) => {
			if (node.type !== "Identifier" || !names.has(String(node["name"])) || done.has(node.start)) return false;
			const isKey = parent?.["computed"] !== true && (at(parent, "property") === node || (at(parent, "key") === node && at(parent, "value") !== node));
			return !isKey && !/^Import|^TSImportEquals/.test(parent?.type ?? "") && at(parent, "id") !== node && parent?.type !== "ObjectPattern";
		})
		.filter(({ around: [parent, outer] }) => !(parent?.type === "ObjectProperty" && outer?.type === "ObjectPattern"))
		.map(({ node }) => node);
}

function rewriteImports({ edits, findings }: Work, { declarations, isCommonJs }: ReturnType<typeof findBindings>, isAllDone: boolean): void {
	const [first, ...others] = declarations;
	if (first === undefined || findings.every(({ code }) => code === undefined)) return;
	const line = isCommonJs ? 'const { secureHeaders } = require("headguard");' : 'import { secureHeaders } from "headguard";';
	if (!isAllDone || !first.isAlone) {
		edits.appendRight(first.node.end, `\n${line}`);
		return;
	}
	edits.overwrite(first.node.start, first.node.end, line);
	for (const { node, isAlone } of others) if (isAlone) edits.remove(node.start, node.end);
}

/** Comments inside what is replaced, that the new code does not hold. */
function commentsIn(nodes: readonly Node[], code: string, { comments, text }: Work): readonly string[] {
	return comments
		.filter(({ start, end }) => nodes.some((node) => node.start < start && end < node.end))
		.map(({ start, end }) => text.slice(start, end))
		.filter((comment) => !code.includes(comment));
}

function indentAt({ start }: Node, { text }: Work): string {
	return /^[\t ]*/.exec(text.slice(text.lastIndexOf("\n", start - 1) + 1))?.[0] ?? "";
}

/** With its line, when nothing else stands there. */
function removeLine({ start, end }: Node, { text, edits }: Work): void {
	const from = text.lastIndexOf("\n", start - 1) + 1;
	const to = text.indexOf("\n", end) + 1 || text.length;
	const isAlone = `${text.slice(from, start)}${text.slice(end, to)}`.trim() === "";
	edits.remove(isAlone ? from : start, isAlone ? to : end);
}
