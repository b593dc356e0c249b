import { readdirSync } from "node:fs";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { type Visit, visit } from "../support/browser.ts";
import { serveSite, untilItRuns } from "../support/served-docs.ts";

const PAGES = readdirSync("site/.vitepress/dist", { recursive: true, encoding: "utf8" })
	.filter((name) => name.endsWith(".html") && name !== "404.html")
	.map((name) => `/${name.replaceAll("\\", "/")}`);

const site = serveSite();

/** What the console and the requests of a page complain about. */
function complaintsOf(page: Page): string[] {
	const problems: string[] = [];
	page.on("console", (message) => {
		if (message.type() === "error") problems.push(message.text());
	});
	page.on("pageerror", (error) => problems.push(error.message));
	page.on("requestfailed", (request) => {
		// A page that is left gives up what it was loading in advance.
		if (request.failure()?.errorText !== "net::ERR_ABORTED") problems.push(`failed: ${request.url()} ${request.failure()?.errorText}`);
	});
	page.on("request", (request) => {
		if (!request.url().startsWith(site.origin) && !/^(?:data|blob):/.test(request.url())) problems.push(`elsewhere: ${request.url()}`);
	});
	return problems;
}

async function open(path: string, width = 1280): Promise<Visit & { readonly problems: string[] }> {
	const page = await site.browser.newPage({ viewport: { width, height: 900 } });
	const problems = complaintsOf(page);
	const { violations } = await visit(site.browser, site.origin + path, undefined, page);
	await untilItRuns(page);
	return { page, problems, violations };
}

test("the policy has two hashes, and nothing unsafe", async () => {
	const { headers } = await fetch(site.origin);
	expect(headers.get("content-security-policy")).toMatch(
		/^default-src 'none'; base-uri 'none'; connect-src 'self'; font-src 'self'; form-action 'none'; frame-ancestors 'none'; img-src 'self' data:; script-src 'self' 'sha256-[^']+' 'sha256-[^']+'; style-src 'self'$/,
	);
});

/** Tables that may scroll sideways on a phone, each with the reason. */
const WIDE_TABLES: Readonly<Record<string, string>> = {};

/** The width of the document, and the tables that show only a part of themselves. */
const widths = () => ({
	document: document.documentElement.scrollWidth,
	tables: [...document.querySelectorAll("table")]
		.filter((table) => table.scrollWidth > table.clientWidth)
		.map((table) => (table.textContent ?? "").slice(0, 40)),
});

test("every page opens without a violation, an error or a request elsewhere, and fits a phone, a tablet and a computer", { timeout: 600_000 }, async () => {
	const wrong: string[] = [];
	// One window, so that the files of the site are loaded once.
	const { page, problems, violations } = await open("/index.html", 390);
	// The site then loads no other page in advance.
	await page.addInitScript(() => Object.defineProperty(navigator, "connection", { value: { saveData: true } }));
	for (const path of PAGES) {
		await page.goto(site.origin + path, { waitUntil: "load" });
		await untilItRuns(page);
		for (const width of [700, 1280, 390]) {
			await page.setViewportSize({ width, height: 900 });
			const { document, tables } = await page.evaluate(widths);
			if (document > width) wrong.push(`${path} is ${document} pixels wide where there are ${width}`);
			if (!Object.hasOwn(WIDE_TABLES, path)) wrong.push(...tables.map((text) => `${path}: a table scrolls sideways at ${width}: ${text}`));
		}
		wrong.push(...[...problems.splice(0), ...(await violations())].map((problem) => `${path}: ${problem}`));
	}
	expect(wrong).toEqual([]);
	expect(PAGES.length).toBeGreaterThan(90);
});

test("a page or a table that is too wide would be noticed (control)", async () => {
	const { page } = await open("/codes.html", 390);
	expect(await page.evaluate(widths)).toEqual({ document: 390, tables: [] });
	const cells = "<td>a-word-that-does-not-break</td>".replaceAll("-", "_").repeat(3);
	await page.evaluate((html) => document.querySelector(".vp-doc > div")?.insertAdjacentHTML("beforeend", html), `<table><tr>${cells}</tr></table>`);
	expect(await page.evaluate(widths)).toEqual({ document: 390, tables: [expect.stringContaining("a_word")] });
	await page.evaluate(() => {
		const wide = document.createElement("p");
		wide.textContent = "wide";
		wide.style.width = "900px";
		document.querySelector(".vp-doc > div")?.append(wide);
	});
	expect((await page.evaluate(widths)).document).toBeGreaterThan(390);
});

test("on a phone, the rows of a table of several columns are lists with the titles of the columns", async () => {
	const { page } = await open("/adapters.html", 390);
	const cell = page.locator("table td", { hasText: "reply.cspNonce" }).first();
	expect(await cell.evaluate((element) => [element.dataset["title"], getComputedStyle(element, "::before").content])).toEqual(["Fastify", '"Fastify"']);
	expect(await page.locator("thead").first().boundingBox()).toMatchObject({ width: 1, height: 1 });
	await page.setViewportSize({ width: 1280, height: 900 });
	expect(await cell.evaluate((element) => getComputedStyle(element, "::before").content)).toBe("none");
});

test("a block of code names its file, or the request that it answers", async () => {
	const { page } = await open("/start/express.html");
	expect(await page.locator(".vp-doc span.file").allTextContents()).toEqual(["app.js", "GET /", "GET /nowhere"]);
	expect(await page.locator("[class*=language-]:has(pre)").count()).toBe(4);
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
