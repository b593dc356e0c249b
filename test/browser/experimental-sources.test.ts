import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { csp } from "../../src/index.ts";
import { launch } from "../support/browser.ts";
import { ENGINES, until } from "../support/engines.ts";
import { headersOf } from "../support/policy.ts";

/** Each script writes its name into `data-ran` of the page. */
const SCRIPTS: Readonly<Record<string, string>> = {
	"/a.js": "ran('a')",
	"/other.js": "ran('other')",
	"/adds.js": "ran('adds'); const s = document.createElement('script'); s.src = '/a.js'; document.body.append(s)",
	"/eval.js": "for (const code of ['1+1', '1+2']) try { eval(code); ran(code) } catch {}",
};

let origin = "";
let policy = "";
let markup = "";
const server = createServer(({ url = "" }, res) => {
	const script = SCRIPTS[url];
	if (script !== undefined)
		return res.setHeader("Content-Type", "text/javascript").end(`{ const ran = (name) => document.documentElement.dataset.ran += name + ' '; ${script} }`);
	res.setHeader("Content-Type", "text/html").setHeader("Content-Security-Policy", policy);
	return res.end(`<!doctype html><html data-ran=" "><title>page</title><body>${markup}<p id="end">`);
});
beforeAll(async () => {
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	origin = `http://localhost:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

const tag = (...paths: readonly string[]): string => paths.map((path) => `<script src="${path}"></script>`).join("");
const url = (path: string): string => csp.urlHash("sha256", origin + path);

/** Script sources, the page, and what runs: behind the flag, and without it. Each row has its control beside it. */
const CASES: readonly (readonly [title: string, sources: () => string, markup: string, flagged: string, plain: string])[] = [
	["control: no source", () => "'none'", tag("/a.js"), "", ""],
	["control: the host", () => "'self'", tag("/a.js", "/other.js"), "a other", "a other"],
	["the hash of an address matches behind the flag only", () => url("/a.js"), tag("/a.js", "/other.js"), "a", ""],
	["the hash of a path does too", () => csp.urlHash("sha512", "/a.js"), tag("/a.js", "/other.js"), "a", ""],
	["next to it the host counts for nothing, with or without the flag", () => `'self' ${url("/a.js")}`, tag("/a.js", "/other.js"), "a", ""],
	["a nonce next to it counts", () => `'nonce-abc' ${url("/a.js")}`, `<script nonce="abc" src="/other.js"></script>`, "other", "other"],
	["control: a script adds another one", () => url("/adds.js"), tag("/adds.js"), "adds", ""],
	["'strict-dynamic-url' lets it", () => `${url("/adds.js")} 'strict-dynamic-url'`, tag("/adds.js"), "adds a", ""],
	["control: eval", () => "'self'", tag("/eval.js"), "", ""],
	["control: eval of everything", () => "'self' 'unsafe-eval'", tag("/eval.js"), "1+1 1+2", "1+1 1+2"],
	["the hash of code lets eval run it behind the flag only", () => `'self' ${csp.evalHash("sha256", "1+1")}`, tag("/eval.js"), "1+1", ""],
	["next to it 'unsafe-eval' counts for nothing", () => `'self' 'unsafe-eval' ${csp.evalHash("sha384", "1+1")}`, tag("/eval.js"), "1+1", ""],
];

describe.each([
	["behind the flag", ["--enable-experimental-web-platform-features"], 3],
	["without the flag", [], 4],
] as const)("Chromium %s", (_title, flags, column) => {
	let browser: Browser;
	beforeAll(async () => {
		browser = await launch(...flags);
	});
	afterAll(() => browser.close());

	test.each(CASES)("%s", async (...row) => {
		const { ran, console } = await ranIn(browser, `script-src ${row[1]()}`, row[2]);
		expect(ran).toBe(row[column]);
		expect(console.filter((line) => line.includes("invalid source"))).toEqual([]);
	});

	test("it says of a word that it does not know, and of a directive, which headguard lets through by name only", async () => {
		const contentSecurityPolicy = {
			useDefaults: false,
			directives: { scriptSrc: [csp.self, csp.raw("'brand-new'")] },
			allowUnknownDirectives: { "brand-new-src": [csp.none] },
		};
		const { ran, console } = await ranIn(browser, headersOf({ contentSecurityPolicy })["Content-Security-Policy"] ?? "", tag("/a.js"));
		expect(ran).toBe("a");
		expect(console.filter((line) => /invalid source: ''brand-new''|Unrecognized Content-Security-Policy directive 'brand-new-src'/.test(line))).toHaveLength(2);
	});
});

describe.each(ENGINES.filter(({ name }) => name !== "Chromium").map(({ name, start }) => [name, start] as const))("%s", (_name, start) => {
	test("ignores all three, and heeds the host and 'unsafe-eval' next to them", async () => {
		const window = await start();
		try {
			policy = `script-src 'self' 'unsafe-eval' 'strict-dynamic-url' ${url("/other.js")} ${csp.evalHash("sha256", "1+1")}`;
			markup = tag("/a.js", "/eval.js");
			await window.open(`${origin}/`);
			await until(window, "document.querySelector('#end')");
			expect((await window.read<string>("document.documentElement.dataset.ran")).trim()).toBe("a 1+1 1+2");
			policy = `script-src ${url("/a.js")} ${csp.evalHash("sha256", "1+1")}`;
			await window.open(`${origin}/?2`);
			await until(window, "document.querySelector('#end')");
			expect((await window.read<string>("document.documentElement.dataset.ran")).trim()).toBe("");
		} finally {
			await window.close();
		}
	});
});

async function ranIn(browser: Browser, text: string, page: string): Promise<{ readonly ran: string; readonly console: readonly string[] }> {
	policy = text;
	markup = page;
	const tab = await browser.newPage();
	const console: string[] = [];
	tab.on("console", (message) => void console.push(message.text()));
	await tab.goto(`${origin}/`, { waitUntil: "networkidle" });
	const ran = (await tab.evaluate<string | undefined>("document.documentElement.dataset.ran"))?.trim() ?? "";
	await tab.close();
	return { ran, console };
}
