/** How the site differs from the Markdown that VitePress reads. */
import { createHash } from "node:crypto";
import { relative } from "node:path";
import type { MarkdownOptions } from "vitepress";
import { addressOf, anchorOf } from "./places.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

type Renderer = Parameters<NonNullable<MarkdownOptions["config"]>>[0];

/** The colours of code, as a class for each style: the policy of the site allows no style attributes. */
const colours = new Map<string, string>();

export const markdown: MarkdownOptions = {
	// In the pages, a tag is text.
	html: false,
	// Each of their colours can be read on the ground that the site gives to code.
	theme: { light: "github-light-high-contrast", dark: "github-dark-default" },
	anchor: { slugify: anchorOf },
	toc: { slugify: anchorOf },
	languageAlias: { caddyfile: "nginx" },
	codeTransformers: [
		{
			span(node) {
				const { style, class: name } = node.properties;
				if (typeof style !== "string") return;
				const own = `c-${createHash("sha256").update(style).digest("hex").slice(0, 6)}`;
				colours.set(own, style);
				delete node.properties["style"];
				node.properties["class"] = [name, own]
					.flat()
					.filter((one) => typeof one === "string")
					.join(" ");
			},
		},
	],
	config: (md) => {
		textStaysText(md);
		linksLead(md);
	},
};

/** The style sheet of the colours, after all pages were rendered. */
export function coloursCss(): string {
	return [...colours]
		.map(([name, style]) => `.${name}{${style}}\n`)
		.sort()
		.join("");
}

/** Two braces would be an expression of Vue. */
function textStaysText(md: Renderer): void {
	for (const name of ["text", "code_inline"]) {
		const render = md.renderer.rules[name];
		if (render !== undefined) md.renderer.rules[name] = (...args) => render(...args).replaceAll("{{", "&#123;&#123;");
	}
}

/** Links are those of the repository. What is no page of the site becomes text. */
function linksLead(md: Renderer): void {
	md.core.ruler.before("linkify", "places", ({ tokens, env }) => {
		const { realPath } = env as { readonly realPath?: string };
		// VitePress also renders titles, alone.
		if (realPath === undefined) return;
		const page = relative(ROOT, realPath);
		for (const { children } of tokens) leadLinks(children ?? [], page);
	});
}

type Token = NonNullable<Parameters<Renderer["renderer"]["render"]>[0]>[number];

function leadLinks(tokens: readonly Token[], page: string): void {
	let isText = false;
	for (const token of tokens) {
		if (token.type === "link_close" && isText) {
			token.tag = "span";
			isText = false;
		}
		if (token.type !== "link_open") continue;
		const address = addressOf(token.attrGet("href") ?? "", page);
		isText = address === undefined;
		if (address !== undefined) token.attrSet("href", address);
		else Object.assign(token, { tag: "span", attrs: [], type: "text_open" });
	}
}
