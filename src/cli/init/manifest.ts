import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { isRecord } from "../../core/text.ts";
import { UsageError } from "../args.ts";
import { applyEdits, type Edit } from "../migrate/edits.ts";
import { at, listAt, type Node, nameOf, parseFile } from "../migrate/syntax.ts";
import { readText } from "./source.ts";

/** What package.json says. */
export interface Manifest {
	readonly path: string;
	readonly text: string;
	readonly bytes: Buffer;
	readonly main: string | undefined;
	readonly scripts: ReadonlyMap<string, string>;
	readonly isModule: boolean;
	readonly workspaces: readonly string[];
	/** The packages that the application needs, and those for development. */
	readonly dependencies: ReadonlyMap<string, string>;
	readonly devDependencies: ReadonlyMap<string, string>;
}

/** @throws {UsageError} if there is none, or if it is not valid. */
export function readManifest(root: string): Manifest {
	const file = join(root, "package.json");
	if (!existsSync(file)) {
		const above = projectAbove(root);
		throw new UsageError(
			above === undefined
				? "there is no package.json here. Run the command in the folder of your project, or write npm init first."
				: `there is no package.json here. Run the command in ${relative(root, above)}.`,
		);
	}
	const { path, text, bytes } = readText(file, root);
	const given = fieldsOf(text);
	const texts = (key: string): ReadonlyMap<string, string> =>
		new Map(Object.entries(isRecord(given[key]) ? given[key] : {}).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])));
	const { workspaces: declared, main } = given;
	const workspaces = isRecord(declared) ? declared["packages"] : declared;
	return {
		path,
		text,
		bytes,
		main: typeof main === "string" ? main : undefined,
		scripts: texts("scripts"),
		isModule: given["type"] === "module",
		workspaces: Array.isArray(workspaces) ? workspaces.filter((one) => typeof one === "string") : [],
		dependencies: texts("dependencies"),
		devDependencies: texts("devDependencies"),
	};
}

/** The nearest folder above that has a package.json. */
function projectAbove(folder: string): string | undefined {
	const parent = dirname(folder);
	if (parent === folder) return undefined;
	return existsSync(join(parent, "package.json")) ? parent : projectAbove(parent);
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
	let given: unknown;
	try {
		given = JSON.parse(text.replace(/^\ufeff/, ""));
	} catch (error) {
		throw new UsageError(`package.json cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
	}
	if (!isRecord(given)) throw new UsageError("package.json does not contain an object.");
	return given;
}

/** The text with more fields in its objects. Everything else keeps its form. */
export function withFields(manifest: Manifest, added: readonly (readonly [object: string, key: string, value: string])[]): string {
	return added.reduce((text, [object, key, value]) => withField(text, object, key, value), manifest.text);
}

function withField(text: string, object: string, key: string, value: string): string {
	const start = text.startsWith("\ufeff") ? 1 : 0;
	const head = "(";
	const { program } = parseFile(`${head}${text.slice(start)}\n)`, "package.js");
	const shift = start - head.length;
	const root = at(listAt(program, "body")[0], "expression");
	const outer = root?.type === "ParenthesizedExpression" ? at(root, "expression") : root;
	const holder = listAt(outer, "properties").find((one) => nameOf(at(one, "key")) === object);
	const eol = text.includes("\r\n") ? "\r\n" : "\n";
	const indent = /^([\t ]+)"/m.exec(text)?.[1] ?? "";
	const field = `${JSON.stringify(key)}: ${JSON.stringify(value)}`;
	const target = at(holder, "value") ?? outer;
	if (target === undefined) return text;
	const lines = { eol, indent, shift };
	const edit =
		holder === undefined
			? appended(target, `${JSON.stringify(object)}: {${eol}${indent}${indent}${field}${eol}${indent}}`, 1, lines, text)
			: placed(target, key, field, object, lines, text);
	return applyEdits(text, [edit]);
}

interface Lines {
	readonly eol: string;
	readonly indent: string;
	readonly shift: number;
}

/** Packages are in order, as npm writes them. */
function placed(target: Node, key: string, field: string, object: string, lines: Lines, text: string): Edit {
	const properties = listAt(target, "properties");
	const next = object === "scripts" ? undefined : properties.find((one) => (nameOf(at(one, "key")) ?? "") > key);
	if (next === undefined) return appended(target, field, 2, lines, text);
	const start = next.start + lines.shift;
	const isOwnLine = text.slice(text.lastIndexOf("\n", start - 1) + 1, start).trim() === "";
	const gap = isOwnLine ? `${lines.eol}${text.slice(text.lastIndexOf("\n", start - 1) + 1, start)}` : " ";
	return { start, end: start, text: `${field},${gap}` };
}

function appended(target: Node, field: string, depth: number, { eol, indent, shift }: Lines, text: string): Edit {
	const last = listAt(target, "properties").at(-1);
	if (last === undefined) {
		const [start, end] = [target.start + 1 + shift, target.end - 1 + shift];
		return { start, end, text: `${eol}${indent.repeat(depth)}${field}${eol}${indent.repeat(depth - 1)}` };
	}
	const end = last.end + shift;
	const start = last.start + shift;
	const before = text.slice(text.lastIndexOf("\n", start - 1) + 1, start);
	return { start: end, end, text: before.trim() === "" && text.includes("\n") ? `,${eol}${before}${field}` : `, ${field}` };
}
