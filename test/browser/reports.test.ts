import { createServer, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import express from "express";
import type { Browser } from "playwright-core";
import { afterAll, expect, test } from "vitest";
import { secureHeaders } from "../../src/index.ts";
import { collectReports, type ReportRecord } from "../../src/reports/index.ts";
import { launch } from "../support/browser.ts";
import { CERTIFICATE, SPKI } from "../support/certificate.ts";

const closing: { close(): unknown }[] = [];
afterAll(async () => {
	for (const one of closing) await one.close();
});

/** A page with a script that its policy blocks, and where its reports go. */
async function serve(secure: boolean): Promise<{ readonly port: number; readonly records: ReportRecord[] }> {
	const records: ReportRecord[] = [];
	const app = express();
	app.use("/_reports", collectReports({ onReport: (more) => void records.push(...more) }) as never);
	app.use(secureHeaders({ reporting: { endpoint: "/_reports" }, secure }) as never);
	app.get("/", (_req, res) => void res.type("html").send("<!doctype html><title>page</title><script>blocked()</script>"));
	const server: Server = secure ? createHttpsServer(CERTIFICATE, app as never) : createServer(app as never);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	closing.push({ close: () => server.close() });
	return { port: (server.address() as AddressInfo).port, records };
}

async function open(...args: readonly string[]): Promise<Browser> {
	const browser = await launch(...args);
	closing.unshift(browser);
	return browser;
}

async function until(isDone: () => boolean): Promise<void> {
	for (let i = 0; i < 100 && !isDone(); i++) await new Promise((resolve) => setTimeout(resolve, 100));
}

test("report-uri, over http: what Chromium blocked arrives", async () => {
	const { port, records } = await serve(false);
	const page = await (await open()).newPage();
	await page.goto(`http://127.0.0.1:${port}/?token=secret`);
	await until(() => records.length > 0);
	expect(records).toEqual([
		expect.objectContaining({
			type: "csp-violation",
			disposition: "enforce",
			directive: "script-src-elem",
			blocked: "inline",
			document: `http://127.0.0.1:${port}/`,
			line: 1,
		}),
	]);
});

test("report-to, over https: what Chromium blocked arrives", async () => {
	const { port, records } = await serve(true);
	const browser = await open(`--ignore-certificate-errors-spki-list=${SPKI}`, "--host-resolver-rules=MAP app.example 127.0.0.1");
	const page = await browser.newPage();
	await page.goto(`https://app.example:${port}/?token=secret`);
	await until(() => records.length > 0);
	expect(records).toEqual([
		expect.objectContaining({ type: "csp-violation", directive: "script-src-elem", blocked: "inline", document: `https://app.example:${port}/`, line: 1 }),
	]);
});
