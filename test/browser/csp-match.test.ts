import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import engines from "../../scripts/engines.json" with { type: "json" };
import { isAnyHostWithPort } from "../../src/csp/grammar.ts";
import { matches } from "../../src/csp/match.ts";
import { launch } from "../support/browser.ts";
import { CERTIFICATE, SPKI } from "../support/certificate.ts";
import { ENGINES, until, type Window } from "../support/engines.ts";
import { runs } from "../support/runs.ts";

/** Every host of the matrix is this machine, where nothing answers: the policy speaks before the network does. */
let browser: Browser;
let page: Page;
let policy = "";
const servers: Server[] = [];
const origins: string[] = [];
beforeAll(async () => {
	const answer: RequestListener = (_req, res) => {
		res.setHeader("Content-Type", "text/html");
		res.setHeader("Content-Security-Policy", policy);
		res.end("<!doctype html><title>page</title>");
	};
	servers.push(createServer(answer), createHttpsServer(CERTIFICATE, answer));
	for (const [i, server] of servers.entries()) {
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		origins.push(`${["http", "https"][i]}://app.example:${(server.address() as AddressInfo).port}`);
	}
	browser = await launch(
		"--host-resolver-rules=MAP app.example 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
		`--ignore-certificate-errors-spki-list=${SPKI}`,
	);
	page = await browser.newPage();
});
afterAll(async () => {
	await browser.close();
	for (const server of servers) server.close();
});

/** The addresses that Chromium blocks on a page with this list. */
async function blockedBy(origin: string, directive: string, sources: string, urls: readonly string[]): Promise<readonly string[]> {
	policy = `${directive} ${sources}`;
	await page.goto(`${origin}/`);
	return page.evaluate(
		async ([names, kind]) => {
			const blocked: string[] = [];
			document.addEventListener("securitypolicyviolation", (event) => void blocked.push(event.blockedURI));
			const seen: string[] = [];
			for (const url of names as string[]) {
				const before = blocked.length;
				if (kind === "img-src") {
					const image = new Image();
					const done = new Promise((resolve) => {
						image.onerror = image.onload = resolve;
					});
					image.src = url;
					await done;
				} else if (/^wss?:/.test(url)) {
					try {
						new WebSocket(url).close();
					} catch {
						// The event says it.
					}
				} else await fetch(url, { mode: "no-cors" }).catch(() => {});
				// Events are queued behind what caused them.
				await new Promise((resolve) => setTimeout(resolve));
				if (blocked.length > before) seen.push(url);
			}
			return seen;
		},
		[urls, directive] as const,
	);
}

const HOSTS = [
	"b.example",
	"a_b.example",
	"a.b.example",
	"x.a.b.example",
	"bb.example",
	"B.EXAMPLE",
	"app.example",
	"127.0.0.1",
	"[::1]",
	"xn--bcher-kva.example",
];
const PATHS = ["/", "/dir", "/dir/", "/dir/file.js", "/Dir/file.js", "/dir%2Ffile.js", "/d%69r/file.js", "/dir/file.js?x=1", "/dirx", "/%C3%BC/x"];
const SOURCES = [
	"'self'",
	"'none'",
	"*",
	"http:",
	"https:",
	"ws:",
	"wss:",
	"data:",
	"b.example",
	"B.example",
	"*.b.example",
	"*.example",
	"http://b.example",
	"https://b.example",
	"HTTPS://b.example",
	"ws://b.example",
	"wss://b.example",
	"http://*.b.example:8080",
	"http://*:8080",
	"*:*",
	"*:443",
	"b.example:*",
	"b.example:80",
	"b.example:443",
	"b.example:8080",
	"http://b.example:80",
	"https://b.example:443",
	"https://b.example:80",
	"b.example/",
	"b.example/dir",
	"b.example/dir/",
	"b.example/dir/file.js",
	"b.example/Dir/file.js",
	"b.example/dir%2Ffile.js",
	"b.example/d%69r/",
	"b.example/%C3%BC/",
	"b.example:*/dir/",
	"127.0.0.1",
	"http://127.0.0.1:*",
	"http://[::1]",
	"http://a_b.example",
	"http://xn--bcher-kva.example",
	"app.example",
	"app.example:*",
];

/** Everything once, and hosts with paths and ports where those matter. */
function addresses(origin: string, schemes: readonly string[], hosts: readonly string[] = HOSTS.slice(0, Math.max(4, runs(HOSTS.length)))): readonly string[] {
	return [
		...schemes.flatMap((scheme) => ["", ":80", ":443", ":8080"].flatMap((suffix) => hosts.map((host) => `${scheme}//${host}${suffix}/dir/file.js`))),
		...PATHS.map((path) => `http://b.example${path}`),
		...schemes.map((scheme) => `${scheme}//${new URL(origin).host}/x`),
	].map((address) => new URL(address).href);
}

// An https page has its images of http upgraded before the policy is asked, so there connections tell.
test.each([
	["connect-src", "http"],
	["img-src", "http"],
	["connect-src", "https"],
])(
	"%s on a page of %s: an address matches a source where Chromium says so",
	async (directive, scheme) => {
		const origin = origins.find((one) => one.startsWith(`${scheme}:`)) ?? "";
		const schemes = directive === "img-src" ? ["http:", "https:"] : ["http:", "https:", "ws:", "wss:"];
		const urls = [...addresses(origin, schemes), ...(directive === "img-src" ? ["data:image/gif;base64,R0lGODlhAQABAAAAACw="] : [])];
		const differences: string[] = [];
		let allowed = 0;
		// What WebKit alone ignores is left out.
		for (const source of [...SOURCES, origin]) {
			const blocked = await blockedBy(origin, directive, source, urls);
			allowed += urls.length - blocked.length;
			for (const url of urls)
				if (!isAnyHostWithPort(source) && matches(source, new URL(url), new URL(origin)) === blocked.includes(url))
					differences.push(`${source} ${url}: Chromium ${blocked.includes(url) ? "blocks" : "allows"}`);
		}
		expect(differences).toEqual([]);
		expect(allowed).toBeGreaterThan(300);
	},
	300_000,
);

/** In a page: the addresses that its policy blocks. An engine may look a name up for a long time. */
const BLOCKED = `async (urls) => {
	const events = [];
	document.addEventListener("securitypolicyviolation", (event) => void events.push(event.blockedURI));
	const blocked = [];
	const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));
	for (const url of urls) {
		const before = events.length;
		if (/^wss?:/.test(url)) {
			try {
				new WebSocket(url).close();
			} catch {}
		} else await Promise.race([fetch(url, { mode: "no-cors" }).catch(() => {}), pause(100)]);
		await pause(events.length > before ? 0 : 10);
		if (events.length > before) blocked.push(url);
	}
	document.documentElement.dataset.blocked = JSON.stringify(blocked);
}`;

/**
 * What the engines allow although matches() says that it is blocked: another port of the same host after an upgrade of the scheme, and what the
 * data says of `*` with a port and of ws.
 */
function isKnown(engine: string, source: string, url: URL): boolean {
	if (isAnyHostWithPort(source)) return !engines.csp.ignoresStarWithPort.includes(engine);
	if (engines.csp.letsWsMatchHttp.includes(engine) && /^wss?:/.test(source) && /^https?:$/.test(url.protocol)) return true;
	const [isWebPort, isUpgrade] = [["", "80", "443"].includes(url.port), /^(?:https|wss):$/.test(url.protocol)];
	return isWebPort || (isUpgrade && source.endsWith(`:${url.port}`));
}

describe.each(ENGINES.filter(({ name }) => name !== "Chromium"))("$name", ({ name, start }) => {
	let window: Window;
	beforeAll(async () => {
		window = await start();
	});
	afterAll(() => window?.close());

	test("blocks nothing that a source matches, and allows little more", { timeout: 300_000 }, async () => {
		const origin = `http://127.0.0.1:${new URL(origins[0] ?? "").port}`;
		const names = addresses(origin, ["http:", "https:", "ws:", "wss:"], ["b.example", "a.b.example", "127.0.0.1"]);
		const [refused, more, allowed]: [string[], string[], string[]] = [[], [], []];
		for (const source of [...SOURCES, origin]) {
			policy = `connect-src ${source}`;
			await window.open(`${origin}/`);
			await window.read(`void (${BLOCKED})(${JSON.stringify(names)})`);
			await until(window, "document.documentElement.dataset.blocked", undefined, 60_000);
			const blocked = new Set(JSON.parse(await window.read<string>("document.documentElement.dataset.blocked")) as string[]);
			for (const url of names) {
				const is = matches(source, new URL(url), new URL(origin));
				if (is) (blocked.has(url) ? refused : allowed).push(`${source} ${url}`);
				else if (!blocked.has(url) && !isKnown(name, source, new URL(url))) more.push(`${source} ${url}`);
			}
		}
		expect(refused).toEqual([]);
		expect(more).toEqual([]);
		expect(allowed.length).toBeGreaterThan(300);
	});
});
