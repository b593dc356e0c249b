import { endOf, indentAt } from "../migrate/statements.ts";
import { at, listAt, type Node } from "../migrate/syntax.ts";
import { type Source, siblingsOf } from "./source.ts";

/** Adds lines after a statement, as a paragraph of their own. */
export function addAfter(source: Source, statement: Node, block: Node, lines: readonly string[]): void {
	const { text, edits, style } = source;
	const indent = indentAt(statement, source);
	const end = lineEndAfter(source, statement);
	const body = lines.map((line) => `${style.eol}${indent}${line}`).join("");
	const rest = text.slice(end);
	const isLast = siblingsOf(block).at(-1) === statement;
	const isOnSameLine = !/^\r?\n|^$/.test(rest);
	const after = isOnSameLine ? `${style.eol}${indent}` : isLast || /^\r?\n[\t ]*(?:\r?\n|$)/.test(rest) ? "" : style.eol;
	// A line that begins like this would continue ours.
	const next = siblingsOf(block)[siblingsOf(block).indexOf(statement) + 1];
	const needsEnd = style.end === "" && !rest.trimStart().startsWith(";") && next !== undefined && /[([`+\-/]/.test(text[next.start] ?? "");
	// Another paragraph at the same place ends with an empty line.
	const gap = edits.some((edit) => edit.start === end && edit.text.endsWith(style.eol)) ? "" : style.eol;
	edits.push({ start: end, end, text: `${gap}${body}${needsEnd ? ";" : ""}${after}` });
}

/** Adds lines before a statement, and before the comments that belong to it. */
export function addBefore(source: Source, statement: Node, block: Node, lines: readonly string[]): void {
	const siblings = siblingsOf(block);
	const previous = siblings[siblings.indexOf(statement) - 1];
	if (previous !== undefined) {
		addAfter(source, previous, block, lines);
		return;
	}
	const { edits, style } = source;
	const indent = indentAt(statement, source);
	edits.push({ start: statement.start, end: statement.start, text: lines.map((line) => `${line}${style.eol}${indent}`).join("") });
}

/** The end of the line of a statement, with a comment behind it. If other code follows on that line, the end of the statement. */
function lineEndAfter(source: Source, statement: Node): number {
	const { text } = source;
	const end = endOf(statement, source);
	const [rest = ""] = /^[\t ]*(?:\/\/[^\r\n]*|(?:\/\*(?:[^*\r\n]|\*(?!\/))*\*\/[\t ]*)*)(?=\r?\n|$)/.exec(text.slice(end)) ?? [];
	return end + rest.length;
}

/** Adds lines to the imports of a file. */
export function addImports(source: Source, lines: readonly string[], before: Node | undefined): void {
	const { program, edits, style, isModule } = source;
	if (lines.length === 0) return;
	const body = siblingsOf(program);
	const top = before === undefined ? body.length : body.findIndex((one) => one.start <= before.start && before.end <= one.end);
	const last = isModule ? body.findLast(isImport) : body.slice(0, top).findLast(isRequires);
	const anchor = last ?? listAt(program, "directives").at(-1) ?? at(program, "interpreter");
	if (anchor === undefined) {
		const start = source.text.startsWith("\ufeff") ? 1 : 0;
		edits.push({ start, end: start, text: `${lines.join(style.eol)}${style.eol}${style.eol}` });
		return;
	}
	const end = lineEndAfter(source, anchor);
	const gap = last === undefined ? style.eol : "";
	const after = /^(?:\r?\n|$)/.test(source.text.slice(end)) ? "" : style.eol;
	edits.push({ start: end, end, text: `${gap}${lines.map((line) => `${style.eol}${line}`).join("")}${after}` });
}

function isImport({ type }: Node): boolean {
	return type === "ImportDeclaration" || type === "TSImportEqualsDeclaration";
}

/** Declarations that only load modules. */
function isRequires(statement: Node): boolean {
	const declarations = listAt(statement, "declarations");
	return statement.type === "VariableDeclaration" && declarations.length > 0 && declarations.every((one) => isRequire(at(one, "init")));
}

/** `require("x")`, and what is taken from it. */
function isRequire(node: Node | undefined): boolean {
	if (node?.type === "MemberExpression") return isRequire(at(node, "object"));
	const callee = at(node, "callee");
	return node?.type === "CallExpression" && (callee?.["name"] === "require" || isRequire(callee));
}
