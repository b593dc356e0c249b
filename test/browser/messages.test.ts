import { readFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { getNonce, secureHeaders } from "../../src/index.ts";
import { launch } from "../support/browser.ts";

/** What Chromium says, as the page quotes it. */
const QUOTED = [...readFileSync("docs/troubleshooting.md", "utf8").matchAll(/^- Chromium: `(.+)`$/gm)].map(([, message = ""]) => message);

const headers = secureHeaders();
const servers: Server[] = [];
let browser: Browser;

beforeAll(async () => {
	browser = await launch();
});
afterAll(async () => {
	await browser?.close();
	for (const server of servers) server.close();
});

async function serve(answer: RequestListener): Promise<string> {
	const server = createServer(answer);
	servers.push(server);
	await new Promise<void>((resolve) => void server.listen(0, resolve));
	return `:${(server.address() as AddressInfo).port}/`;
}

/** A page that does what the default policy blocks. */
const pageWith = (nonce: string): string => `<!doctype html><title>Blocked</title>
<script>1</script><style>p {}</style><p onclick="1">text</p>
<img src="https://img.example/a.png"><link rel="stylesheet" href="https://fonts.example/css"><iframe src="https://frame.example/"></iframe>
<script src="https://cdn.example/a.js"></script><script src="/wrong.js"></script>
<form action="https://post.example/" method="post"><button>send</button></form>
<script nonce="${nonce}">
fetch("https://api.example/").catch(() => {});
new FontFace("f", "url(https://font.example/f.woff2)").load().catch(() => {});
new Worker(URL.createObjectURL(new Blob(["1"])));
navigator.geolocation.getCurrentPosition(() => {}, () => {});
try { eval("1"); } catch (error) { console.log(String(error)); }
document.querySelector("form").requestSubmit();
</script>`;

test("Chromium says what the page quotes", async () => {
	const blocked = await serve((req, res) => {
		headers(req, res);
		const isScript = req.url === "/wrong.js";
		res.setHeader("Content-Type", isScript ? "text/plain" : "text/html");
		res.end(isScript ? "1" : pageWith(getNonce(res)));
	});
	const image = await serve((req, res) => {
		headers(req, res);
		res.setHeader("Content-Type", req.url === "/a.png" ? "image/png" : "text/html").end("x");
	});
	const embedding = await serve((_req, res) => {
		const other = `http://127.0.0.1${image}`;
		res.setHeader("Content-Type", "text/html").end(`<img src="${other}a.png"><iframe src="${other}"></iframe>`);
	});
	const messages: string[] = [];
	for (const address of [blocked, embedding]) {
		const page = await browser.newPage();
		page.on("console", (message) => messages.push(message.text()));
		await page.goto(`http://localhost${address}`, { waitUntil: "commit" });
	}
	await expect.poll(() => QUOTED.filter((quoted) => !messages.some((message) => message.includes(quoted))), { timeout: 10_000 }).toEqual([]);
	expect(QUOTED.length).toBeGreaterThan(12);
});
