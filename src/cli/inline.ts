import { type DefaultTreeAdapterTypes, html, parse, parseFragment } from "parse5";

/** Code that stands in the markup itself, and the directive under which browsers judge it (CSP3 §6.7.3). */
export interface InlineCode {
	readonly directive: "scriptSrc" | "scriptSrcAttr" | "styleSrc" | "styleSrcAttr";
	readonly text: string;
	/** What holds it, such as `<script>` or `onclick`. */
	readonly holder: string;
	readonly line: number;
}

/**
 * All inline code of a page, as the HTML parser of a browser sees it: with entities decoded in attributes,
 * inside templates, in `noscript` (for visitors without scripts) and in `srcdoc`, which inherits the policy.
 */
export function inlineCode(page: string): readonly InlineCode[] {
	return walk(parse(page, { sourceCodeLocationInfo: true }), 0);
}

type Node = DefaultTreeAdapterTypes.Node;
type Element = DefaultTreeAdapterTypes.Element;

/** Types of a script element that are code to CSP. Anything else is a block of data. */
const CODE_TYPE = /^(?:|module|importmap|speculationrules|(?:text|application)\/(?:x-)?(?:java|ecma|j|live)script(?:1\.[0-5])?)$/i;

function walk(node: Node, above: number): readonly InlineCode[] {
	const own = "tagName" in node ? ofElement(node, above) : [];
	const inside = "content" in node ? [node.content] : "childNodes" in node ? node.childNodes : [];
	return [...own, ...inside.flatMap((child) => walk(child, above))];
}

function ofElement(element: Element, above: number): readonly InlineCode[] {
	const line = above + (element.sourceCodeLocation?.startLine ?? 1);
	const attribute = (name: string): string | undefined => element.attrs.find((one) => one.name === name)?.value;
	const found: InlineCode[] = [];
	const text = element.childNodes.map((child) => ("value" in child ? child.value : "")).join("");
	if (element.tagName === "script" && text !== "" && !isExternal(element) && CODE_TYPE.test((attribute("type") ?? "").trim()))
		found.push({ directive: "scriptSrc", text, holder: "<script>", line });
	// A style element is judged even when it is empty, a script is not.
	if (element.tagName === "style") found.push({ directive: "styleSrc", text, holder: "<style>", line });
	for (const { name, value } of element.attrs) {
		if (name === "style") found.push({ directive: "styleSrcAttr", text: value, holder: `style of <${element.tagName}>`, line });
		else if (/^on[a-z]/.test(name)) found.push({ directive: "scriptSrcAttr", text: value, holder: `${name} of <${element.tagName}>`, line });
	}
	const srcdoc = element.tagName === "iframe" ? attribute("srcdoc") : undefined;
	if (srcdoc !== undefined) found.push(...walk(parse(srcdoc, { sourceCodeLocationInfo: true }), line - 1));
	if (element.tagName === "noscript") found.push(...walk(parseFragment(text, { sourceCodeLocationInfo: true, scriptingEnabled: false }), line - 1));
	return found;
}

function isExternal({ attrs, namespaceURI }: Element): boolean {
	const names = namespaceURI === html.NS.SVG ? ["href"] : ["src"];
	return attrs.some(({ name }) => names.includes(name));
}
