import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { devtools } from "../../src/devtools/index.ts";
import { secureHeaders } from "../../src/index.ts";
import { launch } from "../support/browser.ts";

let browser: Browser;
const closing: (() => unknown)[] = [];
beforeAll(async () => {
	browser = await launch();
});
afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});
afterAll(() => browser.close());

interface App {
	readonly origin: string;
	readonly port: number;
	stop(): Promise<void>;
}

/** An application with devtools. The same port again is the same application after a restart. */
async function start(port = 0): Promise<App> {
	const headers = secureHeaders({ contentSecurityPolicy: { directives: { imgSrc: ["'self'"] } }, onEvent: () => {} });
	const app = express();
	app.use(headers as never);
	app.use(devtools(headers, { terminal: false, inject: true, views: [] }) as never);
	app.get("/", (_req, res) => void res.type("html").send('<!doctype html><title>home</title><img src="https://img.example/a.png">'));
	app.get("/second", (_req, res) => void res.type("html").send('<!doctype html><title>second</title><img src="https://img.example/b.png">'));
	app.get(
		"/pay",
		headers.extend({ contentSecurityPolicy: { directives: { connectSrc: ["https://api.pay.example"] } } }) as never,
		(_req, res) => void res.send("pay"),
	);
	const server: Server = createServer(app as never);
	await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
	const stop = async (): Promise<void> => {
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	};
	closing.push(stop);
	const used = (server.address() as AddressInfo).port;
	return { origin: `http://127.0.0.1:${used}`, port: used, stop };
}

/** Opens the page of devtools, and waits until it follows the server. Fails the test for an error or a violation on it. */
async function open(
	{ origin }: App,
	options: Parameters<Browser["newContext"]>[0] = {},
): Promise<{ readonly page: Page; readonly context: BrowserContext; problems(): readonly string[] }> {
	const context = await browser.newContext(options);
	closing.push(() => context.close());
	context.setDefaultTimeout(10_000);
	const page = await context.newPage();
	const problems: string[] = [];
	page.on("pageerror", (error) => problems.push(error.message));
	page.on("console", (message) => {
		if (message.type() === "error" && !/ERR_CONNECTION|ERR_EMPTY|ERR_INCOMPLETE/.test(message.text())) problems.push(message.text());
	});
	page.on("dialog", (dialog) => {
		problems.push(`dialog ${dialog.message()}`);
		void dialog.dismiss();
	});
	await page.goto(`${origin}/__headguard`);
	await page.waitForSelector(".status.live");
	return { page, context, problems: () => problems };
}

async function browse(context: BrowserContext, url: string): Promise<void> {
	const page = await context.newPage();
	await page.goto(url);
	await page.close();
}

interface Report {
	readonly blocked?: string;
	readonly document?: string;
	readonly directive?: string;
	readonly sample?: string;
	readonly disposition?: string;
	readonly source?: string;
}

/** Sends what a browser would report. */
async function report(
	{ origin }: App,
	{ blocked = "https://img.example/a.png", document = `${origin}/`, directive = "img-src", sample = "", disposition = "enforce", source = "" }: Report,
): Promise<void> {
	const body = {
		"effective-directive": directive,
		"violated-directive": directive,
		"blocked-uri": blocked,
		"document-uri": document,
		"script-sample": sample,
		"source-file": source,
		disposition,
	};
	const { status } = await fetch(`${origin}/__headguard/reports`, {
		method: "POST",
		headers: { "content-type": "application/csp-report" },
		body: JSON.stringify({ "csp-report": body }),
	});
	expect(status).toBe(204);
}

const titles = (page: Page): Promise<readonly string[]> => page.locator("#findings .card:not([hidden]) h3").allTextContents();

test("what a page of the application has blocked appears at once, and one fix for two pages is one card", async () => {
	const app = await start();
	const { page, context, problems } = await open(app);
	expect(await page.locator("#findings-empty").textContent()).toContain("No page has been opened yet.");
	await browse(context, `${app.origin}/`);
	await page.waitForSelector("text=The image https://img.example/a.png");
	const card = page.locator("#findings .card");
	expect(await card.locator(".plus .text").textContent()).toBe(
		'app.all("/", headers.extend({ contentSecurityPolicy: { directives: { imgSrc: ["https://img.example"] } } }));',
	);
	expect(await card.locator(".where").textContent()).toContain("/");
	expect(await card.locator(".opens").textContent()).toMatch(/^This also allows: img\.example: /);
	await browse(context, `${app.origin}/second`);
	await page.waitForSelector("text=/Also/");
	expect(await titles(page)).toEqual(["the image https://img.example/a.png"]);
	await card.locator(".change > summary").click();
	expect(await card.locator(".diff ins").allTextContents()).toEqual(["added: https://img.example"]);
	expect(await card.locator(".diff .name").allTextContents()).toEqual(["img-src"]);
	const times = await card.locator(".times").textContent();
	await report(app, {});
	await page.waitForFunction((before) => document.querySelector("#findings .times")?.textContent !== before, times);
	expect(await page.title()).toBe("(1) headguard");
	expect(problems()).toEqual([]);
});

describe("hostile reports", () => {
	const MARKUP = `<img src=x onerror="alert(1)"><script>alert(2)</script>`;
	test.each<[name: string, given: Report, expected: string]>([
		["markup", { blocked: "inline", directive: "script-src-elem", sample: MARKUP, source: `https://x.example/${MARKUP}` }, "inline script"],
		["markup in the directive", { directive: MARKUP }, "<img"],
		["an address with markup", { blocked: `https://x.example/${MARKUP}`, directive: "script-src-elem" }, "x.example"],
		["characters that turn the text around", { blocked: "https://img.example/\u202egnp.exe", directive: "img-src" }, "img.example"],
		["escapes of a terminal", { blocked: "https://img.example/a\u001b[2J\u001b]0;x\u0007", directive: "img-src" }, "img.example"],
		["names of Object.prototype", { blocked: "__proto__", directive: "constructor", document: "__proto__" }, "constructor"],
	])("%s are text", async (_name, given, expected) => {
		const app = await start();
		const { page, problems } = await open(app);
		await report(app, given);
		await page.waitForSelector("#findings .card.blocked");
		const shown = (await page.locator("#findings").textContent()) ?? "";
		expect(shown).toContain(expected);
		expect(shown).not.toMatch(/[\u001b\u0007\u202e]/);
		expect(await page.locator("#findings img, #findings script, #findings a").count()).toBe(0);
		expect(problems()).toEqual([]);
	});

	test("a text of any length is cut, and can be shown", async () => {
		const app = await start();
		const { page, problems } = await open(app, { viewport: { width: 390, height: 800 } });
		const state = await (await fetch(`${app.origin}/__headguard/state.json`)).json();
		const long = `${"x".repeat(500_000)}<b>${"\u202e".repeat(100_000)}`;
		const short = long.slice(0, 20_000);
		const finding = {
			id: "1",
			kind: "blocked",
			rule: short,
			title: long,
			page: short,
			place: { file: short, line: 1, column: 1 },
			fix: [{ sign: "+", text: long }],
			why: long,
			opens: short,
			change: { header: short, before: short, after: `${short}y` },
			count: 1,
			last: Date.now(),
		};
		await page.route("**/state.json", (route) => route.fulfill({ json: { ...state, findings: [finding] } }));
		await page.reload();
		await page.waitForSelector("#findings .card");
		expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), "no sideways scrolling").toBe(0);
		expect((await page.locator("#findings h3").textContent())?.length).toBeLessThan(300);
		await page.locator("#findings h3 .more").click();
		expect((await page.locator("#findings h3").textContent())?.length).toBeGreaterThan(1_000_000);
		expect(await page.locator("#findings h3 .more").getAttribute("aria-expanded")).toBe("true");
		expect(problems()).toEqual([]);
	});
});

test("Copy puts the lines to add on the clipboard, with the permission and without it", async () => {
	const app = await start();
	const { page, context } = await open(app);
	await browse(context, `${app.origin}/`);
	const copy = page.locator("#findings .copy");
	const line = 'app.all("/", headers.extend({ contentSecurityPolicy: { directives: { imgSrc: ["https://img.example"] } } }));';
	expect(await copy.getAttribute("aria-label")).toBe("Copy the fix of the image https://img.example/a.png");
	await context.grantPermissions(["clipboard-read", "clipboard-write"]);
	for (const without of [false, true]) {
		if (without) await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
		await page.evaluate(() => {
			Reflect.set(window, "copied", "");
			document.addEventListener("copy", () => Reflect.set(window, "copied", (document.activeElement as HTMLTextAreaElement).value), { once: true });
		});
		await copy.click();
		await page.waitForSelector("#findings .copy:text-is('Copied')");
		expect(await page.evaluate((isFallback) => (isFallback ? Reflect.get(window, "copied") : navigator.clipboard.readText()), without)).toBe(line);
		await page.waitForSelector("#findings .copy:text-is('Copy')");
	}
});

test("the filters show and hide each kind, and tell how many there are", async () => {
	const app = await start();
	const { page } = await open(app);
	await report(app, {});
	await report(app, { disposition: "report", blocked: "https://font.example/a", directive: "font-src" });
	await page.waitForSelector("#findings .card.reported");
	expect(await titles(page)).toEqual(["the font https://font.example/a", "the image https://img.example/a.png"]);
	const filter = page.getByRole("button", { name: "Would block 1" });
	expect(await filter.getAttribute("aria-pressed")).toBe("true");
	await filter.click();
	expect(await titles(page)).toEqual(["the image https://img.example/a.png"]);
	await page.getByRole("button", { name: "Blocked 1", exact: true }).click();
	expect(await page.locator("#findings-empty").textContent()).toContain("The filters hide");
	await filter.click();
	expect(await titles(page)).toEqual(["the font https://font.example/a"]);
	expect(await page.locator("#findings-empty").isHidden()).toBe(true);
});

test("a search finds words anywhere on a card, from the keyboard, and Clear empties every page", async () => {
	const app = await start();
	const { page, problems } = await open(app);
	const { page: second } = await open(app);
	await report(app, {});
	await report(app, { blocked: "https://font.example/a", directive: "font-src" });
	await page.waitForSelector("text=The font https://font.example/a");
	await page.keyboard.press("/");
	expect(await page.evaluate(() => document.activeElement?.id)).toBe("search");
	await page.keyboard.type("font-src FONT.example");
	expect(await titles(page)).toEqual(["the font https://font.example/a"]);
	expect(await page.locator("#found").textContent()).toBe("1 of 2 found");
	await report(app, { blocked: "https://img.example/b.png" });
	await page.waitForSelector("text=1 of 3 found");
	await page.keyboard.type("<b>/ nowhere");
	expect(await page.locator("#findings-empty").textContent()).toBe("Nothing has these words.The search and the filters hide 3 entries.Clear the search");
	await page.getByRole("button", { name: "Clear the search" }).click();
	expect([await titles(page), await page.locator("#found").textContent()]).toEqual([expect.arrayContaining(["the font https://font.example/a"]), ""]);
	await page.keyboard.type("img");
	await page.keyboard.press("Escape");
	expect(await page.inputValue("#search")).toBe("");
	await page.keyboard.press("Tab");
	expect(await page.evaluate(() => document.activeElement?.id)).toBe("clear");
	await page.keyboard.press("Enter");
	for (const one of [page, second]) await one.waitForFunction(() => document.querySelectorAll("#findings .card").length === 0);
	expect(await page.locator("#found").textContent()).toContain("Cleared.");
	expect(await page.title()).toBe("headguard");
	await report(app, {});
	await second.waitForSelector("#findings .card");
	expect(await second.locator("#findings .times").textContent()).toBe("once");
	expect(problems()).toEqual([]);
});

test("the keyboard reaches and opens everything", async () => {
	const app = await start();
	const { page } = await open(app);
	await browse(page.context(), `${app.origin}/pay`);
	await page.keyboard.press("Tab");
	expect(await page.evaluate(() => document.activeElement?.className)).toBe("skip");
	await page.keyboard.press("Tab");
	expect(await page.evaluate(() => document.activeElement?.id)).toBe("tab-blocked");
	await page.keyboard.press("ArrowRight");
	expect(await page.locator("#tab-policies").getAttribute("aria-selected")).toBe("true");
	expect(await page.evaluate(() => getComputedStyle(document.activeElement as Element).outlineStyle)).toBe("solid");
	expect(await page.locator("#panel-policies").isVisible()).toBe(true);
	await page.waitForSelector(".routes button");
	await page.keyboard.press("Tab");
	expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("GET/pay200");
	await page.keyboard.press("Enter");
	await page.locator(".directive > summary").first().focus();
	await page.keyboard.press("Enter");
	expect(await page.locator(".directive").first().getAttribute("open")).toBe("");
	await page.locator("#tab-policies").focus();
	await page.keyboard.press("End");
	expect(await page.evaluate(() => location.hash)).toBe("#audit");
	await page.keyboard.press("ArrowRight");
	expect(await page.locator("#tab-blocked").getAttribute("aria-selected")).toBe("true");
});

test("the policy of a route is in plain words, with who set each part", async () => {
	const app = await start();
	const { page, context, problems } = await open(app);
	await browse(context, `${app.origin}/pay`);
	await page.click("#tab-policies");
	await page.waitForSelector("text=Connections that scripts make: only to this site or to https://api.pay.example.");
	const directive = page.locator(".directive", { hasText: "connect-src" });
	await directive.locator("summary").click();
	expect(await directive.locator("li").allTextContents()).toEqual([
		"'self'The site's own origin: the same scheme, host and port.set by policy",
		"https://api.pay.exampleTo https://api.pay.example.set by route /pay",
	]);
	await browse(context, `${app.origin}/`);
	await page.waitForSelector(".routes button >> nth=1");
	expect(await directive.getAttribute("open"), "what was open stays open").toBe("");
	await page.click("#tab-missed");
	expect(await page.locator("#missed").textContent()).toContain("Every response had the policy.");
	expect(problems()).toEqual([]);
});

test("after a restart of the server, the page keeps what it knew, once, and goes on", async () => {
	const app = await start();
	const { page, problems } = await open(app);
	await report(app, {});
	await report(app, { blocked: "https://font.example/a", directive: "font-src" });
	await page.waitForSelector("text=The font https://font.example/a");
	await app.stop();
	await page.waitForSelector(".status.lost");
	const again = await start(app.port);
	await page.waitForSelector(".status.live", { timeout: 20_000 });
	expect(await titles(page)).toEqual(["the font https://font.example/a", "the image https://img.example/a.png"]);
	expect(await page.locator(".old:visible").count()).toBe(2);
	await report(again, {});
	await page.waitForFunction(() => [...document.querySelectorAll(".card.before")].length === 1);
	expect(await titles(page), "the same finding has the same card").toEqual(["the font https://font.example/a", "the image https://img.example/a.png"]);
	expect(await page.locator(".old:visible").count()).toBe(1);
	await page.click("#tab-audit");
	await page.getByRole("button", { name: "Run the audit" }).click();
	await page.waitForSelector("text=/^Done at/", { timeout: 30_000 });
	expect(problems()).toEqual([]);
});

test("the audit runs, and its report is in a frame", async () => {
	const app = await start();
	const { page } = await open(app);
	await page.click("#tab-audit");
	await page.getByRole("button", { name: "Run the audit" }).click();
	const frame = page.frameLocator("iframe[title='Report of the audit']");
	expect(await frame.locator("h1").textContent({ timeout: 30_000 })).toBe("Security headers");
	await page.getByRole("button", { name: "Run it again" }).waitFor();
});

test.each([
	["light", 390],
	["dark", 390],
	["light", 1280],
	["dark", 1280],
] as const)("%s at %i pixels: texts can be read and nothing scrolls sideways", async (colorScheme, width) => {
	const app = await start();
	const { page, context, problems } = await open(app, { colorScheme, viewport: { width, height: 800 }, reducedMotion: "reduce" });
	await browse(context, `${app.origin}/pay`);
	await report(app, { blocked: `https://img.example/${"long".repeat(60)}.png` });
	await page.waitForSelector("#findings .card");
	for (const tab of ["blocked", "policies", "missed", "audit"]) {
		await page.click(`#tab-${tab}`);
		expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), tab).toBe(0);
		expect(await page.evaluate(faint), tab).toEqual([]);
	}
	expect(problems()).toEqual([]);
});

/** The texts whose contrast with what is behind them is below 4.5 (WCAG 2.2, 1.4.3). Runs in the page. */
function faint(): readonly string[] {
	const channels = (color: string): readonly number[] => (color.match(/[\d.]+/g) ?? []).map(Number);
	const light = (color: string): number => {
		const [red = 0, green = 0, blue = 0] = channels(color).map((value) =>
			value / 255 <= 0.040_45 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
		);
		return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
	};
	const behind = (element: Element | null): string => {
		if (element === null) return "rgb(255, 255, 255)";
		const { backgroundColor } = getComputedStyle(element);
		return channels(backgroundColor)[3] === 0 ? behind(element.parentElement) : backgroundColor;
	};
	return [...document.querySelectorAll("body *")].flatMap((element) => {
		const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && (node.textContent ?? "").trim() !== "");
		if (!hasText || element.closest("[hidden], .hidden, noscript") !== null || element.getClientRects().length === 0) return [];
		const [one, other] = [light(getComputedStyle(element).color), light(behind(element))];
		const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
		return contrast < 4.5 ? [`${element.className || element.localName} ${contrast.toFixed(2)}: ${element.textContent?.slice(0, 40)}`] : [];
	});
}
