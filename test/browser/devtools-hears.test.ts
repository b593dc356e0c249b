import { createServer, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import express from "express";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { devtools } from "../../src/devtools/index.ts";
import { getNonce, secureHeaders } from "../../src/index.ts";
import { launch } from "../support/browser.ts";
import { CERTIFICATE } from "../support/certificate.ts";

/* docs/devtools.md has this table: what devtools hears of a real browser, by reports alone and with the probe. */

let browser: Browser;
beforeAll(async () => {
	browser = await launch("--ignore-certificate-errors", "--short-reporting-delay");
});
afterAll(async () => {
	await browser?.close();
});

const servers: Server[] = [];
afterEach(() => {
	vi.restoreAllMocks();
	for (const server of servers.splice(0)) {
		server.closeAllConnections();
		server.close();
	}
});

/** What a page does, and what is written if devtools hears of it. */
const CASES: readonly (readonly [name: string, path: string, written: RegExp])[] = [
	["inline code", "/inline", /blocked an inline script/],
	["an address", "/image", /blocked the image https:\/\/img\.example\/a\.png/],
	["a feature", "/feature", /blocked the feature geolocation/],
	["a popup", "/popup", /blocked the popup .*lost its opener/],
	["a file without CORP", "/embedded", /blocked .*\/image\.svg on \/embedded \[corp\]/],
	["a script with another type", "/typed", /blocked \/typed\.js, which is not a script/],
	["a file that another site loads", "/elsewhere", /blocked \/own\.png, loaded by another site/],
];

async function listen(secure: boolean, inject: boolean): Promise<string> {
	const app = express();
	const headers = secureHeaders({ secure });
	app.use(headers);
	app.use(devtools(headers, { inject }));
	const other = express();
	other.get("/image.svg", (_req, res) => void res.type("svg").send('<svg xmlns="http://www.w3.org/2000/svg"/>'));
	const otherPort = await started(createServer(other));
	let ownPort = 0;
	other.get("/shows", (_req, res) => void res.send(`<img src="${secure ? "https" : "http"}://localhost:${ownPort}/own.png">`));
	const send = (path: string, body: string, script = ""): void => {
		app.get(path, (_req, res) => void res.send(`<!doctype html><head></head>${body}<script nonce="${getNonce(res)}">${script}</script>`));
	};
	send("/inline", "<script>blocked()</script>");
	send("/image", '<img src="https://img.example/a.png">');
	send("/feature", "", "navigator.geolocation.getCurrentPosition(() => {}, () => {})");
	send(
		"/popup",
		'<button id="open">open</button>',
		`document.getElementById("open").onclick = () => { window.open("http://127.0.0.1:${otherPort}/image.svg") }`,
	);
	app.use("/embedded", headers.extend({ crossOriginEmbedderPolicy: "require-corp", contentSecurityPolicy: { directives: { imgSrc: ["*"] } } }));
	send("/embedded", `<img src="http://127.0.0.1:${otherPort}/image.svg">`);
	app.get("/typed.js", (_req, res) => void res.type("html").send("not found"));
	send("/typed", '<script src="/typed.js"></script>');
	app.get("/own.png", (_req, res) => void res.type("png").send("x"));
	send("/elsewhere", "", `location = "http://127.0.0.1:${otherPort}/shows"`);
	ownPort = await started(secure ? (createHttpsServer(CERTIFICATE, app) as unknown as Server) : createServer(app));
	return `${secure ? "https" : "http"}://localhost:${ownPort}`;
}

async function started(server: Server): Promise<number> {
	servers.push(server);
	await new Promise<void>((done) => server.listen(0, done));
	return (server.address() as AddressInfo).port;
}

/** The cases that devtools hears of. */
async function heard(secure: boolean, inject: boolean): Promise<readonly string[]> {
	let written = "";
	vi.spyOn(process.stderr, "write").mockImplementation((text) => {
		written += String(text);
		return true;
	});
	const origin = await listen(secure, inject);
	const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
	for (const [, path] of CASES) {
		await page.goto(origin + path);
		if (path === "/popup") await page.click("#open");
		await page.waitForTimeout(path === "/popup" ? 1500 : 500);
	}
	await page.waitForTimeout(2500);
	await page.context().close();
	// What a report and the probe both tell is written once.
	expect((written.match(/lost its opener/g) ?? []).length).toBeLessThanOrEqual(1);
	return CASES.filter(([, , pattern]) => pattern.test(written)).map(([name]) => name);
}

describe("Chromium", () => {
	test.each([
		[false, false, ["inline code", "an address", "a script with another type", "a file that another site loads"]],
		[false, true, CASES.map(([name]) => name)],
		[true, false, CASES.map(([name]) => name)],
		[true, true, CASES.map(([name]) => name)],
	])(
		"https: %s, probe: %s",
		async (secure, inject, expected) => {
			expect(await heard(secure, inject)).toEqual(expected);
		},
		60_000,
	);
});
