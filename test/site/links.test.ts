import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { type DefaultTreeAdapterTypes, parse } from "parse5";
import { expect, test } from "vitest";
import { sidebar } from "../../site/.vitepress/navigation.ts";

const DIST = "site/.vitepress/dist";

interface Page {
	readonly links: readonly string[];
	readonly ids: ReadonlySet<string>;
	/** Attributes and elements that the policy of the site would block. */
	readonly blocked: readonly string[];
}

const pages: ReadonlyMap<string, Page> = new Map(
	readdirSync(DIST, { recursive: true, encoding: "utf8" })
		.filter((name) => name.endsWith(".html"))
		.map((name) => [`/${name.replaceAll("\\", "/")}`, readPage(readFileSync(join(DIST, name), "utf8"))]),
);

test("every internal link leads to a page or a file, and every anchor to a heading", () => {
	const broken = [...pages].flatMap(([path, { links }]) => links.flatMap((link) => (leadsSomewhere(path, link) ? [] : [`${path}: ${link}`])));
	expect(broken).toEqual([]);
	expect([...pages.values()].flatMap(({ links }) => links.filter(isInternal)).length).toBeGreaterThan(2000);
});

test("a link of the text is one on the site", () => {
	const lost = readdirSync("docs", { recursive: true, encoding: "utf8" }).flatMap((name) => {
		if (!name.endsWith(".md")) return [];
		const text = readFileSync(join("docs", name), "utf8")
			.replace(/^```[\s\S]*?^```$/gm, "")
			.replace(/`[^`\n]*`/g, "code");
		const targets = [...text.matchAll(/\]\(([^)#:]+)\.md(#[^)]*)?\)/g)].map(
			([, path = "", anchor = ""]) => `${posix.join(posix.dirname(name), path)}.html${anchor}`,
		);
		const { links } = pages.get(`/${name.replace(/\.md$/, ".html")}`) ?? { links: [] as readonly string[] };
		const led = targets.filter((target) => !target.startsWith("..")).filter((target) => !links.includes(`/${target}`));
		return led.map((target) => `docs/${name}: ${target}`);
	});
	expect(lost).toEqual([]);
	expect(pages.get("/troubleshooting.html")?.links).toEqual(
		expect.arrayContaining(["/devtools.html", "/vendors.html#googlefonts", "/overview.html#what-covers-what"]),
	);
});

test("a link to nowhere is noticed (control)", () => {
	expect(["/codes.html#csp", "/nowhere.html", "./nowhere.html", "#nowhere"].filter((link) => leadsSomewhere("/codes.html", link))).toEqual([]);
	expect(["/codes.html#cspunquoted-keyword", "/codes", "./rules.html", "#codes"].filter((link) => !leadsSomewhere("/codes.html", link))).toEqual([]);
});

test("every page is in the navigation", () => {
	const named = new Set(JSON.stringify(sidebar).match(/(?<="link":")[^"#]+/g));
	const alone = ["/index.html", "/404.html"];
	expect([...pages.keys()].filter((path) => !alone.includes(path) && !named.has(path.replace(/\.html$/, "")))).toEqual([]);
});

test("no page has a style attribute, an event handler or a style element", () => {
	expect([...pages].flatMap(([path, { blocked }]) => blocked.map((one) => `${path}: ${one}`))).toEqual([]);
	expect(readPage('<p style="color:red" onclick="run()"><style>p{}</style>').blocked).toEqual(["style=color:red", "onclick=run()", "<style>"]);
});

function isInternal(link: string): boolean {
	return !/^[a-z]+:/i.test(link);
}

function leadsSomewhere(from: string, link: string): boolean {
	if (!isInternal(link)) return true;
	const [, path = "", anchor = ""] = /^([^#?]*)(?:\?[^#]*)?(?:#(.*))?$/.exec(link) ?? [];
	const address = path === "" ? from : posix.join(posix.dirname(from), path.startsWith("/") ? posix.relative(posix.dirname(from), path) : path);
	const page = pages.get(address) ?? pages.get(`${address}.html`) ?? pages.get(posix.join(address, "index.html"));
	if (page === undefined) return existsSync(join(DIST, address));
	return anchor === "" || page.ids.has(decodeURIComponent(anchor));
}

function readPage(html: string): Page {
	const links: string[] = [];
	const ids = new Set<string>();
	const blocked: string[] = [];
	const open: DefaultTreeAdapterTypes.Node[] = [parse(html)];
	for (let node = open.pop(); node !== undefined; node = open.pop()) {
		if ("attrs" in node) {
			for (const { name, value } of node.attrs) {
				if (name === "id") ids.add(value);
				if (name === "href" || name === "src") links.push(value);
				if (name === "style" || name.startsWith("on")) blocked.push(`${name}=${value}`);
			}
			if (node.nodeName === "style") blocked.push("<style>");
		}
		if ("childNodes" in node) open.push(...node.childNodes.toReversed());
	}
	return { links, ids, blocked };
}
