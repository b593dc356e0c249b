import { nonceFor } from "../../templates/index.ts";
import type { Language, Piece } from "../../templates/types.ts";
import type { FixLine } from "../finding.ts";
import type { Found } from "../places.ts";

/* Changes of templates, as lines to take away and to write. */

/** The line of a piece, and the same line with the nonce. Undefined if the template leaves no place for it. */
export function withNonce({ piece, text, language }: Found): readonly FixLine[] | undefined {
	if (piece?.nonceAt === undefined || language === undefined) return undefined;
	const attribute = nonceFor(language, undefined, piece.nonceAt.fromRoot);
	if (attribute === undefined) return undefined;
	const { offset, before, after } = piece.nonceAt;
	return replaced(text, offset, offset, `${before}${attribute}${after}`);
}

/** A handler as a listener: the element without the attribute, and a script for it. Undefined if the template computes a part of it. */
export function asListener(found: Found): readonly FixLine[] | undefined {
	const { piece } = found;
	if (piece?.text === undefined || piece.attribute === undefined) return undefined;
	const event = piece.kind === "javascript-url" ? "click" : piece.attribute.replace(/^on/, "");
	const code = piece.kind === "javascript-url" ? `event.preventDefault(); ${piece.text.replace(/^\s*javascript:/i, "")}` : piece.text;
	const named = withId(found, piece, piece.kind === "javascript-url" ? 'href="#"' : "");
	if (named === undefined) return undefined;
	const listener = `document.getElementById(${JSON.stringify(named.id)}).addEventListener(${JSON.stringify(event)}, function (event) { ${code.trim()} });`;
	return [...named.fix, ...element(found.language, "script", listener)];
}

/** A style attribute as a rule: the element without the attribute, and a style sheet for it. */
export function asRule(found: Found): readonly FixLine[] | undefined {
	const { piece } = found;
	if (piece?.text === undefined || piece.attribute === undefined) return undefined;
	const named = withId(found, piece, "");
	return named && [...named.fix, ...element(found.language, "style", `#${named.id} { ${piece.text.trim()} }`)];
}

/** The line with an attribute replaced by an id, unless the element has one. */
function withId({ text, language }: Found, piece: Piece, instead: string): { readonly id: string; readonly fix: readonly FixLine[] } | undefined {
	if (language === undefined || language === "pug") return undefined;
	const given = piece.element.attributes.get("id");
	// The template computes it.
	if (piece.element.attributes.has("id") && given === undefined) return undefined;
	const id = given ?? freeId(text, piece);
	const attribute = /^[^\s=>]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'>]+)/.exec(text.slice(piece.offset))?.[0];
	if (attribute === undefined || /<%|\{\{|\{%/.test(attribute)) return undefined;
	const added = [instead, given === undefined ? `id="${id}"` : ""].filter((part) => part !== "").join(" ");
	// Without anything instead, the space before the attribute goes as well.
	const start = added === "" && /\s/.test(text[piece.offset - 1] ?? "") ? piece.offset - 1 : piece.offset;
	return { id, fix: replaced(text, start, piece.offset + attribute.length, added) };
}

function freeId(text: string, { element: { name }, line }: Piece): string {
	const base = `${name || "element"}-${line}`;
	return text.includes(`id="${base}"`) ? `${base}-${text.length}` : base;
}

function element(language: Language | undefined, name: "script" | "style", content: string): readonly FixLine[] {
	const nonce = language === undefined ? undefined : nonceFor(language);
	const tag = nonce === undefined ? `<${name}>` : `<${name} ${nonce}>`;
	const where = name === "script" ? "after the element" : "in the same template, or the rule in a style sheet of your own";
	return [
		{ sign: "+", text: `${tag}${content}</${name}>` },
		{ sign: " ", text: nonce === undefined ? `${where}; better in a file of your own, which needs no nonce` : where },
	];
}

/** The lines that a replacement touches, before and after it. */
function replaced(text: string, start: number, end: number, by: string): readonly FixLine[] {
	const from = text.lastIndexOf("\n", start - 1) + 1;
	const next = text.indexOf("\n", end);
	const to = next < 0 ? text.length : next;
	const [before, after] = [text.slice(from, to), `${text.slice(from, start)}${by}${text.slice(end, to)}`];
	const lines = (sign: FixLine["sign"], part: string): readonly FixLine[] => part.split("\n").map((line) => ({ sign, text: line.trim() }));
	return [...lines("-", before), ...lines("+", after)];
}
