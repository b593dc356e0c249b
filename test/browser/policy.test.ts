import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import express, { type Express } from "express";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from "vitest";
import { csp, type PermissionsPolicyFeatures, type SecureHeadersOptions, secureHeaders } from "../../src/index.ts";
import { launch, visit } from "../support/browser.ts";

let browser: Browser;
const servers: Server[] = [];
const { self, none, script } = csp;

beforeAll(async () => {
	browser = await launch();
});
afterEach(() => {
	for (const server of servers.splice(0)) server.close();
});
afterAll(() => browser.close());

/** An app whose page has this body; `NONCE` in it is the nonce of the response. */
async function serve(options: SecureHeadersOptions, body: string, more: (app: Express) => void = () => {}): Promise<string> {
	const app = express();
	app.use(secureHeaders(options));
	more(app);
	app.get("/", (_req, res) => void res.send(`<!doctype html><title>page</title><body>${body}</body>`.replaceAll("NONCE", () => res.locals["cspNonce"])));
	const server = app.listen(0);
	servers.push(server);
	await new Promise((resolve) => server.once("listening", resolve));
	return `http://localhost:${portOf(server)}/`;
}

function portOf(server: Server | undefined): number {
	return ((server as Server).address() as AddressInfo).port;
}

/** What a script in the page left in `window.said`. */
async function said(url: string): Promise<unknown> {
	const { page } = await visit(browser, url);
	await page.waitForFunction(() => Reflect.has(window, "said"));
	return page.evaluate(() => Reflect.get(window, "said"));
}

const directives = (own: object): SecureHeadersOptions => ({ contentSecurityPolicy: { directives: own } });

test.each<[sandbox: readonly string[] | undefined, cookies: string]>([
	[undefined, "none=1; lax=1"],
	[["allow-scripts"], ""],
	[["allow-scripts", "allow-same-site-none-cookies"], "none=1"],
	[["allow-scripts", "allow-same-origin"], "none=1; lax=1"],
])("Chromium: under sandbox %j, what the page requests has the cookies %j", async (sandbox, cookies) => {
	const options = directives({ scriptSrc: [self, csp.nonce], imgSrc: ["*"], sandbox: sandbox ?? null });
	const asked: (string | undefined)[] = [];
	const url = await serve({ ...options, crossOriginResourcePolicy: "cross-origin" }, '<img src="/image.png" alt="">', (app) => {
		app.get("/set", (_req, res) => void res.set("Set-Cookie", ["none=1; SameSite=None; Secure", "lax=1; SameSite=Lax"]).send("set"));
		app.get("/image.png", (req, res) => {
			asked.push(req.headers.cookie);
			res.sendStatus(404);
		});
	});
	const context = await browser.newContext();
	onTestFinished(() => context.close());
	const page = await context.newPage();
	await page.goto(`${url}set`);
	await page.goto(url, { waitUntil: "load" });
	expect(asked.map((cookie) => cookie ?? "")).toEqual([cookies]);
});

test("Permissions-Policy: a denied feature is not there, an allowed one is", async () => {
	const body = "<script nonce='NONCE'>window.said = ['camera', 'geolocation', 'fullscreen'].map((name) => document.featurePolicy.allowsFeature(name))</script>";
	expect(await said(await serve({}, body))).toEqual([false, false, true]);
	expect(await said(await serve({ permissionsPolicy: { features: { camera: ["self"] } } }, body))).toEqual([true, false, true]);
	expect(await said(await serve({ permissionsPolicy: false }, body))).toEqual([true, true, true]);
});

test("Permissions-Policy: a part decides before the feature that includes it, and without it the whole does", async () => {
	// The other tests switch off what the features are for.
	const own = await launch("--disable-features=Translate");
	const page = await own.newPage();
	const allowed = async (features: PermissionsPolicyFeatures): Promise<unknown> => {
		await page.goto(await serve({ permissionsPolicy: { features } }, ""), { waitUntil: "commit" });
		// A string, because the types do not have the API.
		return page.evaluate('["local-network", "loopback-network"].map((name) => document.featurePolicy.allowsFeature(name))');
	};
	expect(await allowed({})).toEqual([false, false]);
	expect(await allowed({ localNetworkAccess: ["self"] })).toEqual([true, true]);
	expect(await allowed({ loopbackNetwork: ["self"] })).toEqual([false, true]);
	expect(await allowed({ localNetwork: ["self"] })).toEqual([true, false]);
	expect(await allowed({ localNetworkAccess: ["self"], loopbackNetwork: [] })).toEqual([true, false]);
	expect(await allowed({ localNetworkAccess: ["self"], localNetwork: [] })).toEqual([false, true]);
	expect(await allowed({ loopbackNetwork: null })).toEqual([false, true]);
	await own.close();
});

test("Trusted Types: text does not become markup, but through a policy that is named", async () => {
	const body = `<div></div><script nonce='NONCE'>
		const div = document.querySelector('div');
		const tried = (act) => { try { act(); return 'done' } catch { return 'refused' } };
		window.said = [
			tried(() => { div.innerHTML = '<b>x</b>' }),
			tried(() => { div.innerHTML = trustedTypes.createPolicy('app', { createHTML: (text) => text }).createHTML('<b>x</b>') }),
			tried(() => trustedTypes.createPolicy('other', {})),
		]</script>`;
	expect(await said(await serve(directives({ requireTrustedTypesFor: [script], trustedTypes: ["app"] }), body))).toEqual(["refused", "done", "refused"]);
	expect(await said(await serve({}, body))).toEqual(["done", "done", "done"]);
});

test("form-action: an injected form does not send the page elsewhere", async () => {
	const url = await serve({}, `<form action="http://127.0.0.1:65000/stolen" method="post"><button>send</button></form>`);
	const { page, violations } = await visit(browser, url);
	await page.click("button", { noWaitAfter: true });
	await page.waitForFunction(() => (Reflect.get(window, "violations") as string[]).length > 0);
	expect(await violations()).toEqual(["form-action http://127.0.0.1:65000/stolen"]);
	expect(page.url()).toBe(url);
});

test("a policy of data: markup that gets into an answer of the preset api does nothing", async () => {
	const url = await serve({ preset: "api" }, "<script>window.ran = true</script><img src='/x.png'><p style='color: red'>x</p>");
	const { page, violations } = await visit(browser, url);
	expect(await page.evaluate(() => Reflect.get(window, "ran"))).toBeUndefined();
	expect((await violations()).map((one) => one.split(" ")[0]).sort()).toEqual(["img-src", "script-src-elem", "style-src-attr"]);
});

test("what hash writes lets all inline code of a page run, and nothing else", async () => {
	const folder = mkdtempSync(join(tmpdir(), "headguard-hash-"));
	onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
	const body = `<style>p { color: green }</style><style></style><p style="margin: 1px" onclick="window.clicked = 'a&amp;b'">text</p>\r\n<script>\r\nwindow.ran = ['script'];\r\n</script>
<script type="module">window.ran.push('module')</script><script type="application/json">{"not": "code"}</script><template id="t"><script>window.ran.push('template')</script></template>
<svg><script>window.ran.push('svg' + (1 &lt; 2))</script></svg><iframe srcdoc="<script>parent.ran.push('srcdoc')</script>"></iframe>
<script>document.body.append(document.getElementById('t').content.cloneNode(true))</script>`;
	writeFileSync(join(folder, "index.html"), `<!doctype html><title>page</title><body>${body}</body>`);
	execFileSync(process.execPath, ["dist/cli.js", "hash", folder, "--out", join(folder, "hashes.json")], { stdio: "pipe" });
	const hashes = JSON.parse(readFileSync(join(folder, "hashes.json"), "utf8"));
	const strict = { useDefaults: false, directives: { defaultSrc: [none], scriptSrc: [none], styleSrc: [none], frameSrc: [self] } };
	const app = express();
	app.use(secureHeaders({ contentSecurityPolicy: strict }).extend({ contentSecurityPolicy: { directives: hashes } }), express.static(folder));
	const server = app.listen(0);
	servers.push(server);
	const url = `http://localhost:${portOf(server)}/`;
	const { page, violations } = await visit(browser, url);
	await page.click("p");
	await page.waitForFunction(() => Reflect.has(window, "clicked") && (Reflect.get(window, "ran") as string[]).length === 5);
	expect(await page.evaluate(() => Reflect.get(window, "ran") as string[]).then((ran) => [...ran].sort())).toEqual([
		"module",
		"script",
		"srcdoc",
		"svgtrue",
		"template",
	]);
	expect(await page.evaluate(() => Reflect.get(window, "clicked"))).toBe("a&b");
	expect(await violations()).toEqual([]);
	const attacked = await visit(browser, url, "<script>window.injected = true</script><p onmouseover='1'>");
	expect([...(await attacked.violations())].sort()).toEqual(["script-src-attr inline", "script-src-elem inline"]);
});
