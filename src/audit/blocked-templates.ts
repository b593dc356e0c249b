import { matchesAny } from "../csp/match.ts";
import { type CspModel, effective } from "../csp/model.ts";
import type { Piece } from "../templates/index.ts";
import { type Blocked, blockedBy } from "./blocked.ts";
import type { Tag } from "./html.ts";

/** A piece of a template that a policy blocks on every page. */
export interface BlockedPiece {
	readonly piece: Piece;
	readonly blocked: Blocked;
}

/** In place of the page, whose address only a request knows. An address of its own host is relative in a template. */
const PAGE = "https://page.invalid/";

export function isOfPage(address: URL): boolean {
	return address.origin === new URL(PAGE).origin;
}

/** What a policy blocks in a template. Where the template computes an address, its origin must be literal, and its path does not count. */
export function blockedPieces(model: CspModel, pieces: readonly Piece[]): readonly BlockedPiece[] {
	const base = pieces.find(({ directive, text }) => directive === "base-uri" && text !== undefined);
	const around = base === undefined ? [] : [tagOf(base, base.text ?? "")];
	return pieces.flatMap((piece) => {
		const text = piece.kind === "address" ? addressOf(piece) : (piece.text ?? piece.start);
		if (text === undefined) return [];
		const tag = tagOf(piece, text);
		const blocked = blockedBy(model, piece === base ? [tag] : [tag, ...around], PAGE).find((one) => one.tag === tag && one.directive === piece.directive);
		return blocked === undefined || mayBeAllowed(model, piece, blocked) ? [] : [{ piece, blocked }];
	});
}

/** The address, or what is certain of it. Undefined if the template computes its origin. */
function addressOf({ text, start }: Piece): string | undefined {
	if (text !== undefined) return text;
	return /^\s*(?:[a-z][a-z\d+.-]*:)?\/\/[^/?#]+[/?#]/i.test(start) ? start : undefined;
}

/** The tag of one piece, without the other pieces of its element. */
function tagOf({ kind, element, attribute, hasNonce, line }: Piece, text: string): Tag {
	const attributes = new Map<string, string>();
	for (const name of ["type", "rel", "as", "title", "integrity"]) {
		const value = element.attributes.get(name);
		if (value !== undefined) attributes.set(name, value);
	}
	// Where only the template knows, it counts as in order.
	if (hasNonce !== false) attributes.set("nonce", "of the response");
	// One address of several.
	const isCandidate = attribute === "srcset";
	if (attribute !== undefined) attributes.set(isCandidate ? "src" : attribute, text);
	const isContent = kind === "script" || kind === "style";
	return { name: element.name === "" ? "an element" : element.name, attributes, text: isContent && text.trim() === "" ? "…" : text, line };
}

function mayBeAllowed(model: CspModel, { text, kind }: Piece, { address, directive }: Blocked): boolean {
	if (kind !== "address" || text !== undefined || address === undefined) return false;
	const list = effective(model, directive) ?? [];
	return !list.includes("'strict-dynamic'") && matchesAny(list, address, new URL(PAGE), true);
}
