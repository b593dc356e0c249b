import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { emit } from "../../../src/edge/index.ts";
import { csp, secureHeaders } from "../../../src/index.ts";
import { launch } from "../../support/browser.ts";
import { SERVERS, startServer } from "../../support/edge-servers.ts";
import { freePort } from "../../support/free-port.ts";

/** A nonced page that is stored, behind an edge that fills in: its script must run however often it is looked at. */
const headers = secureHeaders({ contentSecurityPolicyReportOnly: { directives: { defaultSrc: [csp.self], scriptSrc: [csp.self, csp.nonce] } } });
const VALIDATOR = '"page"';

const statuses: number[] = [];
let server: Server;
let app = 0;
let browser: Browser;

beforeAll(async () => {
	const site = express();
	site.use((_req, res, next) => {
		res.on("finish", () => statuses.push(res.statusCode));
		next();
	});
	site.use(headers as never);
	site.get("/", (req, res) => {
		res.set({ ETag: VALIDATOR, "Cache-Control": "private, no-cache" });
		if (req.headers["if-none-match"] === VALIDATOR) res.status(304).end();
		else
			res
				.type("html")
				.send(
					`<script nonce="${res.locals["cspNonce"]}">violations = []; ran = true; addEventListener("securitypolicyviolation", ({ effectiveDirective }) => violations.push(effectiveDirective))</script><script nonce="${res.locals["cspNonce"]}">second = true</script>`,
				);
	});
	server = createServer(site);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	app = (server.address() as AddressInfo).port;
	browser = await launch();
});
afterAll(async () => {
	await browser.close();
	server.closeAllConnections();
	server.close();
});

test.each(SERVERS)("%s: the scripts of a stored page run on each of three visits", async (name) => {
	const edge = await startServer(name, emit(name, headers as never, { mode: "fill" }).files, { app, bare: app, dead: await freePort() });
	const page = await browser.newPage();
	statuses.length = 0;
	try {
		for (let visit = 1; visit <= 3; visit++) {
			await page.goto(`http://127.0.0.1:${edge.port}/`, { waitUntil: "domcontentloaded" });
			const ran = await page.evaluate(() => [Reflect.get(window, "ran"), Reflect.get(window, "second"), Reflect.get(window, "violations")]);
			expect([visit, ran]).toEqual([visit, [true, true, []]]);
		}
		expect(statuses.filter((status) => status !== 404)).toEqual([200, 304, 304]);
	} finally {
		await page.close();
		await edge.stop();
	}
});
