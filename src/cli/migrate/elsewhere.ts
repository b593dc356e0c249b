import { findBindings } from "./bindings.ts";
import { findConstants, findOrigins, isKey, mentionsIn, type Origin, requestOf } from "./constants.ts";
import { evaluate, type Scope } from "./evaluate.ts";
import { at, bare, isDeclaration, listAt, type Node, nameOf, type Place, parseFile, pathOf, walk } from "./syntax.ts";
import { type Code, type Fields, isChoice, isCode, isFields, isList, type Value } from "./value.ts";

/** A file of the project. */
export interface ProjectFile {
	readonly name: string;
	readonly text: string;
}

/** The other files of a project. */
export interface Project {
	/** The file that an import or a require loads. Undefined if it is in a package, or cannot be read. */
	readonly load: (request: string, from: string) => ProjectFile | undefined;
	/** Whether no other file of the project imports helmet or headguard. Undefined if that is not known. */
	readonly isAlone: (file: string) => boolean | undefined;
}

export const NO_PROJECT: Project = { load: () => undefined, isAlone: () => undefined };

/** Reads what other files export. The value has no code of theirs: what cannot be written in another file is not known. */
export function createReader(project: Project, from: string, defaults: Fields | undefined): Scope["exported"] {
	const modules = new Map<string, (name: string) => Value>();
	const reading = new Set<string>();
	const read = ({ request, name }: Origin, file: string): Value => {
		const loaded = project.load(request, file);
		const key = `${loaded?.name}\0${name}`;
		if (loaded === undefined || reading.has(key)) return undefined;
		reading.add(key);
		const found = modules.get(loaded.name) ?? moduleOf(loaded, defaults, (origin) => read(origin, loaded.name));
		modules.set(loaded.name, found);
		const value = found(name);
		reading.delete(key);
		return value;
	};
	return (origin) => read(origin, from);
}

/** A name → the expression or function that is exported by it. `*` is everything, if one expression is. */
type Exports = ReadonlyMap<string, Node | Origin>;

function moduleOf({ name, text }: ProjectFile, defaults: Fields | undefined, exported: Scope["exported"]): (name: string) => Value {
	const code = name.endsWith(".json") ? `module.exports = ${text}` : text;
	const places = placesIn(code, name.endsWith(".json") ? "module.js" : name);
	if (places === undefined) return () => undefined;
	const mentions = mentionsIn(places);
	const scope: Scope = {
		text: code,
		names: findBindings(places).names,
		defaults,
		constantOf: findConstants(mentions),
		originOf: findOrigins(mentions),
		exported,
		reading: new Set(),
		understood() {},
	};
	const exports = exportsOf(places);
	const readExport = (found: Node | Origin | undefined): Value => {
		if (found === undefined) return undefined;
		if ("request" in found) return exported(found as Origin);
		const node = found as Node;
		return portable(node.type === "FunctionDeclaration" ? { code: "", means: "function" } : evaluate(node, scope));
	};
	return (wanted) => {
		const whole = exports.get("*");
		if (wanted === "*" && whole === undefined) return new Map([...exports].map(([key, found]) => [key, readExport(found)]));
		if (wanted === "*" || whole === undefined) return readExport(exports.get(wanted));
		const all = readExport(whole);
		return wanted === "default" ? all : isFields(all) ? all.get(wanted) : undefined;
	};
}

function placesIn(text: string, name: string): readonly Place[] | undefined {
	try {
		return [...walk(parseFile(text, name).program)];
	} catch (error) {
		if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
		throw error;
	}
}

function exportsOf(places: readonly Place[]): Exports {
	return new Map(places.flatMap(({ node }) => exportsAt(node)));
}

type Entries = readonly (readonly [name: string, Node | Origin])[];

function exportsAt(node: Node): Entries {
	if (node.type === "TSExportAssignment") return [["*", at(node, "expression") as Node]];
	if (node.type === "ExportDefaultDeclaration") return [["default", at(node, "declaration") as Node]];
	if (node.type === "ExportNamedDeclaration") return namedExports(node);
	const path = node.type === "AssignmentExpression" && node["operator"] === "=" ? pathOf(at(node, "left")) : undefined;
	const [first, ...rest] = path?.[0] === "module" ? path.slice(1) : (path ?? []);
	return first === "exports" && rest.length <= 1 ? [[rest[0] ?? "*", at(node, "right") as Node]] : [];
}

function namedExports(node: Node): Entries {
	const declaration = at(node, "declaration");
	const request = nameOf(at(node, "source"));
	if (declaration?.type === "FunctionDeclaration") return [[nameOf(at(declaration, "id")) ?? "", declaration]];
	const constants = listAt(declaration, "declarations").flatMap((one) => (at(one, "init") === undefined ? [] : [at(one, "id") as Node]));
	const specifiers = listAt(node, "specifiers").flatMap((one): Entries => {
		const [local, exported] = [at(one, "local"), nameOf(at(one, "exported")) ?? ""];
		if (local === undefined) return [];
		return [[exported, request === undefined ? local : { request, name: nameOf(local) ?? "" }]];
	});
	return [...constants.map((id) => [nameOf(id) ?? "", id] as const), ...specifiers];
}

/** What the code of another file is replaced with, if it cannot be written here. Code that needs its value reports that it is not known. */
const opaque = ({ code }: Code): Code => ({ code });

/** The value without the names of its file. */
function portable(value: Value): Value {
	if (isList(value)) return value.flatMap((entry) => (isCode(entry) && entry.spreads === true ? spread(entry) : [portable(entry)]));
	if (isFields(value)) return new Map([...value].map(([key, field]) => [key, portable(field)]));
	if (isChoice(value)) return isPortable(value.test) ? { ...value, yes: portable(value.yes), no: portable(value.no) } : { code: `${value.test} ? … : …` };
	if (!isCode(value)) return value;
	if (typeof value.means === "object" && value.spreads !== true) return portable(value.means.read);
	return value.code === "" || (value.means === "function" && isPortable(value.code)) ? value : opaque(value);
}

/** `...name` and `...(test ? [a] : [])` in a list. */
function spread(entry: Code): readonly Value[] {
	const list = typeof entry.means === "object" ? portable(entry.means.read) : undefined;
	if (isList(list)) return list;
	if (!isChoice(list)) return [opaque(entry)];
	const sides = [list.yes, list.no].map((side) => (isList(side) && side.every((one) => typeof one === "string") ? JSON.stringify(side) : undefined));
	return [sides.includes(undefined) ? opaque(entry) : { code: `...(${list.test} ? ${sides[0]} : ${sides[1]})`, spreads: true, means: { read: list } }];
}

/** Global names that have the same meaning in each file. */
const GLOBALS: ReadonlySet<string> = new Set(["process", "undefined", "String", "Number", "Boolean", "Math", "JSON", "Date", "URL", "Buffer"]);

/** Whether code has only names of its own and global ones. */
function isPortable(code: string): boolean {
	const places = placesIn(`(${code})`, "code.ts");
	if (places === undefined || places.some(({ node }) => node.type.startsWith("TS") || node.type === "ThisExpression")) return false;
	const own = new Set(places.filter(isDeclaration).map(({ node }) => node["name"]));
	return places.every((place) => place.node.type !== "Identifier" || isKey(place) || own.has(place.node["name"]) || GLOBALS.has(String(place.node["name"])));
}

/** The declarations of a module, none of which does anything when it is loaded. */
const INERT = /^(?:ImportDeclaration|FunctionDeclaration|ClassDeclaration|VariableDeclaration|TS\w+Declaration|Export\w+|EmptyStatement|TSExportAssignment)$/;

/** Whether loading a file has no effect but its exports, so that an import which nothing reads can be removed. */
export function isInert({ name, text }: ProjectFile): boolean {
	if (name.endsWith(".json")) return true;
	const places = placesIn(text, name);
	return places?.every(isInertPlace) === true;
}

function isInertPlace(place: Place): boolean {
	const { node, around } = place;
	return around.length === 1 && !INERT.test(node.type) ? isExport(node) || isStrict(node) : isPurePlace(place);
}

/** Whether reading the expression has no effect. */
export function isPure(expression: Node): boolean {
	for (const place of walk(expression)) if (!isPurePlace(place)) return false;
	return true;
}

function isPurePlace({ node, around }: Place): boolean {
	if (around.some(({ type }) => /Function|Method/.test(type))) return true;
	if (node.type === "CallExpression") return requestOf(node)?.startsWith(".") === true || isSafeCall(node);
	return !/^(?:NewExpression|AwaitExpression|UpdateExpression|TaggedTemplateExpression|Decorator)$/.test(node.type) || nameOf(at(node, "callee")) === "Set";
}

function isSafeCall(call: Node): boolean {
	const callee = bare(at(call, "callee"));
	if (callee?.type !== "MemberExpression") return /^(?:Number|String|Boolean)$/.test(nameOf(callee) ?? "");
	return /^(?:concat|filter|map|join|split|getDefaultDirectives|freeze|assign|from)$/.test(nameOf(at(callee, "property")) ?? "");
}

function isStrict(node: Node): boolean {
	return node.type === "Directive" || (node.type === "ExpressionStatement" && at(node, "expression")?.type === "StringLiteral");
}

function isExport(node: Node): boolean {
	const expression = node.type === "ExpressionStatement" ? at(node, "expression") : undefined;
	return expression?.type === "AssignmentExpression" && /^(?:module\.)?exports\b/.test(pathOf(at(expression, "left"))?.join(".") ?? "");
}
