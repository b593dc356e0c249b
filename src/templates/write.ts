import { nonceFor, nonceName } from "./language.ts";
import { readTemplate } from "./read.ts";
import type { Language, Piece } from "./types.ts";

/** A piece and what to do about it, in one sentence or two. */
export interface Remark {
	readonly piece: Piece;
	readonly message: string;
}

export interface WithNonces {
	/** The template. Nothing but nonce attributes is added. */
	readonly text: string;
	/** The elements that got a nonce. Their places are those before the change. */
	readonly marked: readonly Piece[];
	/** Inline code that has no nonce, and why. */
	readonly left: readonly Remark[];
	/** What to look at in elements that have a nonce. */
	readonly notes: readonly Remark[];
}

export interface NonceOptions {
	/** The name of the nonce in the templates. @defaultValue the name that the template uses already, or `cspNonce` */
	readonly name?: string | undefined;
	/** Whether another template includes this one with data of its own, so that Handlebars must look up the nonce at the root. @defaultValue false */
	readonly isPartial?: boolean | undefined;
}

/** Adds the nonce to each inline script and style of a template that can have it. */
export function withNonces(text: string, language: Language, { name, isPartial = false }: NonceOptions = {}): WithNonces {
	const pieces = readTemplate(text, language).filter(({ kind }) => kind !== "address");
	const attribute = name ?? nameIn(text, language) ?? nonceName(language);
	const marked: Piece[] = [];
	const left: Remark[] = [];
	const parts: string[] = [];
	let at = 0;
	for (const piece of pieces) {
		const { nonceAt } = piece;
		const nonce = nonceAt === undefined ? undefined : nonceFor(language, attribute, isPartial || nonceAt.fromRoot);
		if (nonceAt === undefined || nonce === undefined) {
			const message = reasonOf(piece);
			if (message !== undefined) left.push({ piece, message });
			continue;
		}
		parts.push(text.slice(at, nonceAt.offset), nonceAt.before, nonce, nonceAt.after);
		at = nonceAt.offset;
		marked.push(piece);
	}
	return { text: parts.join("") + text.slice(at), marked, left, notes: pieces.flatMap((piece) => noteOn(piece, language)) };
}

/** Why a piece has no nonce. Undefined if it has one. */
function reasonOf({ kind, hasNonce, obstacle }: Piece): string | undefined {
	if (kind === "handler") return "A nonce does not allow event handlers. Add a listener in a script.";
	if (kind === "style-attribute") return "A nonce does not allow style attributes. Use a class, or set the style in a script.";
	if (kind === "javascript-url") return "A nonce does not allow javascript: URLs. Add a listener in a script.";
	return hasNonce === true ? undefined : (obstacle ?? "It has no nonce.");
}

function noteOn(piece: Piece, language: Language): readonly Remark[] {
	const { kind, hasNonce, nonceAt, prints, element } = piece;
	if ((kind !== "script" && kind !== "style") || (hasNonce !== true && nonceAt === undefined)) return [];
	const nonce = element.attributes.get("nonce");
	const notes: Remark[] = [];
	if (nonce !== undefined && language !== "html" && language !== "sveltekit")
		notes.push({ piece, message: `Its nonce is a fixed text. Write ${nonceFor(language)}, unless something replaces the text in each response.` });
	if (kind === "script" && prints.length > 0)
		notes.push({
			piece,
			message: `The nonce also allows what ${prints.slice(0, 3).join(", ")} prints. Make sure that no visitor can change the code with it.`,
		});
	return notes;
}

/** The name that a template has for the nonce, if it has one already. */
function nameIn(text: string, language: Language): string | undefined {
	const pattern = NAMES_IN.get(language);
	return pattern === undefined ? undefined : pattern.exec(text)?.[1];
}

const NAMES_IN: ReadonlyMap<Language, RegExp> = new Map<Language, RegExp>([
	["ejs", /\bnonce=["']?<%[=-]\s{0,9}((?:locals\.)?\w{0,40}nonce\w{0,40})\s{0,9}[-_]?%>/i],
	["eta", /\bnonce=["']?<%[-_]?\s{0,9}[=~]\s{0,9}(it\.(?:\w{1,40}\.)?\w{0,40}nonce\w{0,40})\s{0,9}[-_]?%>/i],
	["handlebars", /\bnonce=["']?\{\{\{?~?\s{0,9}(?:@root\.)?(\w{0,40}nonce\w{0,40})\s{0,9}~?\}/i],
	["mustache", /\bnonce=["']?\{\{[{&]?\s{0,9}(\w{0,40}nonce\w{0,40})\s{0,9}\}/i],
	["nunjucks", /\bnonce=["']?\{\{-?\s{0,9}(\w{0,40}nonce\w{0,40})\s{0,9}-?\}\}/i],
	["pug", /\bnonce!?=((?:locals\.)?\w{0,40}nonce\w{0,40})(?=[\s,)])/i],
]);
