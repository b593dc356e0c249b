import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { launch } from "../support/browser.ts";
import { startApp } from "../support/examples.ts";
import { freePort } from "../support/free-port.ts";

vi.setConfig({ testTimeout: 120_000 });

/* devtools beside the servers of development: Vite inside of the application and in front of it, and programs that restart it. */

let browser: Browser;
let context: BrowserContext;
let folder: string;
const closing: (() => unknown)[] = [];
beforeAll(async () => {
	browser = await launch();
});
beforeEach(async () => {
	context = await browser.newContext();
	context.setDefaultTimeout(20_000);
	closing.push(() => context.close());
	folder = mkdtempSync(join(tmpdir(), "headguard-servers-"));
	closing.push(() => rmSync(folder, { recursive: true, force: true }));
	mkdirSync(join(folder, "node_modules"));
	for (const name of ["express", "vite"]) symlinkSync(resolve("node_modules", name), join(folder, "node_modules", name));
	symlinkSync(resolve("."), join(folder, "node_modules", "headguard"));
	write("package.json", '{ "type": "module" }');
});
afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});
afterAll(() => browser.close());

const DEVELOPMENT = { NODE_ENV: "development", NO_COLOR: "1" };

/** An application with a page of its own, and no Vite. */
const PLAIN = `
import express from "express";
import { secureHeaders } from "headguard";
import { devtools } from "headguard/devtools";

const app = express();
const headers = secureHeaders();
app.use(headers);
app.use(devtools(headers, { views: ["."] }));
const picture = '<img src="https://img.example/b.png">';
app.get("/app", (req, res) => res.type("html").send("<!doctype html><title>app</title>" + picture + "<script>document.title = 'it ran'</script>"));
const server = app.listen(process.env.PORT, () => console.log("http://localhost:" + server.address().port));
`;

function write(name: string, text: string): void {
	writeFileSync(join(folder, name), text);
}

async function open(origin: string): Promise<Page> {
	const page = await context.newPage();
	await page.goto(`${origin}/__headguard`);
	await page.waitForSelector(".status.live");
	return page;
}

async function browse(url: string): Promise<Page> {
	const page = await context.newPage();
	await page.goto(url);
	return page;
}

const cards = async (page: Page): Promise<readonly string[]> => [...(await page.locator("#findings .card h3").allTextContents())].sort();

describe("with Vite in the application", () => {
	const app = (transform: string): string => `
import { readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import express from "express";
import { secureHeaders } from "headguard";
import { devtools } from "headguard/devtools";
import { createServer } from "vite";

const app = express();
const server = createHttpServer(app);
const headers = secureHeaders();
app.use(headers);
app.use(devtools(headers, { inject: true, views: ["."] }));
const vite = await createServer({
	appType: "custom",
	cacheDir: "cache",
	logLevel: "error",
	optimizeDeps: { noDiscovery: true },
	server: { middlewareMode: true, hmr: { server } },
	${transform === "" ? "" : 'html: { cspNonce: "SLOT" },'}
});
app.use(vite.middlewares);
app.get("/", async (req, res) => {
	const page = await vite.transformIndexHtml(req.url, readFileSync("index.html", "utf8"));
	res.type("html").send(page${transform});
});
server.listen(0, () => console.log("http://localhost:" + server.address().port));
`;

	beforeEach(() => {
		mkdirSync(join(folder, "src"));
		write(
			"src/main.js",
			'import "./style.css";\nimport { text } from "./text.js";\nconst show = (it) => { document.getElementById("out").textContent = it; };\n',
		);
		appendFileSync(join(folder, "src/main.js"), 'show(text);\nimport.meta.hot?.accept("./text.js", (changed) => show(changed.text));\n');
		write("src/text.js", 'export const text = "one";\n');
		write("src/style.css", "p { color: rgb(1, 2, 3) }\n");
		write(
			"index.html",
			`<!doctype html>
<html><head><title>page</title></head><body><p id="out"></p>
<script>document.body.dataset.inline = "ran";</script>
<script type="module" src="/src/main.js"></script>
<img src="https://img.example/a.png">
</body></html>
`,
		);
	});

	test("the page works and reloads hot, and what is blocked has its line", async () => {
		write("app.js", app('.replaceAll("SLOT", res.locals.cspNonce)'));
		const running = await startApp(join(folder, "app.js"), folder, DEVELOPMENT);
		closing.push(running.stop);
		const tools = await open(running.origin);
		const page = await browse(`${running.origin}/`);
		await page.waitForFunction(() => document.getElementById("out")?.textContent === "one");
		expect(await page.evaluate(() => [document.body.dataset["inline"], getComputedStyle(document.getElementById("out") as Element).color])).toEqual([
			"ran",
			"rgb(1, 2, 3)",
		]);
		await page.evaluate(() => Reflect.set(window, "isSame", true));
		write("src/text.js", 'export const text = "two";\n');
		await page.waitForFunction(() => document.getElementById("out")?.textContent === "two");
		expect(await page.evaluate(() => Reflect.get(window, "isSame")), "the page was not loaded again").toBe(true);
		await tools.waitForSelector("#findings .card");
		expect(await cards(tools)).toEqual(["the image https://img.example/a.png"]);
		expect(running.complained()).toContain("headguard: blocked the image https://img.example/a.png on / [img-src]\n  index.html:5:6\n");
	});

	test("without a slot, the terminal says where Vite takes the nonce", async () => {
		write("app.js", app(""));
		const running = await startApp(join(folder, "app.js"), folder, DEVELOPMENT);
		closing.push(running.stop);
		const tools = await open(running.origin);
		await browse(`${running.origin}/`);
		await tools.waitForSelector("#findings .card >> nth=2");
		expect(await cards(tools)).toEqual(["an inline script", "an inline style without a nonce", "the image https://img.example/a.png"]);
		expect(running.complained()).toMatch(
			/blocked an inline script on \/ \[script-src-elem\]\n {2}index\.html:3:1\n {2}Vite marks it if its configuration has html: \{ cspNonce: /,
		);
		expect(running.complained()).toMatch(/Vite reads the element\. It was written by http:\/\/localhost:\d+\/@vite\/client:\d+\./);
	});
});

test("with Vite in front, reports and the page pass its proxy, and the same thing stays one finding", async () => {
	write("app.js", PLAIN);
	const running = await startApp(join(folder, "app.js"), folder, DEVELOPMENT);
	closing.push(running.stop);
	const proxied = { "/app": running.origin, "/__headguard": { target: running.origin, changeOrigin: true } };
	write("vite.config.js", `export default { cacheDir: "cache", optimizeDeps: { noDiscovery: true }, server: { proxy: ${JSON.stringify(proxied)} } };\n`);
	const port = await freePort();
	await start([resolve("node_modules/vite/bin/vite.js"), "--port", String(port), "--strictPort"], `:${port}`);
	const front = `http://localhost:${port}`;
	const tools = await open(front);
	const page = await browse(`${front}/app`);
	expect(await page.title()).toBe("app");
	await tools.waitForSelector("#findings .card >> nth=1");
	await browse(`${running.origin}/app`);
	await tools.waitForFunction(() => [...document.querySelectorAll("#findings .times")].every(({ textContent }) => textContent === "2 times"));
	expect(await cards(tools)).toEqual(["an inline script without a nonce", "the image https://img.example/b.png"]);
	expect(running.complained().match(/^headguard: blocked /gm)).toHaveLength(2);
	// Clear sends a token, which another origin could not read.
	await tools.click("#clear");
	await tools.waitForFunction(() => document.querySelectorAll("#findings .card").length === 0);
	// The proxy keeps the connection, and then answers 500, after which browsers do not connect again on their own.
	await running.stop();
	await tools.waitForSelector(".status.lost");
	const again = await startApp(join(folder, "app.js"), folder, { ...DEVELOPMENT, PORT: new URL(running.origin).port });
	closing.push(again.stop);
	await tools.waitForSelector(".status.live");
	await browse(`${front}/app`);
	await tools.waitForSelector("#findings .card >> nth=1");
});

test.each([
	["node --watch", ["--watch", "app.js"]],
	["tsx watch", [resolve("node_modules/tsx/dist/cli.mjs"), "watch", "app.js"]],
])("with %s, a change of the application keeps the page and what it knew", async (_name, args) => {
	write("app.js", PLAIN);
	const port = await freePort();
	const running = await start(args, `http://localhost:${port}`, { PORT: String(port) });
	const tools = await open(`http://localhost:${port}`);
	await browse(`http://localhost:${port}/app`);
	await tools.waitForSelector("#findings .card >> nth=1");
	write("app.js", PLAIN.replace("https://img.example/b.png", "https://other.example/c.png"));
	await tools.waitForSelector(".status.lost");
	await tools.waitForSelector(".status.live");
	await browse(`http://localhost:${port}/app`);
	await tools.waitForSelector("text=The image https://other.example/c.png");
	expect(await cards(tools)).toEqual(["an inline script without a nonce", "the image https://img.example/b.png", "the image https://other.example/c.png"]);
	expect(running().match(/^headguard: http:\/\/localhost:\d+\/__headguard shows/gm), "each process greets once").toHaveLength(2);
});

/** Starts a program in the folder, and waits until it prints a text. Returns what reads all that it has written. */
async function start(args: readonly string[], text: string, env: Readonly<Record<string, string>> = {}): Promise<() => string> {
	const running: ChildProcess = spawn(process.execPath, args, { cwd: folder, env: { ...process.env, ...DEVELOPMENT, ...env }, stdio: "pipe" });
	closing.push(async () => {
		if (running.exitCode !== null || running.signalCode !== null) return;
		running.kill();
		await once(running, "exit");
	});
	let written = "";
	await new Promise<void>((done, failed) => {
		for (const stream of [running.stdout, running.stderr])
			stream?.on("data", (chunk) => {
				written += chunk;
				if (written.includes(text)) done();
			});
		running.once("exit", () => failed(new Error(`${args.join(" ")} ended: ${written}`)));
	});
	return () => written;
}
