import { readFileSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, relative, sep } from "node:path";
import { UsageError } from "../args.ts";
import type { Edit } from "../migrate/edits.ts";
import { at, type Comment, listAt, type Node, type Place, parseFile, walk } from "../migrate/syntax.ts";

/** How a file is written, so that new code looks like it. */
interface Style {
	readonly eol: string;
	readonly quote: string;
	/** A semicolon, or nothing. */
	readonly end: string;
	/** `const`, or `var` in code that has nothing else. */
	readonly keyword: string;
}

/** A file of the project that can be changed. */
export interface Source {
	/** The path of the file itself, not of a link to it. */
	readonly path: string;
	/** The path from the current folder, as messages show it. */
	readonly name: string;
	readonly bytes: Buffer;
	readonly text: string;
	readonly program: Node;
	readonly comments: readonly Comment[];
	readonly places: readonly Place[];
	readonly isModule: boolean;
	readonly style: Style;
	readonly edits: Edit[];
}

/** The largest file that a person would write, in bytes. */
const LARGEST = 1_000_000;

/** @throws {UsageError} for a file that this command cannot change. */
export function readSource(file: string, root: string): Source {
	const { path, name, bytes, text } = readText(file, root);
	const { program, comments } = parsed(text, name);
	const places = placesIn(program, name);
	const isModule = program["sourceType"] === "module" && places.some(({ node }) => /^(?:Import|Export\w*)Declaration$|^TS(?:Import|Export)/.test(node.type));
	return { path, name, bytes, text, program, comments, places, isModule, style: styleOf(text, places), edits: [] };
}

/** @throws {UsageError} for a file outside of the project, or one that is not text. */
export function readText(file: string, root: string): { readonly path: string; readonly name: string; readonly bytes: Buffer; readonly text: string } {
	const name = relative(root, file).split(sep).join("/");
	try {
		const path = realpathSync(file);
		const inside = relative(realpathSync(root), path);
		if (inside.startsWith("..") || isAbsolute(inside)) throw new UsageError(`${name} is outside of this project, so this command does not change it.`);
		if (!statSync(path).isFile()) throw new UsageError(`${name} is not a file.`);
		if (statSync(path).size > LARGEST) throw new UsageError(`${name} is too large for a file that was written by hand.`);
		const bytes = readFileSync(path);
		return { path, name, bytes, text: decoded(bytes, name) };
	} catch (error) {
		if (error instanceof UsageError) throw error;
		throw new UsageError(`${name} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
	}
}

/** A byte order mark stays. */
function decoded(bytes: Buffer, name: string): string {
	try {
		return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
	} catch {
		throw new UsageError(`${name} is not UTF-8, so writing it would change other parts of it. Save it as UTF-8.`);
	}
}

function parsed(text: string, name: string): ReturnType<typeof parseFile> {
	try {
		return parseFile(text, name);
	} catch (error) {
		throw new UsageError(`${name} cannot be parsed: ${error instanceof Error ? error.message : String(error)}.`);
	}
}

function placesIn(program: Node, name: string): readonly Place[] {
	try {
		return [...walk(program)];
	} catch (error) {
		if (!(error instanceof RangeError)) throw error;
		throw new UsageError(`${name} cannot be read: its code is nested too deeply.`);
	}
}

function styleOf(text: string, places: readonly Place[]): Style {
	const count = (pattern: RegExp): number => text.match(pattern)?.length ?? 0;
	const nodes = places.map(({ node }) => node);
	const strings = nodes.filter(({ type }) => type === "StringLiteral" || type === "DirectiveLiteral");
	const singles = strings.filter(({ start }) => text[start] === "'").length;
	const lines = nodes.filter(({ type }) => /^(?:ExpressionStatement|ImportDeclaration|ReturnStatement|VariableDeclaration|Directive)$/.test(type));
	const ended = lines.filter(({ end }) => text[end - 1] === ";").length;
	const kinds = nodes.filter(({ type }) => type === "VariableDeclaration").map(({ kind }) => kind);
	return {
		eol: count(/\r\n/g) * 2 > count(/\n/g) ? "\r\n" : "\n",
		quote: singles * 2 > strings.length ? "'" : '"',
		end: ended * 2 >= lines.length ? ";" : "",
		keyword: kinds.length > 0 && kinds.every((kind) => kind === "var") ? "var" : "const",
	};
}

/** The statement of a block or of the file that contains a place, and that block. */
export function statementOf({ node, around }: Place): { readonly statement: Node; readonly block: Node; readonly holder: Node | undefined } | undefined {
	const chain = [node, ...around];
	const i = chain.findIndex(({ type }, j) => j > 0 && (type === "Program" || type === "BlockStatement"));
	const [statement, block] = [chain[i - 1], chain[i]];
	return statement === undefined || block === undefined ? undefined : { statement, block, holder: chain[i + 1] };
}

export function isFunction(node: Node | undefined): boolean {
	return /Function|^(?:Class|Object)(?:Private)?Method$/.test(node?.type ?? "");
}

export function siblingsOf(block: Node): readonly Node[] {
	return listAt(block, "body");
}

/** Whether a name is used for a variable anywhere in a file. Names of properties do not count. */
function usesName({ places }: Source, name: string): boolean {
	return places.some(({ node, around: [parent] }) => {
		if (node.type !== "Identifier" || node["name"] !== name) return false;
		const isKey = parent?.["computed"] !== true && (at(parent, "property") === node || (at(parent, "key") === node && at(parent, "value") !== node));
		return !isKey && !/^TS(?:Property|Method)Signature$/.test(parent?.type ?? "");
	});
}

/** The first of some names that a file does not use. */
export function freeName(source: Source, ...names: readonly string[]): string {
	const [name = ""] = names;
	return names.find((one) => !usesName(source, one)) ?? `${name}OfHeadguard`;
}
