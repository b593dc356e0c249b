import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type SecureHeadersOptions, secureHeaders } from "../../src/index.ts";
import { launch } from "../support/browser.ts";

let browser: Browser;
let server: Server;
let options: SecureHeadersOptions = {};

beforeAll(async () => {
	server = createServer((req, res) =>
		secureHeaders(options)(req, res, () => void res.setHeader("Content-Type", "text/html").end("<!doctype html><title>page</title>")),
	);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	browser = await launch("--host-resolver-rules=MAP *.example 127.0.0.1");
});
afterAll(async () => {
	await browser.close();
	server.closeAllConnections();
	server.close();
});

test("over http, the console of a page on a named host has no error, and a page on localhost keeps its isolation", async () => {
	const page = await browser.newPage();
	const ignored: string[] = [];
	page.on("console", (message) => void ignored.push(/^The ([\w-]+) header has been ignored/.exec(message.text())?.[1] ?? ""));
	const { port } = server.address() as AddressInfo;
	const visit = async (host: string, secure: boolean | undefined): Promise<unknown> => {
		options = { secure, crossOriginOpenerPolicyReportOnly: true, crossOriginEmbedderPolicy: true, documentIsolationPolicyReportOnly: true };
		ignored.length = 0;
		await page.goto(`http://${host}:${port}/`);
		return [await page.evaluate(() => crossOriginIsolated), ignored.filter((name) => name !== "").sort()];
	};
	expect(await visit("app.example", false)).toEqual([false, []]);
	expect(await visit("localhost", false)).toEqual([true, []]);
	// The control: nothing says that the connection is plain, so they are sent.
	expect(await visit("app.example", undefined)).toEqual([false, ["Cross-Origin-Opener-Policy", "Document-Isolation-Policy"]]);
});
