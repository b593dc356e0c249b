import { expect, onTestFinished, test } from "vitest";
import { ENGINES, until } from "./engines.ts";
import type { Started } from "./framework.ts";
import { HAS_INJECTED, INJECTED, tamper, VIOLATIONS } from "./tampered.ts";

/** A page with `<button id="count">0</button>`, in the engines that the other rows do not start. */
export function testInOtherEngines(started: () => Started, path: string): void {
	const others = ENGINES.filter(({ name }) => name !== "Chromium");
	test.each(others)(`${path} runs in $name without a violation, and a script that was injected does not`, async ({ start }) => {
		const window = await start();
		onTestFinished(window.close);
		const site = await tamper(started().origin, { inject: INJECTED });
		await window.open(site.origin + path);
		await window.press("#count");
		await until(window, "document.getElementById('count').textContent === '1'");
		await until(window, `${VIOLATIONS}?.length > 0`);
		// One visit tells both: the only violation is that of the injected script.
		expect(await window.read(VIOLATIONS)).toEqual(["script-src-elem inline"]);
		expect(await window.read(HAS_INJECTED)).toBe("blocked");
	});
}
