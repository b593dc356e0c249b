import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch } from "../support/browser.ts";
import { type RunningExample, startApp } from "../support/examples.ts";
import { freePort } from "../support/free-port.ts";

/* The example is broken on purpose. The test does what the terminal says, text by text, until nothing is blocked. */

let browser: Browser;
let folder: string;

beforeAll(async () => {
	browser = await launch();
	folder = mkdtempSync(join(tmpdir(), "headguard-devtools-"));
	cpSync("examples/devtools", folder, { recursive: true });
	mkdirSync(join(folder, "node_modules"));
	for (const name of ["express", "ejs"]) symlinkSync(resolve("node_modules", name), join(folder, "node_modules", name));
	symlinkSync(resolve("."), join(folder, "node_modules", "headguard"));
	writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
});
afterAll(async () => {
	await browser?.close();
	rmSync(folder, { recursive: true, force: true });
});

test("the example comes to zero violations under the default policy by the fixes that the terminal prints", async () => {
	const env = { PARTNER_PORT: String(await freePort()), NODE_ENV: "development", NO_COLOR: "1" };
	const first = await walk(env);
	expect(first.findings.map(({ title }) => title.replace(/ on \/.*$/, "")).sort()).toEqual([
		`a javascript: address (href of <a>)`,
		`a style attribute (style of <p>)`,
		`an event handler (onclick of <button>)`,
		`an inline script`,
		`an inline style`,
		`the connection to ws://127.0.0.1:${env.PARTNER_PORT}/stock`,
		`the feature geolocation`,
		`the form to ${first.origin}/pay`,
		`the frame http://127.0.0.1:${env.PARTNER_PORT}/`,
		`the image http://127.0.0.1:${env.PARTNER_PORT}/logo.svg`,
		`the popup http://127.0.0.1:${env.PARTNER_PORT}/login, which lost its opener`,
		`the script https://js.stripe.com/v3/`,
		`the worker blob`,
	]);
	expect(first.seen).toEqual({
		greeting: "No script ran.",
		colour: "rgb(0, 0, 0)",
		bought: undefined,
		stock: "No connection.",
		place: "Geolocation has been disabled in this document by permissions policy.",
		worker: "No worker.",
		compared: undefined,
		login: "Signed out.",
		paid: "Checkout",
	});
	// Each finding of a template or script names the line.
	expect(first.findings.flatMap(({ place }) => place ?? []).length).toBeGreaterThanOrEqual(11);
	for (const finding of first.findings) apply(finding);
	const second = await walk(env);
	expect(second.findings).toEqual([]);
	expect(second.seen).toEqual({
		greeting: "The script ran.",
		colour: "rgb(102, 51, 153)",
		bought: "yes",
		stock: "Connected.",
		place: "User denied Geolocation",
		worker: "working",
		compared: "yes",
		login: "signed in",
		paid: "Paid",
	});
	// The policy is still enforced, and no list of scripts allows all inline code.
	expect(second.policies.length).toBe(4);
	for (const policy of second.policies) {
		expect(policy).toContain("default-src 'self'");
		expect(policy).not.toContain("unsafe");
	}
}, 120_000);

/** A finding as the terminal shows it. */
interface Printed {
	readonly title: string;
	readonly place: string | undefined;
	readonly removed: readonly string[];
	readonly added: readonly string[];
}

async function walk(
	env: Readonly<Record<string, string>>,
): Promise<{ origin: string; findings: readonly Printed[]; seen: unknown; policies: readonly string[] }> {
	const app = await startApp(join(folder, "app.js"), folder, env);
	try {
		const policies: string[] = [];
		const page = await browser.newPage();
		page.on("response", (response) => {
			const policy = response.headers()["content-security-policy"];
			if (response.request().isNavigationRequest() && response.frame() === page.mainFrame() && policy !== undefined) policies.push(policy);
		});
		const seen = await use(page, app.origin);
		await page.close();
		await settled(app);
		return { origin: app.origin, findings: printed(app.complained()), seen, policies };
	} finally {
		await app.stop();
	}
}

/** Uses the shop as a customer would. */
async function use(page: Page, origin: string) {
	await page.goto(`${origin}/`);
	await page.click("button");
	const home = await page.evaluate(() => ({
		greeting: document.getElementById("greeting")?.textContent,
		colour: getComputedStyle(document.querySelectorAll("p")[1] as Element).color,
		bought: document.body.dataset["bought"],
	}));
	await page.goto(`${origin}/shop/7`);
	await page.click("text=Compare");
	await page.waitForTimeout(1000);
	const product = await page.evaluate(() => ({
		stock: document.getElementById("stock")?.textContent,
		place: document.getElementById("place")?.textContent,
		worker: document.getElementById("worker")?.textContent,
		compared: document.body.dataset["compared"],
	}));
	await page.goto(`${origin}/checkout`, { waitUntil: "domcontentloaded" });
	await page.click("#sign-in");
	await page.waitForTimeout(2000);
	const login = await page.textContent("#login");
	await page.click("form button");
	await page.waitForTimeout(1000);
	return { ...home, ...product, login, paid: await page.title() };
}

/** Reports arrive a little later than what they are about. */
async function settled(app: RunningExample): Promise<void> {
	for (let before = -1, now = 0; before !== now; before = now, now = app.complained().length) await new Promise((done) => setTimeout(done, 500));
}

function printed(text: string): readonly Printed[] {
	return text
		.split(/^headguard: /m)
		.filter((block) => block.startsWith("blocked "))
		.map((block) => {
			const [head = "", ...lines] = block.trimEnd().split("\n");
			const marked = (sign: string): readonly string[] => lines.filter((line) => line.startsWith(`  ${sign} `)).map((line) => line.slice(4));
			return {
				title: head.slice("blocked ".length).replace(/ \[[^\]]*\]$/, ""),
				place: lines.find((line) => /^ {2}[\w./-]+:\d+(?::\d+)?$/.test(line))?.trim(),
				removed: marked("-"),
				added: marked("+"),
			};
		});
}

/** Does what a finding says: replaces the lines of the template, or adds to the application after devtools. */
function apply({ place, removed, added }: Printed): void {
	expect(added).not.toEqual([]);
	const file = join(folder, removed.length > 0 ? (place ?? "").replace(/:.*$/, "") : "app.js");
	const lines = readFileSync(file, "utf8").split("\n");
	if (removed.length > 0) {
		const at = lines.findIndex((_, i) => removed.every((line, j) => lines[i + j]?.trim() === line));
		expect(at, `${removed.join("\n")} in ${place}`).toBeGreaterThanOrEqual(0);
		lines.splice(at, removed.length, ...added);
	} else {
		const imports = added.filter((line) => line.startsWith("import "));
		lines.unshift(...imports);
		lines.splice(lines.findIndex((line) => line.startsWith("app.use(devtools(")) + 1, 0, ...added.filter((line) => !line.startsWith("import ")));
	}
	writeFileSync(file, lines.join("\n"));
}
