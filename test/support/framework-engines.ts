import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ENGINES, until, type Window } from "./engines.ts";
import { HAS_INJECTED, INJECTED, tamper, VIOLATIONS } from "./tampered.ts";

/** Runs in the page, and clicks its button until that has counted: then the page runs. */
export function hasCounted(): boolean {
	const button = document.querySelector<HTMLElement>("#count");
	if (button === null) return false;
	if (Number(button.textContent) > 0) return true;
	button.click();
	return false;
}

const IS_SECOND = "[...document.querySelectorAll('h1')].some(({ textContent }) => textContent.trim() === 'Second page')";
/** That of the answer, and those that a prerendered page has in itself: each of them tells of the script. */
const POLICIES = "1 + document.querySelectorAll('meta[http-equiv=content-security-policy i]').length";
/** Milliseconds. What a page loads after it is shown has come by then, and the driver cannot say when. */
const LATE = 300;

/** The pages of a started app, in the engines that the other rows do not start. */
export function testInOtherEngines(origin: () => string, pages: readonly string[], navigating: readonly string[]): void {
	describe.each(ENGINES.filter(({ name }) => name !== "Chromium"))("in $name", ({ start }) => {
		let window: Window;
		beforeAll(async () => {
			window = await start(undefined, true);
		});
		afterAll(() => window?.close());

		test.each(pages)("a script that was injected into %s is the only one that does not run", async (path) => {
			const site = await tamper(origin(), { inject: INJECTED });
			await window.open(site.origin + path);
			await until(window, `(${hasCounted})()`, undefined, 60_000);
			await until(window, `${VIOLATIONS}.length > 0`);
			const policies = await window.read<number>(POLICIES);
			expect(await window.read(VIOLATIONS)).toEqual(Array.from({ length: policies }, () => "script-src-elem inline"));
			expect(await window.read(HAS_INJECTED)).toBe("blocked");
		});

		test.each(navigating)("navigation from %s to the second page raises no violation", async (path) => {
			const site = await tamper(origin());
			await window.open(site.origin + path);
			await until(window, `(${hasCounted})()`, undefined, 60_000);
			await window.press("a#second");
			await until(window, IS_SECOND);
			await wait(LATE);
			expect(await window.read(VIOLATIONS)).toEqual([]);
		});
	});
}
