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
/** Milliseconds. What a page loads after it is shown has come by then, and the driver cannot say when. */
const LATE = 300;

/** The pages of a started app, in the engines that the other rows do not start. */
export function testInOtherEngines(origin: () => string, pages: readonly string[], navigating: readonly string[]): void {
	describe.each(ENGINES.filter(({ name }) => name !== "Chromium"))("in $name", ({ start }) => {
		let window: Window;
		beforeAll(async () => {
			window = await start();
		});
		afterAll(() => window?.close());

		test.each(pages)("%s runs without a violation, also where it leads, and a script that was injected does not", async (path) => {
			const site = await tamper(origin(), { inject: INJECTED });
			// One visit tells both: the only violation is that of the injected script.
			const onlyInjected = async (): Promise<void> => {
				await until(window, `${VIOLATIONS}?.length > 0`);
				await wait(LATE);
				expect(await window.read(VIOLATIONS)).toEqual(["script-src-elem inline"]);
				expect(await window.read(HAS_INJECTED)).toBe("blocked");
			};
			await window.open(site.origin + path);
			await until(window, `(${hasCounted})()`, undefined, 60_000);
			await onlyInjected();
			if (!navigating.includes(path)) return;
			await window.press("a#second");
			await until(window, IS_SECOND);
			await onlyInjected();
		});
	});
}
