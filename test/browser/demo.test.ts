import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch } from "../support/browser.ts";
import { type RunningExample, startExample } from "../support/examples.ts";

let browser: Browser;
let example: RunningExample;

beforeAll(async () => {
	browser = await launch();
	example = await startExample("express-ejs");
});
afterAll(async () => {
	await browser?.close();
	await example?.stop();
});

test("the demo page shows what ran and what was blocked, as a browser sees it", async () => {
	const page = await browser.newPage();
	await page.goto(example.origin, { waitUntil: "load" });
	await page.waitForSelector("#summary.good");
	const rows = await page.locator("[data-check]").evaluateAll((all) => all.map((row) => [row.getAttribute("data-check"), row.lastElementChild?.textContent]));
	expect(rows).toEqual([
		["nonced", "ran"],
		["file", "ran"],
		["plain", "was blocked"],
		["handler", "was blocked"],
		["data", "was blocked"],
		["nonced-style", "ran"],
		["plain-style", "was blocked"],
	]);
	expect(await page.textContent("#summary")).toBe(
		"7 of 7 as they should be. The browser reported 4 violations: style-src-elem, script-src-elem, script-src-attr, script-src-elem.",
	);
	expect(await page.textContent("dl")).toContain("script-src 'self' 'nonce-");
});

test("its buttons show the headers of an error page", async () => {
	const page = await browser.newPage();
	await page.goto(example.origin);
	await page.click('[data-ask="/boom"]');
	await page.waitForFunction("document.getElementById('answer').textContent.includes('answered 500')");
	expect(await page.textContent("#answer")).toContain(
		"content-security-policy: default-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
	);
});

test("a script that comes in through the form does not run", async () => {
	const page = await browser.newPage();
	const dialogs: string[] = [];
	page.on("dialog", (dialog) => {
		dialogs.push(dialog.message());
		void dialog.dismiss();
	});
	await page.goto(example.origin);
	await page.click("form button");
	await page.waitForSelector(".unsafe script", { state: "attached" });
	expect(dialogs).toEqual([]);
});
