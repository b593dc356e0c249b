import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { launch } from "./browser.ts";
import { type RunningExample, startApp } from "./examples.ts";

export interface ServedSite {
	readonly browser: Browser;
	readonly origin: string;
}

/** Serves the built site and starts a browser, for the tests of a file. */
export function serveSite(): ServedSite {
	let browser: Browser;
	let server: RunningExample;
	beforeAll(async () => {
		browser = await launch();
		server = await startApp("scripts/serve-site.mjs", ".");
	});
	afterAll(async () => {
		await browser?.close();
		await server?.stop();
	});
	return {
		get browser() {
			return browser;
		},
		get origin() {
			return server.origin;
		},
	};
}

/** The scripts of the site have taken over the page. */
export async function untilItRuns(page: Page): Promise<void> {
	await page.waitForFunction(() => Reflect.has(document.querySelector("#app") ?? {}, "__vue_app__"));
}
