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
		tablesStack(md);
		codeHasNames(md);
		flagsStayWhole(md);
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

/** From this many columns on, a table has small cells. */
const MANY = 5;

/** The titles of columns with a longer word get more room. */
const LONG_WORD = 13;

/**
 * On a phone, each row of a table of three columns or more becomes a list of its cells, with the titles of their columns before them. The cells bring the
 * titles along, for the style sheet. The first cell of a row is the heading of its list, unless there is one row only.
 */
function tablesStack(md: Renderer): void {
	// VitePress makes a table a stop of the keyboard, because it could scroll. Here none does.
	md.renderer.rules["table_open"] = (tokens, index, options, _env, self) => self.renderToken(tokens, index, options);
	md.core.ruler.push("tables", ({ tokens }) => {
		for (const [index, { type }] of tokens.entries()) {
			if (type === "table_open")
				stackTable(
					tokens.slice(
						index,
						tokens.findIndex((token, at) => at > index && token.type === "table_close"),
					),
				);
		}
	});
}

function stackTable(tokens: readonly Token[]): void {
	const titles = tokens.flatMap(({ type }, index) => (type === "th_open" ? [textOf(tokens[index + 1])] : []));
	const cells = tokens.filter(({ type }) => type === "td_open");
	if (titles.length < 3) return;
	const isList = cells.length > titles.length;
	for (const [index, cell] of cells.entries()) {
		const column = index % titles.length;
		if (column > 0 || !isList) cell.attrSet("data-title", titles[column] ?? "");
	}
	const isLong = titles.slice(1).some((title) => title.split(/[ -]/).some((word) => word.length > LONG_WORD));
	tokens[0]?.attrSet(
		"class",
		["stacks", ...(titles.length < MANY ? [] : ["many"]), ...(isLong ? ["long-titles"] : []), ...(isList ? ["headed"] : [])].join(" "),
	);
}

function textOf(inline: Token | undefined): string {
	return (inline?.children ?? []).map(({ content }) => content).join("");
}

/** Blocks with more lines scroll sideways where they do not fit, because their lines are easier to read whole. */
const SHORT = 3;

/** A block says which file it is, or to which request it is the answer: ```js app.js */
function codeHasNames(md: Renderer): void {
	const { fence } = md.renderer.rules;
	if (fence === undefined) return;
	md.renderer.rules["fence"] = (...args) => {
		const [tokens, index] = args;
		const { info = "", content = "" } = tokens[index] ?? {};
		const [, name = ""] = /^\S+\s+(?:\.\.\/[^/]+\/)?(.*)$/.exec(info) ?? [];
		const title = name === "" ? "" : `<span class="file">${md.utils.escapeHtml(name)}</span>`;
		const isShort = content.trim().split("\n").length <= SHORT;
		return fence(...args).replace(/class="([^"]*)">/, (_all, names: string) => `class="${names}${isShort ? " short" : ""}">${title}`);
	};
}

/** A line does not end after the hyphens of a flag. Longer ones would not fit into a cell. */
function flagsStayWhole(md: Renderer): void {
	md.core.ruler.push("flags", ({ tokens }) => {
		for (const token of tokens.flatMap(({ children }) => children ?? [])) {
			if (token.type === "code_inline" && /^--?[a-z][a-z-]{0,12}$/.test(token.content)) token.attrSet("class", "flag");
		}
	});
}
