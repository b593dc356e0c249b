import { type DefaultTreeAdapterTypes, parse } from "parse5";
import { csp } from "../../csp/index.ts";

/**
 * The page as it will be when its templates write the nonce: each inline script and style that the policy does not
 * allow by a hash has the nonce.
 *
 * @param isAllowed whether the policy has a hash source, for the kind of element.
 */
export function withNonces(page: string, nonce: string, isAllowed: (tag: "script" | "style", hash: string) => boolean): string {
	const at = insertions(page, isAllowed);
	let text = "";
	let last = 0;
	for (const offset of at) {
		text += `${page.slice(last, offset)} nonce="${nonce}"`;
		last = offset;
	}
	return text + page.slice(last);
}

type Node = DefaultTreeAdapterTypes.Node;
type Element = DefaultTreeAdapterTypes.Element;

/** The ends of the names of the tags, in order. */
function insertions(page: string, isAllowed: (tag: "script" | "style", hash: string) => boolean): readonly number[] {
	const at: number[] = [];
	const open: Node[] = [parse(page, { sourceCodeLocationInfo: true })];
	for (let node = open.pop(); node !== undefined; node = open.pop()) {
		if ("childNodes" in node) open.push(...node.childNodes);
		if ("tagName" in node && needsNonce(node, isAllowed)) {
			const start = node.sourceCodeLocation?.startTag?.startOffset;
			if (start !== undefined) at.push(start + 1 + node.tagName.length);
		}
	}
	return at.sort((a, b) => a - b);
}

function needsNonce(element: Element, isAllowed: (tag: "script" | "style", hash: string) => boolean): boolean {
	const { tagName, attrs, childNodes } = element;
	if (tagName !== "script" && tagName !== "style") return false;
	if (attrs.some(({ name }) => name === "nonce" || name === "src")) return false;
	const text = childNodes.map((child) => ("value" in child ? child.value : "")).join("");
	return !isAllowed(tagName, csp.hash("sha256", text));
}

/** The nonce that tags of a page carry already. */
export function nonceIn(page: string): string | undefined {
	return /<(?:script|style|link)\b[^>]*?\snonce=["']?([\w+/=-]{8,200})["'\s>]/i.exec(page)?.[1];
}
