import { resolveReferences } from "../core/references.ts";
import { elementsIn } from "./markup.ts";
import { piecesOf, type Unplaced } from "./pieces.ts";
import { pugElements } from "./pug/read.ts";
import { type Source, sourceOf } from "./source.ts";
import type { Element, Language, Piece } from "./types.ts";

/**
 * Finds inline code, and the addresses that a page loads, in a template. It reads markup with tags of a template language, and does
 * not run the template. What only a run would show, such as the text of a variable, is not found. Never throws.
 *
 * @returns the pieces in the order of the text.
 */
export function readTemplate(text: string, language: Language): readonly Piece[] {
	const placeAt = placeIn(text);
	const pieces = language === "pug" ? pugElements(text).flatMap((element) => piecesOf(element, language)) : piecesIn(sourceOf(text, language), language);
	return pieces.map((piece) => ({ ...piece, ...placeAt(piece.offset) }));
}

function piecesIn(source: Source, language: Language): readonly Unplaced[] {
	return elementsIn(source).flatMap((element) => [...piecesOf(element, language), ...framed(element, source, language, 0)]);
}

const MOST_FRAMES = 3;

/** What is in the page of a `srcdoc` attribute, which inherits the policy. */
function framed({ name, attributes }: Element, source: Source, language: Language, depth: number): readonly Unplaced[] {
	const page = name === "iframe" && depth < MOST_FRAMES ? attributes.find((attribute) => attribute.name === "srcdoc") : undefined;
	if (page === undefined) return [];
	const masked = resolveReferences(source.masked.slice(page.valueStart, page.valueEnd));
	const inner: Source = { text: masked, language, masked, tags: [], zones: new Uint8Array(masked.length + 1) };
	return elementsIn(inner).flatMap((element) => {
		const obstacle = "It is in a srcdoc attribute. Write the nonce in the attribute, with the quotes escaped.";
		const pieces = piecesOf({ ...element, nonceAt: undefined, obstacle: element.obstacle ?? obstacle }, language);
		return [...pieces, ...framed(element, inner, language, depth + 1)].map((piece) => ({ ...piece, offset: page.offset, holder: `${piece.holder} in srcdoc` }));
	});
}

/** Counts lines and columns. */
function placeIn(text: string): (offset: number) => { readonly line: number; readonly column: number } {
	const starts = [0, ...[...text.matchAll(/\r\n?|\n/g)].map(({ 0: end, index }) => index + end.length)];
	return (offset) => {
		let low = 0;
		let high = starts.length;
		while (high - low > 1) {
			const middle = (low + high) >> 1;
			if ((starts[middle] ?? 0) <= offset) low = middle;
			else high = middle;
		}
		return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
	};
}
