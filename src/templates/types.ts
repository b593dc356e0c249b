import type { DirectiveName } from "../csp/directives.ts";

/** `html` is markup that nothing computes. `sveltekit` is the page of SvelteKit, with placeholders. */
export type Language = "ejs" | "eta" | "pug" | "handlebars" | "mustache" | "nunjucks" | "sveltekit" | "html";

/** Something in a template that a policy governs. */
export interface Piece {
	readonly kind: "script" | "style" | "handler" | "style-attribute" | "javascript-url" | "address";
	/** The directive that governs it. */
	readonly directive: DirectiveName;
	/** Counted from 1. */
	readonly line: number;
	/** Counted from 1, in UTF-16 units. */
	readonly column: number;
	/** Where the element or attribute begins in the text. */
	readonly offset: number;
	/** The code or the address, without character references. Undefined if the template computes a part of it. */
	readonly text: string | undefined;
	/** The literal text before the first part that the template computes. All of it if there is none. */
	readonly start: string;
	/** For people: `<script>`, or `onclick of <button>`. */
	readonly holder: string;
	/** Whether the element has a nonce that the response fills in. Undefined if only the template knows. */
	readonly hasNonce: boolean | undefined;
	/** The expressions that the template prints in it, as they are written. */
	readonly prints: readonly string[];
	readonly element: PieceElement;
	/** The attribute that contains it. Undefined for the content of an element. */
	readonly attribute: string | undefined;
	/** Where a nonce can be added. Undefined if the element has one, if it cannot have one, or if `obstacle` says why not. */
	readonly nonceAt: NonceAt | undefined;
	/** Why the element cannot get a nonce automatically, as a sentence. */
	readonly obstacle: string | undefined;
}

interface PieceElement {
	/** In lower case. Empty if the template computes it. */
	readonly name: string;
	/** Lower-case name → value. Undefined if the template computes it. */
	readonly attributes: ReadonlyMap<string, string | undefined>;
}

/** Where the text of a nonce attribute is added. */
export interface NonceAt {
	readonly offset: number;
	readonly before: string;
	readonly after: string;
	/** Whether the expression must start at the root of the data, because a block has data of its own. */
	readonly fromRoot: boolean;
}

/** A part of a template: text, with what the template computes in it. */
export interface Part {
	readonly text: string | undefined;
	readonly start: string;
	readonly prints: readonly string[];
	/** Whether all of it is printed by the template. */
	readonly isPrinted: boolean;
}

export interface Attribute {
	/** In lower case. */
	readonly name: string;
	readonly offset: number;
	readonly value: Part;
	/** Where the value is in the text. */
	readonly valueStart: number;
	readonly valueEnd: number;
	/** Whether the template decides if it is there. */
	readonly isConditional: boolean;
}

/** A start tag of a template with what follows from it, in any language. */
export interface Element {
	readonly name: string;
	readonly offset: number;
	readonly attributes: readonly Attribute[];
	/** What the template may add to the attributes, as it is written. */
	readonly added: readonly string[];
	/** The content of a script or style element. */
	readonly content: Part | undefined;
	readonly nonceAt: NonceAt | undefined;
	readonly obstacle: string | undefined;
}
