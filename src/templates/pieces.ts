import type { DirectiveName } from "../csp/directives.ts";
import { addressesIn, governedIn, isCodeType, isHandler, isJavascriptUrl, URL_ATTRIBUTES } from "../csp/markup.ts";
import type { Attribute, Element, Language, Part, Piece } from "./types.ts";

/** A piece before its place is counted in lines. */
export type Unplaced = Omit<Piece, "line" | "column">;

/** What a policy governs in an element, in order. */
export function piecesOf(element: Element, language: Language): readonly Unplaced[] {
	const byName = new Map<string, Attribute>();
	for (const attribute of element.attributes) if (!byName.has(attribute.name)) byName.set(attribute.name, attribute);
	const attributes = new Map([...byName].map(([name, { value }]) => [name, value.text]));
	const { name, added, nonceAt, obstacle, content } = element;
	const nonce = nonceOf(element, byName, language);
	const holder: Holder = { name, added, byName, nonce, nonceAt, obstacle, described: { name, attributes } };
	return [
		...(content === undefined ? [] : contentOf(holder, content, element.offset)),
		...element.attributes.flatMap((attribute) => attributeOf(holder, attribute)),
	];
}

/** An element with what its pieces share. */
interface Holder extends Pick<Element, "name" | "added" | "nonceAt" | "obstacle"> {
	/** The first attribute of each name. */
	readonly byName: ReadonlyMap<string, Attribute>;
	readonly nonce: Nonce;
	readonly described: Piece["element"];
}

type Nonce = Pick<Piece, "hasNonce" | "obstacle">;

/** Whether an element has a nonce, and why it cannot get one. */
function nonceOf({ name, added, obstacle, content }: Element, byName: Holder["byName"], language: Language): Nonce {
	const nonce = byName.get("nonce");
	if (nonce !== undefined) {
		if (nonce.value.text?.trim() === "") return { hasNonce: false, obstacle: "Its nonce attribute is empty. Write the nonce in it." };
		const isKnown = !nonce.isConditional || /nonce/i.test(nonce.value.prints.join());
		return isKnown ? { hasNonce: true, obstacle: undefined } : { hasNonce: undefined, obstacle: "Only the template knows whether it has its nonce." };
	}
	if (added.some((source) => /nonce/i.test(source))) return { hasNonce: true, obstacle: undefined };
	if (added.length > 0) return { hasNonce: undefined, obstacle: "The template adds attributes to it, perhaps a nonce." };
	return { hasNonce: false, obstacle: obstacle ?? obstacleOf(name, byName.get("type")?.value, content, language) };
}

function obstacleOf(name: string, type: Part | undefined, content: Part | undefined, language: Language): string | undefined {
	if (language === "html")
		return "Nothing fills in a nonce in this file. Allow the code by its hash (headguard hash), move it to a file, or serve the page from a template.";
	if (name === "script" && type !== undefined && type.text === undefined) return "The template computes its type, so it may be data.";
	if (content?.isPrinted === true) return "All its code is printed by the template. Write the nonce if no visitor controls the code.";
	return undefined;
}

function contentOf(holder: Holder, content: Part, offset: number): readonly Unplaced[] {
	const { name, byName, nonce, nonceAt, described } = holder;
	const kind = name === "style" ? "style" : "script";
	if (kind === "script") {
		const type = byName.get("type")?.value;
		const isCode = type === undefined || type.text === undefined || isCodeType(type.text);
		// Browsers do not run an empty script, but they check an empty style element.
		if (!isCode || content.text?.trim() === "" || byName.has("src")) return [];
	}
	return [
		{
			kind,
			directive: kind === "script" ? "script-src-elem" : "style-src-elem",
			offset,
			...codeOf(content),
			holder: `<${kind}>`,
			...nonce,
			element: described,
			attribute: undefined,
			nonceAt: nonce.hasNonce === false && nonce.obstacle === undefined ? nonceAt : undefined,
		},
	];
}

function attributeOf(holder: Holder, attribute: Attribute): readonly Unplaced[] {
	const { name, value } = attribute;
	// The first of several counts, unless the template chooses one.
	if (holder.byName.get(name) !== attribute && !attribute.isConditional) return [];
	if (name === "style") return [inAttribute(holder, attribute, "style-attribute", "style-src-attr", value)];
	if (isHandler(name)) return [inAttribute(holder, attribute, "handler", "script-src-attr", value)];
	if (URL_ATTRIBUTES.has(name) && isJavascriptUrl(value.start)) return [inAttribute(holder, attribute, "javascript-url", "script-src-elem", value)];
	const directive = governedIn(holder.name, (wanted) => holder.byName.get(wanted)?.value.text).find(([one]) => one === name)?.[1];
	if (directive === undefined) return [];
	return addressParts(name, value).map((part) => ({ ...inAttribute(holder, attribute, "address", directive, part), hasNonce: holder.nonce.hasNonce }));
}

function addressParts(name: string, value: Part): readonly Part[] {
	if (value.text === undefined) return name === "srcset" ? [] : [value];
	return addressesIn(name, value.text).flatMap((text) => (text.trim() === "" ? [] : [{ ...value, text, start: text }]));
}

function inAttribute({ name: element, described }: Holder, { name, offset }: Attribute, kind: Piece["kind"], directive: DirectiveName, value: Part): Unplaced {
	return {
		kind,
		directive,
		offset,
		...codeOf(value),
		holder: `${name} of ${element === "" ? "an element" : `<${element}>`}`,
		hasNonce: false,
		element: described,
		attribute: name,
		nonceAt: undefined,
		obstacle: undefined,
	};
}

function codeOf({ text, start, prints }: Part): Pick<Piece, "text" | "start" | "prints"> {
	return { text, start, prints };
}
