import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readStore, type StoredReports } from "../../src/reports/index.ts";
import { runCommand } from "../support/cli.ts";
import { type RunningExample, startExample } from "../support/examples.ts";

const folder = mkdtempSync(join(tmpdir(), "rollout-"));
const [STORE, PATCH] = [join(folder, "reports.jsonl"), join(folder, "patch.json")];
const HEADERS = "examples/csp-rollout/headers.js";
let browser: Browser;
let env: Record<string, string>;
beforeAll(async () => {
	browser = await chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
	env = { STORE, PATCH, VENDOR_PORTS: `${await freePort()},${await freePort()}` };
});
afterAll(async () => {
	await browser.close();
	rmSync(folder, { recursive: true });
});

async function freePort(): Promise<number> {
	const server = createServer().listen(0);
	await new Promise((resolve) => server.once("listening", resolve));
	const { port } = server.address() as AddressInfo;
	await new Promise((resolve) => server.close(resolve));
	return port;
}

const WORKING = { image: 10, style: "rgb(1, 2, 3)", widget: true, inline: true, prices: { tea: 3 }, frame: "Pay here.", violations: [] };

/** What of the pages works, as a visitor has it. */
async function visit({ origin }: RunningExample): Promise<Record<string, unknown>> {
	const page = await browser.newPage();
	await page.addInitScript(() => {
		Object.assign(window, { violations: [] });
		document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => {
			(window as never as { violations: string[] }).violations.push(`${effectiveDirective} ${blockedURI.replace(/\d{4,5}/, "PORT")}`);
		});
	});
	await page.goto(origin);
	await page.waitForTimeout(300);
	const shop = await page.evaluate(() => ({
		image: (document.querySelector("#logo") as HTMLImageElement).naturalWidth,
		style: getComputedStyle(document.body).color,
		...Object.fromEntries(["widget", "inline", "prices", "violations"].map((name) => [name, (window as never as Record<string, unknown>)[name]])),
	}));
	await page.goto(`${origin}/checkout`);
	await page.waitForTimeout(300);
	const frame = await page
		.frameLocator("#pay")
		.locator("p")
		.textContent({ timeout: 1000 })
		.catch(() => "blocked");
	const more = (await page.evaluate("violations")) as readonly string[];
	await page.close();
	return { ...shop, frame, violations: [...new Set([...(shop as never as { violations: string[] }).violations, ...more])].sort() };
}

/** Starts the example, visits it, and ends it as an operator does. */
async function visitIn(mode: "report" | "enforce", files: Record<string, string>): Promise<Record<string, unknown>> {
	const example = await startExample("csp-rollout", { ...env, MODE: mode, ...files });
	try {
		return await visit(example);
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
