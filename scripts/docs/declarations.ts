/** What the pages read of the types: declarations with their comments. It reads the syntax alone, which is fast. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";

export interface Documented {
	/** The text before the first tag. */
	readonly text: string;
	/** The values of each tag, such as `defaultValue`. */
	readonly tags: ReadonlyMap<string, readonly string[]>;
}

export interface Declared {
	readonly name: string;
	readonly node: ts.Statement;
	readonly file: ts.SourceFile;
}

const files = new Map<string, ts.SourceFile>();

function sourceOf(path: string): ts.SourceFile {
	const known = files.get(path) ?? ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
	files.set(path, known);
	return known;
}

/** What a module exports, by name, with the declarations that other modules of the library have. */
export function exportsOf(path: string): readonly Declared[] {
	const file = sourceOf(path);
	return file.statements.flatMap((node): readonly Declared[] => {
		if (ts.isExportDeclaration(node)) return reExported(node, path);
		return isExported(node) ? namesIn(node).map((name) => ({ name, node, file })) : [];
	});
}

/** The declaration of a type that a module declares or imports. */
export function typeIn(path: string, name: string): Declared | undefined {
	const file = sourceOf(path);
	for (const node of file.statements) {
		if ((ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) && node.name.text === name) return { name, node, file };
		if (ts.isImportDeclaration(node) && importedNames(node).includes(name)) return typeIn(pathFrom(path, node.moduleSpecifier), name);
	}
	return undefined;
}

export function documentationOf(node: ts.Node): Documented {
	const tags = new Map<string, string[]>();
	const [doc] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
	if (doc === undefined) return { text: "", tags };
	const lines = doc
		.getText()
		.replace(/^\/\*\*|\*\/$/g, "")
		.split("\n")
		.map((line) => line.replace(/^\s*\* ?/, "").trimEnd());
	const [text = [], ...rest] = sections(lines);
	for (const section of rest) {
		const [, tag = "", first = ""] = /^@(\w+) ?(.*)$/.exec(section[0] ?? "") ?? [];
		tags.set(tag, [...(tags.get(tag) ?? []), plain([first, ...section.slice(1)].join("\n").trim())]);
	}
	return { text: plain(text.join("\n").trim()), tags };
}

function sections(lines: readonly string[]): readonly (readonly string[])[] {
	const all: string[][] = [[]];
	for (const line of lines) {
		if (line.startsWith("@")) all.push([]);
		all.at(-1)?.push(line);
	}
	return all;
}

/** Links as Markdown, and the names of types as code. */
function plain(text: string): string {
	return text.replace(/\{@link (https?:[^\s}]+)(?: ([^}]*))?\}/g, "<$1>").replace(/\{@link ([^}]+)\}/g, "`$1`");
}

function reExported(node: ts.ExportDeclaration, path: string): readonly Declared[] {
	const from = node.moduleSpecifier === undefined ? path : pathFrom(path, node.moduleSpecifier);
	if (node.exportClause === undefined) return exportsOf(from);
	if (!ts.isNamedExports(node.exportClause)) return [];
	return node.exportClause.elements.flatMap(({ name, propertyName }) => {
		const own = (propertyName ?? name).text;
		const found = declarationIn(from, own);
		return found === undefined ? [] : [{ ...found, name: name.text }];
	});
}

function declarationIn(path: string, name: string): Declared | undefined {
	const file = sourceOf(path);
	for (const node of file.statements) {
		if (namesIn(node).includes(name)) return { name, node, file };
		if (ts.isImportDeclaration(node) && importedNames(node).includes(name)) return declarationIn(pathFrom(path, node.moduleSpecifier), name);
	}
	return exportsOf(path).find((declared) => declared.name === name);
}

function importedNames({ importClause }: ts.ImportDeclaration): readonly string[] {
	const bindings = importClause?.namedBindings;
	return bindings !== undefined && ts.isNamedImports(bindings) ? bindings.elements.map(({ name }) => name.text) : [];
}

function pathFrom(path: string, specifier: ts.Expression): string {
	return ts.isStringLiteral(specifier) && specifier.text.startsWith(".") ? join(dirname(path), specifier.text) : path;
}

function isExported(node: ts.Statement): boolean {
	return ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
}

function namesIn(node: ts.Statement): readonly string[] {
	if (ts.isVariableStatement(node)) return node.declarationList.declarations.map(({ name }) => name.getText());
	const isNamed = ts.isFunctionDeclaration(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isClassDeclaration(node);
	return isNamed && node.name !== undefined ? [node.name.text] : [];
}
