import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launch, visit } from "../support/browser.ts";
import { type RunningExample, startApp } from "../support/examples.ts";

const PAGES = readdirSync("site/.vitepress/dist", { recursive: true, encoding: "utf8" })
	.filter((name) => name.endsWith(".html"))
	.map((name) => `/${name.replaceAll("\\", "/")}`);

let browser: Browser;
let site: RunningExample;

beforeAll(async () => {
	browser = await launch();
	site = await startApp("scripts/serve-site.mjs", ".");
});
afterAll(async () => {
	await browser?.close();
	await site?.stop();
});

interface Seen {
	readonly page: Page;
	readonly problems: string[];
	violations(): Promise<readonly string[]>;
}

/** Opens a page with what its console and its requests complain about. */
async function open(path: string, width = 1280): Promise<Seen> {
	const page = await browser.newPage({ viewport: { width, height: 900 } });
	const problems: string[] = [];
	page.on("console", (message) => {
		if (message.type() === "error") problems.push(message.text());
	});
	page.on("pageerror", (error) => problems.push(error.message));
	page.on("requestfailed", (request) => problems.push(`failed: ${request.url()}`));
	page.on("request", (request) => {
		if (!request.url().startsWith(site.origin) && !/^(?:data|blob):/.test(request.url())) problems.push(`elsewhere: ${request.url()}`);
	});
	const { violations } = await visit(browser, site.origin + path, undefined, page);
	await page.waitForFunction(() => Reflect.has(document.querySelector("#app") ?? {}, "__vue_app__"));
	return { page, problems, violations };
}

test("the policy has two hashes, and nothing unsafe", async () => {
	const { headers } = await fetch(site.origin);
	expect(headers.get("content-security-policy")).toMatch(
		/^default-src 'none'; base-uri 'none'; connect-src 'self'; font-src 'self'; form-action 'none'; frame-ancestors 'none'; img-src 'self' data:; script-src 'self' 'sha256-[^']+' 'sha256-[^']+'; style-src 'self'$/,
	);
});

test("every page opens without a violation, an error or a request elsewhere, and fits a phone", async () => {
	const wrong: string[] = [];
	const queue = [...PAGES];
	const work = async (): Promise<void> => {
		for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
			const { page, problems, violations } = await open(path, 390);
			const width = await page.evaluate(() => document.documentElement.scrollWidth);
			if (width > 390) wrong.push(`${path} is ${width} pixels wide`);
			wrong.push(...[...problems, ...(await violations())].map((problem) => `${path}: ${problem}`));
			await page.close();
		}
	};
	await Promise.all(Array.from({ length: Math.min(3, availableParallelism()) }, work));
	expect(wrong).toEqual([]);
	expect(PAGES.length).toBeGreaterThan(90);
});

test("a page with a violation would be noticed (control)", async () => {
	const { page, violations } = await open("/codes.html");
	await page.evaluate(() => document.body.insertAdjacentHTML("beforeend", '<p style="color: red">red</p>'));
	await expect.poll(violations).toEqual(["style-src-attr inline"]);
});

describe("what a reader does", () => {
	test("navigates, changes the theme and searches without a violation", async () => {
		const { page, problems, violations } = await open("/index.html");
		await page.click("text=Start with Express");
		await page.waitForSelector("h1:has-text('Express')");
		await page.locator(".VPNavBarAppearance button").click();
		expect(await page.evaluate(() => document.documentElement.classList.contains("dark"))).toBe(true);
		await page.keyboard.press("Control+k");
		await page.fill("#localsearch-input", "csp/unquoted-keyword");
		await page.waitForSelector(".VPLocalSearchBox .result");
		await page.keyboard.press("Enter");
		await page.waitForURL(/codes\.html#cspunquoted-keyword$/);
		await expect.poll(() => page.locator("#cspunquoted-keyword").evaluate((heading) => heading.getBoundingClientRect().top < 400)).toBe(true);
		expect([...problems, ...(await violations())]).toEqual([]);
	});

	test("opens the menu on a phone", async () => {
		const { page, problems, violations } = await open("/recipes.html", 390);
		await page.click(".VPLocalNav .menu");
		await page.click(".VPSidebar >> text=Override a route");
		await page.waitForSelector("h1:has-text('Override a route')");
		await page.click(".VPLocalNavOutlineDropdown button");
		expect([...problems, ...(await violations())]).toEqual([]);
	});
});
