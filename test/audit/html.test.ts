import fc from "fast-check";
import { parse } from "parse5";
import { expect, test } from "vitest";
import { isForeign, tagsIn } from "../../src/audit/html.ts";
import { runs } from "../support/runs.ts";

interface Node {
	readonly nodeName: string;
	readonly childNodes?: readonly Node[];
	readonly attrs?: readonly { readonly name: string; readonly value: string }[];
}

/** What a parser of HTML finds, without the elements that it adds by itself. */
function elementsOf(html: string): string[] {
	const found: string[] = [];
	const visit = ({ nodeName, childNodes = [], attrs = [] }: Node): void => {
		if (!["html", "head", "body", "#document", "#text", "#comment", "#documentType"].includes(nodeName))
			found.push(`${nodeName} ${attrs.map(({ name, value }) => `${name}=${value}`).join(" ")}`.trim());
		childNodes.forEach(visit);
	};
	visit(parse(html) as Node);
	return found;
}

const elementsByUs = (html: string): string[] =>
	tagsIn(html)
		.filter(({ name }) => !["html", "head", "body"].includes(name))
		.map(({ name, attributes }) => `${name} ${[...attributes].map(([key, value]) => `${key}=${value}`).join(" ")}`.trim());

const text = fc.constantFrom("", "a < b", "x > y", "&amp;", "'", '"', "<!-- <img src=x> -->", "<!-- a --!>", "<!-->", "<!--->", "1 & 2");
const value = fc.constantFrom("x", "it's", 'a"b"c', "a=b'", "/a.js", "https://cdn.example/a.js?b=1&amp;c=2", "a>b", "&#x2f;a", "");
const attribute = fc
	.tuple(fc.constantFrom("src", "HREF", "nonce", "onclick", "data-a"), value, fc.constantFrom('"', "'", "none"))
	.map(([name, content, quote]) => {
		if (quote === "none") return /^[^\s"'=<>`][^\s>]*$/.test(content) ? `${name}=${content}` : name;
		if (content.includes(quote)) return name;
		return `${name} = ${quote}${content}${quote}`;
	});
const element = fc
	.tuple(fc.constantFrom("img", "link", "meta", "script", "style", "DIV", "span"), fc.uniqueArray(attribute, { maxLength: 3 }), text)
	.map(([name, attributes, inner]) => {
		const start = `<${[name, ...attributes].join(" ")}>`;
		if (["img", "link", "meta"].includes(name)) return start;
		return name === "script" || name === "style" ? `${start}if (a<b && "<img>") {}</${name}>` : `${start}${inner}</${name} >`;
	});

test("finds what a parser of HTML finds", () => {
	fc.assert(
		fc.property(fc.array(fc.oneof(element, text), { maxLength: 8 }), (parts) => {
			const html = `<!doctype html><body>${parts.join("")}`;
			expect(elementsByUs(html)).toEqual(elementsOf(html));
		}),
		{ numRuns: runs(2000) },
	);
});

test.each([
	["<a ".repeat(200_000)],
	['<a "'.repeat(100_000)],
	["<!--".repeat(100_000)],
	["<title>".repeat(100_000)],
	["<script>".repeat(100_000)],
	[`<a ${"x ".repeat(200_000)}`],
	[`<a ${"x = ".repeat(100_000)}>`],
	[`<a x${" ".repeat(300_000)}`],
])("half a megabyte of nonsense is read once (%#)", (html) => {
	const start = performance.now();
	tagsIn(html);
	expect(performance.now() - start).toBeLessThan(2000);
});

test("other origins", () => {
	const page = "https://a.example/b";
	expect(["https://b.example/x", "//b.example/x", "http://a.example/"].map((url) => isForeign(url, page))).toEqual([true, true, true]);
	expect(["/x", "x", "https://a.example/x", "data:,x", "", undefined, "http://["].map((url) => isForeign(url, page))).toEqual(new Array(7).fill(false));
});
