import { givenTo } from "./given.ts";
import { areExclusive, type Call, checkMount, type Group, groupsOf, type Mount, mountsOf, placeOf, readsNames, seesMount } from "./mounts.ts";
import { NotUnderstood } from "./not-understood.ts";
import { commentsIn, endOf, indentAt, removeLine, startWithComments } from "./statements.ts";
import { at, listAt, type Node } from "./syntax.ts";
import { type Translation, translate, translatePatch } from "./translate.ts";
import { namesIn } from "./unused.ts";
import { type Fields, print } from "./value.ts";
import { type Finding, freeName, leave, type Work } from "./work.ts";
import { createSourceWriter, localsOf, type Wrapper, wrapperOf } from "./wrappers.ts";

/** Mounts for the whole app come first, because routes may need their variable. */
export function rewriteCalls(work: Work, calls: readonly Call[]): void {
	const mounts = mountsOf(calls, work.text);
	const mounted = new Set(mounts.flatMap((mount) => mount.calls));
	const [main] = mounts;
	const sees = (call: Call): boolean => main !== undefined && mounts.length === 1 && seesMount(call, main, wrapperOf(call) !== undefined);
	const groups = groupsOf(calls.filter((call) => !mounted.has(call) && !sees(call)));
	const grouped = new Set(groups.flatMap((group) => group.calls));
	const routes = calls.filter((call) => !mounted.has(call) && !grouped.has(call));
	const isAlone = mounts.length + groups.length + routes.length === 1 && work.project.isAlone(work.name) === true;
	const written = new Map<Mount, Fields>();
	const variable = routes.some(sees) ? freeName(work) : undefined;
	for (const mount of mounts)
		attempt(work, mount.calls, () => {
			const isOnly = mounts.every((other) => other === mount || areExclusive(mount, other));
			const rewritten = rewriteMount(work, mount, variable, { isOnly, isAlone });
			written.set(mount, rewritten.options);
			return rewritten.finding;
		});
	for (const group of groups) attempt(work, group.calls, () => rewriteGroup(work, group, isAlone));
	for (const call of routes) {
		const options = main !== undefined && variable !== undefined && sees(call) ? written.get(main) : undefined;
		attempt(work, [call], () => rewriteRoute(work, call, options === undefined ? undefined : { variable: variable ?? "", options }, isAlone));
	}
}

/** A mount among others: the only one of its file, and of the project. */
interface Standing {
	readonly isOnly: boolean;
	readonly isAlone: boolean;
}

function rewriteMount(work: Work, mount: Mount, variable: string | undefined, standing: Standing): { readonly finding: Finding; readonly options: Fields } {
	const { statement, target, calls, statements } = mount;
	checkMount(mount, standing, work);
	const given = givenTo(calls, work);
	if (!standing.isOnly && [...(given.whole ?? given.singles).values()].includes(false))
		throw new NotUnderstood("headers that are off here may belong to another policy. Write headers.replace({ … }) there");
	const translation = translate(given);
	const code = `${makerFor(calls)}(${printOptions(translation, statement, work)})`;
	const mounted = variable === undefined ? `${target}(${code});` : `const ${variable} = ${code};${work.eol}${indentAt(statement, work)}${target}(${variable});`;
	const place = placeOf(mount);
	const kept = commentsIn(statements, mounted, work).map((comment) => `${comment}${work.eol}${indentAt(place, work)}`);
	work.edits.push({ start: place.start, end: endOf(place, work), text: kept.join("") + mounted });
	for (const other of statements) if (other !== place) removeLine(other, work);
	return { finding: finding(place, mounted, translation), options: translation.options };
}

/** `[helmet(), helmet.hsts()]` becomes one policy, at the place of its last function. */
function rewriteGroup(work: Work, { calls, elements, isRoute }: Group, isAlone: boolean): Finding {
	const [first] = calls;
	if (first?.name !== "default" && !(isAlone && !isRoute)) throw new NotUnderstood(NO_BASE);
	if (calls.slice(1).some(({ name }) => name === "default")) throw new NotUnderstood("helmet() does not come first in this list");
	const translation = translate(givenTo(calls, work));
	const place = (calls.findLast(({ node }) => listAt(node, "arguments").some(readsNames)) ?? (first as Call)).node;
	const code = `${makerFor(calls)}(${printOptions(translation, place, work)})`;
	for (const { node } of calls) {
		const [previous, next] = [-1, 1].map((step) => elements[elements.indexOf(node) + step]);
		if (node === place) work.edits.push({ start: node.start, end: node.end, text: code });
		// With the comma before it, or behind it.
		else if (node.start > place.start) work.edits.push({ start: previous?.end ?? node.start, end: node.end, text: "" });
		else work.edits.push({ start: node.start, end: next?.start ?? node.end, text: "" });
	}
	return finding(place, code, translation);
}

/** A policy of the application that a route can build on. */
interface Base {
	readonly variable: string;
	readonly options: Fields;
}

/** The function that makes the middleware. */
function makerFor(calls: readonly Call[]): string {
	return calls.every(({ isLoading }) => isLoading) ? 'require("headguard").secureHeaders' : "secureHeaders";
}

const NO_BASE = "a single middleware needs a policy to build on. Write headers.replace({ … }) with the headers of your application";

function rewriteRoute(work: Work, call: Call, base: Base | undefined, isAlone: boolean): Finding {
	const wrapper = wrapperOf(call);
	if (wrapper === undefined && at(call.around[0], "callee") === call.node)
		throw new NotUnderstood("it is created in each request. Create the middleware once, outside the handler");
	if (base === undefined && call.name !== "default" && !isAlone) throw new NotUnderstood(NO_BASE);
	const source = wrapper === undefined ? undefined : createSourceWriter(wrapper, work.text, call.node.start);
	const given = givenTo([call], source === undefined ? work : { ...work, scope: { ...work.scope, source } });
	const translation = base === undefined ? translate(given) : translatePatch(given, base.options);
	const made = base === undefined ? makerFor([call]) : `${base.variable}.replace`;
	const codeAt = (node: Node): string => `${made}(${printOptions(translation, node, work)})`;
	if (wrapper !== undefined) return finding(call.node, hoist(work, call, wrapper, codeAt), translation);
	const code = codeAt(call.node);
	const statement = call.around.find(({ type }) => /Statement$|Declaration$/.test(type));
	const kept = commentsIn([call.node], code, work).map((comment) => `${comment}${work.eol}${indentAt(call.node, work)}`);
	if (statement !== undefined) work.edits.push({ start: statement.start, end: statement.start, text: kept.join("") });
	work.edits.push({ start: call.node.start, end: call.node.end, text: code });
	return finding(call.node, code, translation);
}

/** Makes the middleware once, before the handler that made it in each request. Returns the code. */
function hoist(work: Work, { node }: Call, wrapper: Wrapper, codeAt: (node: Node) => string): string {
	const { statement, handler, isTransparent } = wrapper;
	const code = codeAt(statement);
	const local = localsOf(wrapper);
	const names = namesIn(`(${code})`);
	if (names.some((name) => local.has(name)))
		throw new NotUnderstood("it depends on the request. Create one middleware for each case outside the handler, and choose between them there");
	const later = names.find(
		(name) => (work.scope.constantOf(name)?.init.start ?? 0) > statement.start && work.scope.constantOf(name)?.init.type !== "FunctionDeclaration",
	);
	if (later !== undefined) throw new NotUnderstood(`it is created in each request, and ${later} is declared after the handler. Move ${later} before it`);
	const comments = commentsIn([node], code, work);
	const indent = indentAt(statement, work);
	const start = startWithComments(statement, work);
	if (isTransparent) {
		work.edits.push({ start: handler.start, end: handler.end, text: code });
		return code;
	}
	const variable = freeName(work);
	const made = [...comments, `const ${variable} = ${code};`].map((line) => `${line}${work.eol}${indent}`).join("");
	work.edits.push({ start, end: start, text: made }, { start: node.start, end: node.end, text: variable });
	return `const ${variable} = ${code};`;
}

function printOptions({ options }: Translation, node: Node, work: Work): string {
	return options.size === 0 ? "" : print(options, work, indentAt(node, work));
}

function finding(node: Node, code: string, { notes, changes }: Translation): Finding {
	return { line: node.loc.start.line, code, notes, changes };
}

/** Leaves code that it does not understand unchanged, and returns false. */
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
