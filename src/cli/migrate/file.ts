import { findBindings } from "./bindings.ts";
import { findConstants } from "./constants.ts";
import { applyEdits, type Edit } from "./edits.ts";
import { evaluate, type Scope } from "./evaluate.ts";
import { type Given, isDropped } from "./modern.ts";
import { type Call, callOf, checkMount, type Makers, type Mount, makersOf, mountsOf, placeOf, seesMount } from "./mounts.ts";
import { NotUnderstood } from "./not-understood.ts";
import { commentsIn, endOf, indentAt, removeLine } from "./statements.ts";
import { at, type Comment, listAt, type Node, nameOf, type Place, parseFile, walk } from "./syntax.ts";
import { isHeader, type Translation, translate, translatePatch } from "./translate.ts";
import { type Fields, isFields, print, type Value } from "./value.ts";
import { defaultDirectives, type HelmetVersion, isBefore, isKnownVersion, NEWEST_VERSION, readsOption } from "./versions.ts";

/** The result for one place in a file. */
export interface Finding {
	readonly line: number;
	/** The new code. Undefined if the old code was not changed. */
	readonly code: string | undefined;
	/** What is different now, or why the code was not changed. */
	readonly notes: readonly string[];
	/** What changes on the wire. Undefined if the old code was not changed. */
	readonly changes?: Translation["changes"];
}

export interface Migration {
	readonly findings: readonly Finding[];
	/** The file with the new code. */
	readonly text: string;
}

/** What each edit needs. */
interface Work {
	readonly text: string;
	readonly comments: readonly Comment[];
	readonly edits: Edit[];
	readonly scope: Scope;
	readonly indent: string;
	/** The line ending that most lines of the file have. */
	readonly eol: string;
	readonly findings: Finding[];
	/** Understood mentions of helmet, by their start. */
	readonly done: Set<number>;
	/** Variable → the code that made it. */
	readonly made: Makers;
	readonly version: HelmetVersion;
	/** Declarations that the call which is being rewritten no longer needs. */
	readonly unused: Set<Node>;
	readonly removed: Node[];
}

/** Returns undefined if the file does not use helmet. Otherwise calls `versionFor` with its name. @throws {SyntaxError} if it cannot be parsed. */
export function migrateFile(text: string, name: string, versionFor: (name: string) => HelmetVersion = () => NEWEST_VERSION): Migration | undefined {
	if (!text.includes("helmet")) return undefined;
	const { program, comments } = parseFile(text, name);
	const places = [...walk(program)];
	const bindings = findBindings(places);
	if (bindings.names.size === 0 && bindings.unknown.length === 0) return undefined;
	const version = versionFor(name);
	const done = new Set<number>();
	const unused = new Set<Node>();
	const scope: Scope = {
		replaced: (statement) => void unused.add(statement),
		text,
		names: bindings.names,
		defaults: defaultDirectives(version),
		constantOf: findConstants(places),
		reading: new Set(),
		understood: ({ start }) => void done.add(start),
	};
	const indent = /^(\t| {2,8})\S/m.exec(text)?.[1] ?? "\t";
	const work: Work = {
		text,
		comments,
		edits: [],
		scope,
		indent,
		eol: eolOf(text),
		findings: [],
		done,
		made: makersOf(places, text),
		version,
		unused,
		removed: [],
	};
	const clash = clashOf(text, bindings, version);
	if (clash !== undefined) {
		const calls = places.flatMap((place) => callOf(place, bindings.names).map(({ node }) => node));
		for (const node of [...bindings.shadows, ...calls, ...bindings.unknown]) leave(work, node, clash);
		return { findings: work.findings, text };
	}
	rewriteCalls(
		work,
		places.flatMap((place) => callOf(place, bindings.names)),
	);
	const left = leftovers(places, bindings.names, work).concat(bindings.unknown);
	for (const node of left) leave(work, node, "this command does not know this use of helmet");
	rewriteImports(work, bindings, left.length === 0 && work.findings.every(({ code }) => code !== undefined));
	return { findings: work.findings.toSorted((a, b) => a.line - b.line), text: applyEdits(text, work.edits) };
}

/** Why the file cannot be changed at all. */
function clashOf(text: string, { shadows }: ReturnType<typeof findBindings>, version: HelmetVersion): string | undefined {
	if (/\bsecureHeaders\b/.test(text)) return "this file already uses the name secureHeaders";
	if (shadows.length > 0) return "something else in this file has the same name";
	if (isKnownVersion(version)) return undefined;
	return `this command does not know helmet ${version[0]}. If the code is written for helmet 3 to 8, add the version, as in --helmet 8`;
}

function eolOf(text: string): string {
	const [all, long] = [text.split("\n").length - 1, text.split("\r\n").length - 1];
	return long * 2 > all ? "\r\n" : "\n";
}

/** Mounts for the whole app come first, because routes may need their variable. */
function rewriteCalls(work: Work, calls: readonly Call[]): void {
	const mounts = mountsOf(calls, work.text);
	const written = new Map<Mount, Fields>();
	const mounted = new Set(mounts.flatMap((mount) => mount.calls));
	const routes = calls.filter((call) => !mounted.has(call));
	const [main] = mounts;
	const variable = main !== undefined && mounts.length === 1 && routes.some((call) => seesMount(call, main)) ? freeName(work.text) : undefined;
	for (const mount of mounts)
		attempt(work, mount.calls, () => {
			const rewritten = rewriteMount(work, mount, variable, mounts.length === 1);
			written.set(mount, rewritten.options);
			return rewritten.finding;
		});
	for (const call of routes) {
		const options = main !== undefined && variable !== undefined && seesMount(call, main) ? written.get(main) : undefined;
		attempt(work, [call], () => rewriteRoute(work, call, options === undefined ? undefined : { variable: variable ?? "", options }));
	}
}

function freeName(text: string): string {
	return ["headers", "securityHeaders", "headguardHeaders"].find((name) => !new RegExp(`\\b${name}\\b`).test(text)) ?? "secureHeadersOfApp";
}

function rewriteMount(work: Work, mount: Mount, variable: string | undefined, isOnly: boolean): { readonly finding: Finding; readonly options: Fields } {
	const { statement, target, calls, statements } = mount;
	checkMount(mount, isOnly, work.text, work.made);
	const given = givenTo(calls, work);
	if (!isOnly && [...(given.whole ?? given.singles).values()].includes(false))
		throw new NotUnderstood("headers that are off here may belong to another policy. Write headers.replace({ … }) there");
	const translation = translate(given);
	const code = `secureHeaders(${printOptions(translation, statement, work)})`;
	const mounted = variable === undefined ? `${target}(${code});` : `const ${variable} = ${code};${work.eol}${indentAt(statement, work)}${target}(${variable});`;
	const place = placeOf(mount);
	const kept = commentsIn(statements, mounted, work).map((comment) => `${comment}${work.eol}${indentAt(place, work)}`);
	work.edits.push({ start: place.start, end: endOf(place, work), text: kept.join("") + mounted });
	for (const other of statements) if (other !== place) removeLine(other, work);
	return { finding: finding(place, mounted, translation), options: translation.options };
}

/** The options of calls on one app. The options of single middlewares replace those of `helmet()`. */
function givenTo(calls: readonly Call[], work: Work): Given {
	const [first] = calls;
	const whole = first?.name === "default" ? optionsOf(first, work) : undefined;
	const singles = new Map<string, Value>();
	let csp: Value = whole !== undefined && sendsCsp(whole, work.version) ? (whole.get("contentSecurityPolicy") ?? true) : undefined;
	for (const call of calls) {
		if (call.name === "default") continue;
		const option = singleOption(call, work);
		if (call.name === "contentSecurityPolicy") {
			if (csp !== undefined && isReportOnly(csp) !== isReportOnly(option))
				throw new NotUnderstood("it has an enforced and a report-only policy. Write contentSecurityPolicy and contentSecurityPolicyReportOnly in one call");
			csp = option;
		}
		singles.set(call.name, option);
	}
	return { version: work.version, whole, singles };
}

function isReportOnly(csp: Value): boolean {
	const reportOnly = isFields(csp) ? csp.get("reportOnly") : undefined;
	return reportOnly !== undefined && reportOnly !== false;
}

/** Whether `helmet()` sends a CSP. */
function sendsCsp(whole: Fields, version: HelmetVersion): boolean {
	const csp = whole.get("contentSecurityPolicy");
	return csp !== false && !(csp === undefined && isBefore(version, "4"));
}

/** A policy of the application that a route can build on. */
interface Base {
	readonly variable: string;
	readonly options: Fields;
}

function rewriteRoute(work: Work, call: Call, base: Base | undefined): Finding {
	if (at(call.around[0], "callee") === call.node) throw new NotUnderstood("it is created in each request. Create the middleware once, outside the handler");
	if (base === undefined && call.name !== "default") {
		throw new NotUnderstood("a single middleware needs a policy to build on. Write headers.replace({ … }) with the headers of your application");
	}
	const given = givenTo([call], work);
	const translation = base === undefined ? translate(given) : translatePatch(given, base.options);
	const code = `${base === undefined ? "secureHeaders" : `${base.variable}.replace`}(${printOptions(translation, call.node, work)})`;
	const statement = call.around.find(({ type }) => /Statement$|Declaration$/.test(type));
	const kept = commentsIn([call.node], code, work).map((comment) => `${comment}${work.eol}${indentAt(call.node, work)}`);
	if (statement !== undefined) work.edits.push({ start: statement.start, end: statement.start, text: kept.join("") });
	work.edits.push({ start: call.node.start, end: call.node.end, text: code });
	return finding(call.node, code, translation);
}

function optionsOf({ node }: Call, { scope }: Work): Fields {
	const [given, ...rest] = listAt(node, "arguments");
	if (given === undefined) return new Map();
	const options = evaluate(given, scope);
	if (rest.length > 0 || !isFields(options)) throw new NotUnderstood("its options cannot be read from this file");
	return options;
}

/** The option of helmet() that does the same as a single middleware. */
function singleOption({ node, name }: Call, { scope, version }: Work): Value {
	if (!isHeader(name) && !(isDropped(name) && readsOption(version, name))) throw new NotUnderstood(`helmet ${version[0]} has no ${name}`);
	const [given] = listAt(node, "arguments");
	const options = given === undefined ? true : evaluate(given, scope);
	if (options !== true && !isFields(options)) throw new NotUnderstood("its options cannot be read from this file");
	return options;
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
	work.unused.clear();
	try {
		work.findings.push(rewrite());
		removeUnused(work);
		return true;
	} catch (error) {
		if (!(error instanceof NotUnderstood)) throw error;
		for (const { node } of calls) leave(work, node, error.message);
		return false;
	}
}

/** Removes the declarations of names that the new code does not contain. */
function removeUnused(work: Work): void {
	const code = work.findings.at(-1)?.code ?? "";
	for (const statement of work.unused) {
		const name = nameOf(at(listAt(statement, "declarations")[0], "id")) ?? "";
		if (code.split(/[^\w$]+/).includes(name)) continue;
		removeLine(statement, work);
		work.removed.push(statement);
	}
}

function leave({ findings }: Work, node: Node, why: string): void {
	const { line } = node.loc.start;
	if (!findings.some((one) => one.line === line && one.code === undefined)) findings.push({ line, code: undefined, notes: [why] });
}

/** Mentions of helmet's names that are not calls. */
function leftovers(places: readonly Place[], names: ReadonlyMap<string, string>, { done, removed }: Work): readonly Node[] {
	return places
		.filter((place) => {
			const { node } = place;
			if (node.type !== "Identifier" || !names.has(String(node["name"])) || done.has(node.start)) return false;
			if (removed.some(({ start, end }) => start <= node.start && node.end <= end)) return false;
			const [parent] = place.around;
			const isKey = parent?.["computed"] !== true && (at(parent, "property") === node || (at(parent, "key") === node && at(parent, "value") !== node));
			return !isKey && !/^Import|^TSImportEquals/.test(parent?.type ?? "") && at(parent, "id") !== node && parent?.type !== "ObjectPattern";
		})
		.filter(({ around: [parent, outer] }) => !(parent?.type === "ObjectProperty" && outer?.type === "ObjectPattern"))
		.map(({ node }) => node);
}

function rewriteImports(work: Work, { declarations, isCommonJs }: ReturnType<typeof findBindings>, isAllDone: boolean): void {
	const { edits, findings } = work;
	const [first] = declarations;
	if (first === undefined || findings.every(({ code }) => code === undefined)) return;
	const line = isCommonJs ? 'const { secureHeaders } = require("headguard");' : 'import { secureHeaders } from "headguard";';
	if (!isAllDone || !first.isAlone) {
		edits.push({ start: first.node.end, end: first.node.end, text: `${work.eol}${line}` });
		return;
	}
	const seen = new Set<unknown>();
	for (const { node, isAlone, block } of declarations) {
		// Each scope needs its own declaration, and only one.
		if (isAlone) edits.push({ start: node.start, end: endOf(node, work), text: seen.has(block) ? "" : line });
		seen.add(block);
	}
}
