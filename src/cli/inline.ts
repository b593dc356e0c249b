import { type DefaultTreeAdapterTypes, html, parse, parseFragment } from "parse5";
import { isCodeType, isJavascriptUrl, URL_ATTRIBUTES } from "../csp/markup.ts";
import type { CspModel } from "../csp/model.ts";
import { parse as parsePolicy } from "../csp/serialize.ts";
import { NAMES } from "../headers/facts.ts";

/** Code in the markup. */
export interface InlineCode {
	/** The directive that browsers apply (CSP3 §6.7.3). Undefined for code that a hash cannot allow. */
	readonly directive: "scriptSrc" | "scriptSrcAttr" | "styleSrc" | "styleSrcAttr" | undefined;
	readonly text: string;
	/** The element or attribute, such as `<script>` or `onclick`. */
	readonly holder: string;
	readonly line: number;
}

/**
 * Finds all inline code of a page, as the HTML parser of a browser does. It decodes entities in attributes, and reads templates,
 * `noscript` (for visitors without scripts) and `srcdoc`, which inherits the policy.
 */
export function inlineCode(page: string): readonly InlineCode[] {
	const found: InlineCode[] = [];
	// A list instead of recursion, because nesting has no limit.
	const open: Place[] = [{ node: parse(page, { sourceCodeLocationInfo: true }), above: 0 }];
	for (let place = open.pop(); place !== undefined; place = open.pop()) {
		const { node, above } = place;
		const inside = "content" in node ? [node.content] : "childNodes" in node ? node.childNodes : [];
		for (const child of inside.toReversed()) open.push({ node: child, above });
		if ("tagName" in node) collect(node, above, found, open);
	}
	return found;
}

/** A policy that a page has in its head. */
export interface MetaPolicy {
	readonly model: CspModel;
	readonly line: number;
}

/** The policies in the head of a page. Browsers ignore those in its body, and in templates. */
export function metaPolicies(page: string): readonly MetaPolicy[] {
	const elements = (parent: { readonly childNodes: readonly Node[] } | undefined): readonly Element[] =>
		(parent?.childNodes ?? []).filter((node): node is Element => "tagName" in node);
	const [root] = elements(parse(page, { sourceCodeLocationInfo: true }));
	const head = elements(root).find(({ tagName }) => tagName === "head");
	return elements(head).flatMap(({ tagName, attrs, sourceCodeLocation }) => {
		const attribute = (name: string): string => attrs.find((one) => one.name === name)?.value ?? "";
		if (tagName !== "meta" || attribute("http-equiv").toLowerCase() !== META) return [];
		return attribute("content")
			.split(",")
			.map((text) => ({ model: parsePolicy(text), line: sourceCodeLocation?.startLine ?? 1 }));
	});
}

const META = NAMES.contentSecurityPolicy.toLowerCase();

type Node = DefaultTreeAdapterTypes.Node;
type Element = DefaultTreeAdapterTypes.Element;

/** A node, and the number of lines above its document. */
interface Place {
	readonly node: Node;
	readonly above: number;
}

function collect(element: Element, above: number, found: InlineCode[], open: Place[]): void {
	const line = above + (element.sourceCodeLocation?.startLine ?? 1);
	const text = element.childNodes.map((child) => ("value" in child ? child.value : "")).join("");
	const { tagName, attrs } = element;
	const attribute = (name: string): string | undefined => attrs.find((one) => one.name === name)?.value;
	if (tagName === "script" && text !== "" && !isExternal(element) && isCodeType(attribute("type")))
		found.push({ directive: "scriptSrc", text, holder: "<script>", line });
	// Browsers check an empty style element, but not an empty script.
	if (tagName === "style") found.push({ directive: "styleSrc", text, holder: "<style>", line });
	for (const { name, value } of attrs) {
		const directive = directiveOf(name, value);
		if (directive !== null) found.push({ directive, text: value, holder: `${name} of <${tagName}>`, line });
	}
	const srcdoc = tagName === "iframe" ? attribute("srcdoc") : undefined;
	if (srcdoc !== undefined) open.push({ node: parse(srcdoc, { sourceCodeLocationInfo: true }), above: line - 1 });
	if (tagName === "noscript") open.push({ node: parseFragment(text, { sourceCodeLocationInfo: true, scriptingEnabled: false }), above: line - 1 });
}

/** Null for an attribute without code. */
function directiveOf(name: string, value: string): InlineCode["directive"] | null {
	if (name === "style") return "styleSrcAttr";
	if (/^on[a-z]/.test(name)) return "scriptSrcAttr";
	return URL_ATTRIBUTES.has(name) && isJavascriptUrl(value) ? undefined : null;
}

function isExternal({ attrs, namespaceURI }: Element): boolean {
	const name = namespaceURI === html.NS.SVG ? "href" : "src";
	return attrs.some((attribute) => attribute.name === name);
}
