/** The site of the documentation. Its pages are those of the repository; `pages/` has what only a site has. */
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitepress";
import { coloursCss, markdown } from "./markdown.ts";
import { nav, sidebar } from "./navigation.ts";
import { REWRITES } from "./places.ts";
import { search } from "./search.ts";

export default defineConfig({
	lang: "en",
	title: "headguard",
	description: "Security headers for Express, Connect and plain Node: guides, reference, and a page to try a policy on.",
	srcDir: "..",
	srcExclude: ["{bench,coverage,dist,examples,reports,src,test,.github,.recipes,.stryker-tmp}/**"],
	rewrites: { ...REWRITES },
	// What is inline is the same on each page, so two hashes allow it.
	metaChunk: true,
	// A style element would follow each change of the theme, and the policy of the site forbids those.
	appearance: { disableTransition: false },
	// Without it, VitePress writes a style attribute.
	contentProps: { class: "page" },
	head: [
		["link", { rel: "stylesheet", href: "/code.css" }],
		["link", { rel: "icon", type: "image/svg+xml", href: "/icon.svg" }],
	],
	markdown,
	themeConfig: {
		nav,
		sidebar,
		search,
		outline: [2, 3],
		externalLinkIcon: true,
	},
	// These attributes have no effect before a script runs, and then the script sets them.
	transformHtml: (html) => html.replaceAll(/ style="(?:--vp-vh:0px;)?"/g, ""),
	buildEnd({ outDir }) {
		writeFileSync(join(outDir, "code.css"), coloursCss());
		copyFileSync(new URL("../../src/devtools/page/icon.svg", import.meta.url), join(outDir, "icon.svg"));
	},
	vite: {
		// Vitest resolves its own Vite; the pages of the playground import the library from src.
		server: { fs: { allow: [".."] } },
	},
});
