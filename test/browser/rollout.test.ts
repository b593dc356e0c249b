import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readStore, type StoredReports } from "../../src/reports/index.ts";
import { launch, visit } from "../support/browser.ts";
import { runCommand } from "../support/cli.ts";
import { type RunningExample, startExample } from "../support/examples.ts";
import { freePort } from "../support/free-port.ts";

const folder = mkdtempSync(join(tmpdir(), "rollout-"));
const [STORE, PATCH] = [join(folder, "reports.jsonl"), join(folder, "patch.json")];
const HEADERS = "examples/csp-rollout/headers.js";
let browser: Browser;
let env: Record<string, string>;
beforeAll(async () => {
	browser = await launch();
	env = { STORE, PATCH, VENDOR_PORTS: `${await freePort()},${await freePort()}` };
});
afterAll(async () => {
	await browser.close();
	rmSync(folder, { recursive: true });
});

const WORKING = { image: 10, style: "rgb(1, 2, 3)", widget: true, inline: true, prices: { tea: 3 }, frame: "Pay here.", violations: [] };

/** What of the pages works, as a visitor has it. */
async function works({ origin }: RunningExample): Promise<Record<string, unknown>> {
	const shop = await visit(browser, `${origin}/`);
	await shop.page.waitForLoadState("networkidle");
	const state = await shop.page.evaluate(() => ({
		image: (document.querySelector("#logo") as HTMLImageElement).naturalWidth,
		style: getComputedStyle(document.body).color,
		...Object.fromEntries(["widget", "inline", "prices"].map((name) => [name, Reflect.get(window, name)])),
	}));
	const checkout = await visit(browser, `${origin}/checkout`);
	await checkout.page.waitForLoadState("networkidle");
	const frame = await checkout.page
		.frameLocator("#pay")
		.locator("p")
		.textContent({ timeout: 5000 })
		.catch(() => "blocked");
	const violations = [...(await shop.violations()), ...(await checkout.violations())].map((text) => text.replace(/:\d{4,5}/, ":PORT"));
	await Promise.all([shop.page.close(), checkout.page.close()]);
	return { ...state, frame, violations: [...new Set(violations)].sort() };
}

/** Starts the example, visits it, and ends it as an operator does. */
async function visitIn(mode: "report" | "enforce", files: Record<string, string>): Promise<Record<string, unknown>> {
	const example = await startExample("csp-rollout", { ...env, MODE: mode, ...files });
	try {
		return await works(example);
	} finally {
		await example.stop();
	}
}

test("a page that a policy would break works under it, with what its reports proposed and nobody edited", async () => {
	const violations = [
		"connect-src http://localhost:PORT/prices.json",
		"frame-src http://localhost:PORT",
		"img-src http://localhost:PORT/logo.svg",
		"script-src-elem http://localhost:PORT/widget.js",
		"script-src-elem inline",
		"style-src-elem http://localhost:PORT/theme.css",
	];
	// It would break the page …
	const broken = await visitIn("enforce", { PATCH: join(folder, "none.json"), STORE: join(folder, "other.jsonl") });
	expect(Object.keys(WORKING).filter((key) => JSON.stringify(broken[key]) === JSON.stringify(WORKING[key as never]))).toEqual([]);
	// … which a trial shows without breaking it.
	expect(await visitIn("report", {})).toEqual({ ...WORKING, violations });
	const stored: StoredReports = await readStore(STORE);
	expect([...new Set(stored.clusters.map(({ directive }) => directive))].sort()).toEqual([...new Set(violations.map((text) => text.split(" ", 1)[0]))]);

	const { status, stderr } = await runCommand(
		{ MODE: "enforce" },
		".",
		"suggest",
		STORE,
		"--policy",
		HEADERS,
		"--risk",
		"high",
		// Each page was visited once.
		"--least",
		"1",
		"--format",
		"json",
		"--out",
		PATCH,
	);
	expect([status, stderr]).toEqual([0, ""]);
	const { patch, replay } = JSON.parse(readFileSync(PATCH, "utf8"));
	expect(replay).toEqual({ recorded: replay.before, before: expect.toSatisfy((count: number) => count >= 7), after: 0 });
	expect(patch.routes.map(({ path }: { path: string }) => path)).toEqual(["/", "/checkout"]);

	expect(await visitIn("enforce", {})).toEqual(WORKING);
}, 60_000);
