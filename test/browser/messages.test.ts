import { readFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { getNonce, secureHeaders } from "../../src/index.ts";
import { launch } from "../support/browser.ts";
import { type Consoles, consolesOfChromium, consolesOfFirefox, consolesOfWebKit } from "../support/consoles.ts";

const PAGE = readFileSync("docs/troubleshooting.md", "utf8");

/** What a browser says, as the page quotes it. */
function quoted(browser: string): readonly string[] {
	return [...PAGE.matchAll(/^- (\w+): `(.+)`$/gm)].flatMap(([, name, message = ""]) => (name === browser ? [message] : []));
}

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
try { new Worker(URL.createObjectURL(new Blob(["1"]))); } catch {}
navigator.geolocation.getCurrentPosition(() => {}, () => {});
document.querySelector("p").click();
try { eval("1"); } catch (error) { console.log(String(error)); }
document.querySelector("form").requestSubmit();
</script>`;

test.each<[string, (browser: Browser, urls: readonly string[]) => Promise<Consoles>, number]>([
	["Chromium", consolesOfChromium, 13],
	["Firefox", consolesOfFirefox, 15],
	["Safari", consolesOfWebKit, 15],
])("%s says what the page quotes", { timeout: 90_000 }, async (name, open, least) => {
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
	const unframed = secureHeaders({ contentSecurityPolicy: false });
	const alone = await serve((req, res) => {
		unframed(req, res);
		res.setHeader("Content-Type", "text/html").end("x");
	});
	const embedding = await serve((_req, res) => {
		const [other, third] = [image, alone].map((address) => `http://127.0.0.1${address}`);
		res.setHeader("Content-Type", "text/html").end(`<img src="${other}a.png"><iframe src="${other}"></iframe><iframe src="${third}"></iframe>`);
	});
	const consoles = await open(
		browser,
		[blocked, embedding].map((address) => `http://localhost${address}`),
	);
	onTestFinished(consoles.close);
	const unsaid = async (): Promise<readonly string[]> => {
		const said = await consoles.said();
		return quoted(name).filter((text) => !said.some((message) => message.includes(text)));
	};
	await expect.poll(unsaid, { timeout: 30_000, interval: 500 }).toEqual([]);
	expect(quoted(name).length).toBeGreaterThanOrEqual(least);
});
