import { writeFileSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { launch, visit } from "../support/browser.ts";
import type { RunningExample } from "../support/examples.ts";
import { startRecipe } from "../support/recipes.ts";

let browser: Browser;
let recipe: RunningExample | undefined;
beforeAll(async () => {
	browser = await launch();
});
afterEach(async () => {
	await recipe?.stop();
	recipe = undefined;
});
afterAll(() => browser.close());

const INJECTED = "<script>window.injected = true; document.querySelector('h1').textContent = 'Injected'</script>";
const VITE = "node_modules/vite/bin/vite.js";

test.each<[name: string, styled: boolean, prepare?: readonly (readonly string[])[]]>([
	["EJS", true],
	["Pug", true],
	["Handlebars", true],
	["Nunjucks", true],
	["Eta", true],
	["React", false],
	["Vue", true],
	["Vite in development", true],
	[
		"A built single-page app",
		false,
		[
			[VITE, "build", "--logLevel", "error"],
			["dist/cli.js", "hash", "dist", "--out", "hashes.json"],
			["dist/cli.js", "hash", "dist", "--check", "hashes.json"],
		],
	],
])("%s: its scripts and styles are used without a violation, an injected script is not", async (name, styled, prepare) => {
	recipe = await startRecipe(name, prepare === undefined ? {} : { prepare });
	const { page, violations } = await visit(browser, `${recipe.origin}/`);
	await page.waitForFunction(() => document.querySelector("h1")?.textContent === "It runs");
	if (styled) await page.waitForFunction(() => getComputedStyle(document.querySelector("h1") as Element).color === "rgb(0, 128, 0)");
	expect(await violations()).toEqual([]);

	const attacked = await visit(browser, `${recipe.origin}/`, INJECTED);
	await attacked.page.waitForFunction(() => document.querySelector("h1")?.textContent === "It runs");
	expect(await attacked.violations()).toEqual(["script-src-elem inline"]);
	expect(await attacked.page.evaluate(() => Reflect.get(window, "injected"))).toBeUndefined();
});

test("Vite: a changed style is put in place in the open page, without a violation", async () => {
	recipe = await startRecipe("Vite in development");
	const { page, violations } = await visit(browser, `${recipe.origin}/`);
	await page.waitForFunction(() => getComputedStyle(document.querySelector("h1") as Element).color === "rgb(0, 128, 0)");
	await page.evaluate(() => Reflect.set(window, "same", true));
	writeFileSync(".recipes/vite-in-development/main.css", "h1 { color: blue }");
	await page.waitForFunction(() => getComputedStyle(document.querySelector("h1") as Element).color === "rgb(0, 0, 255)");
	expect(await page.evaluate(() => Reflect.get(window, "same")), "the page was not loaded anew").toBe(true);
	expect(await violations()).toEqual([]);
});

describe("React", () => {
	test("what was suspended takes its place by inline scripts of its own", async () => {
		recipe = await startRecipe("React");
		const { page, violations } = await visit(browser, `${recipe.origin}/`);
		await page.waitForFunction(() => document.getElementById("news")?.textContent === "It streams");
		await page.waitForFunction(() => [...document.querySelectorAll("p")].every((p) => p.textContent !== "Loading"));
		expect(await page.locator("script").count(), "of bootstrap and of the late part").toBeGreaterThan(1);
		expect(await violations()).toEqual([]);
	});
});
