import type { Browser } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { visit } from "../../support/browser.ts";
import { counts, edit, settle, start, testFramework } from "../../support/framework.ts";

/** Of React, of Vue and of Svelte. */
const PAGES = ["/", "/vue", "/svelte"];
const LIBRARIES = ["/mui", "/styled-components", "/antd", "/mantine", "/radix"];

testFramework({
	name: "vite",
	pages: PAGES,
	navigates: PAGES,
	answers: [
		{ path: "/", method: "HEAD", status: 200 },
		{ path: "/missing", status: 404 },
		{ path: "/index.html", status: 404 },
		{ path: "/vue/index.html", status: 404 },
		{ path: "/error", status: 500 },
		{ path: "/old", status: 302 },
		{ path: "/logo.svg", status: 200 },
		{
			path: "/",
			method: "OPTIONS",
			status: { production: 200, development: 204 },
			headers: { origin: "http://other.example", "access-control-request-method": "PUT" },
		},
		{ path: "/%ff", status: 404 },
	],
	files: (html) => ["/logo.svg", ...new Set(html.match(/\/assets\/[\w./-]+\.(?:js|css)/g))],
	hot: [
		{ page: "/", file: "src/pages/home.jsx", from: "It runs", to: "It changed", selector: "h1" },
		{ page: "/vue", file: "vue/home.vue", from: "It runs", to: "It changed", selector: "h1" },
		{ page: "/svelte", file: "svelte/home.svelte", from: "It runs", to: "It changed", selector: "h1" },
	],
	keepsBuild: true,
	presets: { ssr: [], strict: [], compatible: [] },
	also(started, mode) {
		test.each(PAGES)("a form of %s is answered, and its styles are there, also those that come later, without a violation", async (path) => {
			const { origin, browser } = started();
			const { page, violations } = await visit(browser, origin + path);
			await counts(page);
			const color = (selector: string) => page.locator(selector).evaluate((element) => getComputedStyle(element).color);
			expect(await color("h1")).toBe("rgb(0, 128, 0)");
			await page.fill("input", "Ada");
			await page.click("text=Send");
			await page.getByText("Hello Ada").waitFor();
			await page.click("a#second");
			await page.getByText("A style that came later").waitFor();
			await expect.poll(() => color("p")).toBe("rgb(0, 0, 128)");
			expect(await violations()).toEqual([]);
			await page.close();
		});

		test("what the libraries style at run time is styled", { timeout: 300_000 }, async () => {
			const { origin, browser } = started();
			expect(await looks(browser, origin)).toEqual(ALL_STYLED);
		});

		if (mode === "development") return;
		test.each<[name: string, options: string, Readonly<Record<string, Look>>]>([
			["preset ssr", '{ preset: "ssr" }', ALL_STYLED],
			["preset strict", '{ preset: "strict" }', { ...ALL_STYLED, "/antd": TRUSTED_TYPES, "/mantine": TRUSTED_TYPES }],
			["preset spa", '{ preset: "spa" }', { ...NONE_STYLED, "/mantine": { styled: true, violations: ["style-src-elem inline"] } }],
			["styles by 'unsafe-inline'", `{ contentSecurityPolicy: { directives: { styleSrc: ["'self'", "'unsafe-inline'"] } } }`, ALL_STYLED],
		])("%s: libraries style as the page about Vite says", { timeout: 300_000 }, async (_, options, expected) => {
			const { folder, browser } = started();
			edit(folder, "headers.js", "secureHeaders({})", `secureHeaders(${options})`);
			const { origin, stop } = await start(folder, mode, browser);
			onTestFinished(stop);
			edit(folder, "headers.js", `secureHeaders(${options})`, "secureHeaders({})");
			expect(await looks(browser, origin)).toEqual(expected);
		});
	},
});

interface Look {
	readonly styled: boolean;
	readonly violations: readonly string[];
}

/** They write styles by innerHTML. */
const TRUSTED_TYPES: Look = { styled: false, violations: ["require-trusted-types-for trusted-types-sink"] };
const NONE_STYLED = Object.fromEntries(LIBRARIES.map((path) => [path, { styled: false, violations: ["style-src-elem inline"] }]));
const ALL_STYLED = Object.fromEntries(LIBRARIES.map((path) => [path, { styled: true, violations: [] }]));

async function looks(browser: Browser, origin: string): Promise<Readonly<Record<string, Look>>> {
	const seen: Record<string, Look> = {};
	for (const path of LIBRARIES) seen[path] = await look(browser, origin + path);
	return seen;
}

/** Whether what the library styles at run time has its style, and what was blocked. */
async function look(browser: Browser, url: string): Promise<Look> {
	const { page, violations } = await visit(browser, url);
	if (url.endsWith("/radix")) await page.click("text=Open");
	else await page.waitForSelector("#styled, #root:empty", { state: "attached" });
	await settle(page);
	const styled = await page.evaluate(() => {
		const element = document.querySelector("#styled");
		return element === null ? getComputedStyle(document.body).overflow === "hidden" : getComputedStyle(element).color === "rgb(0, 128, 0)";
	});
	const seen = [...new Set(await violations())].sort();
	await page.close();
	return { styled, violations: seen };
}
