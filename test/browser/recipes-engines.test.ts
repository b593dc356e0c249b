import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ENGINES, until, type Window } from "../support/engines.ts";
import type { RunningExample } from "../support/examples.ts";
import { type Names, serveNames } from "../support/names.ts";
import { startRecipe } from "../support/recipes.ts";
import { serveElsewhere } from "../support/site.ts";
import { HAS_INJECTED, INJECTED, tamper, VIOLATIONS } from "../support/tampered.ts";
import { recipeCases } from "./cases/recipes.ts";

/** What only an engine decides, in those that the other tests of recipes do not start. One window of each, and one process of each recipe, serve all rows. */
const OTHERS = ENGINES.filter(({ name }) => name !== "Chromium");

const windows = new Map<string, Window>();
const recipes = new Map<string, Promise<RunningExample>>();
let names: Names;
beforeAll(async () => {
	names = await serveNames();
	await Promise.all(OTHERS.map(async ({ name, start }) => windows.set(name, await start(names))));
}, 180_000);
afterAll(async () => {
	for (const window of windows.values()) await window.close();
	for (const recipe of recipes.values()) await recipe.then((one) => one.stop()).catch(() => {});
	names.close();
});

function started(name: string, running: Parameters<typeof startRecipe>[1] = {}): Promise<RunningExample> {
	const recipe = recipes.get(name) ?? startRecipe(name, running);
	recipes.set(name, recipe);
	return recipe;
}

const RUNS = "document.querySelector('h1')?.textContent === 'It runs'";
const STYLED = "getComputedStyle(document.querySelector('h1')).color === 'rgb(0, 128, 0)'";
const shows = (text: string): string => `document.body?.innerText.includes(${JSON.stringify(text)})`;

/** The recipe, its page, how it tells that it runs, and what is done to its folder before. */
const PAGES: readonly [name: string, path: string, runs: readonly string[], prepare?: readonly (readonly string[])[]][] = [
	["EJS", "/", [RUNS, STYLED]],
	["Pug", "/", [RUNS, STYLED]],
	["Handlebars", "/", [RUNS, STYLED]],
	["Nunjucks", "/", [RUNS, STYLED]],
	["Eta", "/", [RUNS, STYLED]],
	["React", "/", [RUNS, "document.getElementById('news')?.textContent === 'It streams'"]],
	["Vue", "/", [RUNS, STYLED]],
	["Vite in development", "/", [RUNS, STYLED]],
	[
		"A built single-page app",
		"/",
		[RUNS],
		[
			["node_modules/vite/bin/vite.js", "build", "--logLevel", "error"],
			["dist/cli.js", "hash", "dist", "--out", "hashes.json"],
		],
	],
	["A framework with a policy of its own", "/", [RUNS, STYLED]],
	["Socket.IO", "/", [RUNS]],
	["Server-sent events", "/", [RUNS]],
	["Service workers", "/", [RUNS]],
	["Payments and other vendors", "/pay", [RUNS]],
	["Swagger UI", "/docs/", [shows("List all pets")]],
	["Bull Board", "/queues", [shows("No queues to display.")]],
];

describe.each(OTHERS)("in $name", ({ name: engine }) => {
	let window: Window;
	beforeAll(() => {
		window = windows.get(engine) as Window;
	});

	// One visit tells both: the only violation is that of the injected script.
	test.each(PAGES)("%s runs without a violation, an injected script does not", async (name, path, runs, prepare = []) => {
		const { origin } = await started(name, { prepare });
		const attacked = await tamper(origin, { inject: INJECTED });
		await window.open(attacked.origin + path);
		for (const one of runs) await until(window, one);
		await until(window, `${VIOLATIONS}.length > 0`);
		expect(await window.read(VIOLATIONS)).toEqual(["script-src-elem inline"]);
		expect(await window.read(HAS_INJECTED)).toBe("blocked");
	});

	test("without the policy, the injected script runs (control)", async () => {
		const { origin } = await started("EJS");
		const site = await tamper(origin, { inject: INJECTED, headers: ({ "content-security-policy": _, ...headers }) => headers });
		await window.open(`${site.origin}/`);
		expect([await window.read(HAS_INJECTED), await window.read(VIOLATIONS)]).toEqual(["1", []]);
	});

	test("Payments and other vendors: the script of the vendor is asked for, that of another site is not", async () => {
		const { origin } = await started("Payments and other vendors");
		const before = names.asked.length;
		const site = await tamper(origin, { inject: '<script src="https://evil.example/a.js"></script>' });
		await window.open(`${site.origin}/pay`);
		await until(window, `${VIOLATIONS}.length > 0`);
		// WebKit says it twice: it looks ahead for what a page will load.
		expect(new Set(await window.read<string[]>(VIOLATIONS))).toEqual(new Set(["script-src-elem https://evil.example/a.js"]));
		const asked = names.asked.slice(before);
		expect([asked.includes("js.stripe.com:443"), asked.includes("evil.example:443")]).toEqual([true, false]);
	});

	test("Apollo Server: its page asks its CDN without a violation, an injected script does not run", async () => {
		const { origin } = await started("Apollo Server");
		const before = names.asked.length;
		const attacked = await tamper(origin, { inject: INJECTED });
		await window.open(`${attacked.origin}/graphql`);
		await expect.poll(() => names.asked.slice(before)).toContain("embeddable-sandbox.cdn.apollographql.com:443");
		expect([await window.read(VIOLATIONS), await window.read(HAS_INJECTED)]).toEqual([["script-src-elem inline"], "blocked"]);
	});

	test("WebSocket and GraphQL: what is named may be asked, anything else is blocked", async () => {
		const { origin } = await started("WebSocket and GraphQL");
		const before = names.asked.length;
		const site = await tamper(origin);
		await window.open(`${site.origin}/`);
		await until(window, RUNS);
		expect(await window.read(VIOLATIONS)).toEqual(["connect-src https://elsewhere.example/"]);
		const asked = names.asked.slice(before);
		expect([asked.includes("graphql.example:443"), asked.includes("elsewhere.example:443")]).toEqual([true, false]);
	});

	test("Public assets: another site shows the public picture and not the private one", async () => {
		const { origin } = await started("Public assets");
		const site = await serveElsewhere((_req, res) => {
			res.setHeader("Content-Type", "text/html").end(`<img src="${origin}/public/logo.svg"><img src="${origin}/private/chart.svg">`);
		});
		await window.open(`${site}/`);
		expect(await window.read("[...document.images].map((image) => image.naturalWidth)")).toEqual([8, 0]);
	});

	// Not measured: under its driver, a page of Firefox that shows a PDF does not end loading.
	test.each(recipeCases.filter(([title]) => engine !== "Firefox" || !title.startsWith("PDF")))("%s", async (_title, run) => {
		await run(window, engine);
	});
});
