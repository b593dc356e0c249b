import { chmodSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { crawl } from "../../src/cli/learn/crawl.ts";
import { intercept } from "../../src/cli/learn/intercept.ts";
import type { LearnOptions } from "../../src/cli/learn/options.ts";
import { openSession } from "../../src/cli/learn/session.ts";
import { type Visited, visit } from "../../src/cli/learn/visit.ts";
import { launch } from "../support/browser.ts";
import { inFolder } from "../support/cli.ts";

const { write, folder } = inFolder("learn-visit");

/** Each notes what is clicked. */
const CLICKS: Readonly<Record<string, string>> = {
	"/alike": "<button onclick=\"note('one')\">Open</button><button onclick=\"note('two')\">Open</button><button onclick=\"note('three')\">Open</button>",
	"/renamed": `<button id="try" onclick="note(this.textContent); this.textContent = 'Cancel'; more.hidden = false">Try</button><button id="more" hidden onclick="note('execute')">Execute</button>`,
	"/anew": `<div id="all"></div><script>
		const draw = () => { all.innerHTML = ["a", "b", "b"].map((name, i) => "<button onclick=\\"note('" + name + i + "'); draw()\\">" + name + "</button>").join("") };
		draw();
	</script>`,
	"/endless": `<div id="all"></div><script>
		let count = 0;
		const draw = () => { all.innerHTML = "<button onclick=\\"note('x'); draw()\\">" + ++count + "</button>" };
		draw();
	</script>`,
	"/folds": `<button id="fold">Section</button><div id="inside"></div><script>
		let isOpen = false;
		const turn = () => { isOpen = !isOpen; inside.innerHTML = isOpen ? "<button onclick=\\"note('inside')\\">Inside</button>" : "" };
		fold.onclick = () => { note("fold"); turn() };
		turn();
	</script>`,
	"/leaves": "<button onclick=\"note('first'); location = '/other'\">First</button><button onclick=\"note('second')\">Second</button>",
	"/other": "<p>other</p>",
	"/again": "<button onclick=\"note('reload'); location.reload()\">Again</button><button onclick=\"note('after')\">After</button>",
	"/hidden": '<button style="visibility: hidden" onclick="note(\'hidden\')">Hidden</button><button onclick="note(\'shown\')">Shown</button>',
	"/rows": "<button onclick=\"note('open'); list.innerHTML += '<li>'\">Add</button><ul id=list></ul><button onclick=\"note('put')\">PUT /tea</button>",
};

let browser: Browser;
let server: Server;
let origin = "";
const noted: string[] = [];
beforeAll(async () => {
	browser = await launch();
	server = createServer((req, res) => {
		const { pathname, search } = new URL(req.url ?? "", "http://localhost");
		if (pathname === "/note") noted.push(decodeURIComponent(search.slice(1)));
		res.setHeader("Content-Type", "text/html");
		// Neither of them ends.
		if (pathname === "/kills") process.kill(Number(readFileSync(join(folder(), "pid"), "utf8")), "SIGKILL");
		if (pathname === "/stream") {
			const began = Date.now();
			res.on("close", () => noted.push(String(Date.now() - began)));
			return void res.write("<!doctype html><p>one");
		}
		if (pathname === "/waits") return void setTimeout(() => res.end("late"), 60_000).unref();
		const script = "<script>const note = (what) => { navigator.sendBeacon('/note?' + what) }</script>";
		res.end(`<!doctype html>${script}${CLICKS[pathname] ?? "<p>home</p>"}${pathname === "/polls" ? "<script>fetch('/waits')</script>" : ""}`);
	});
	await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
	origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
	await browser.close();
	server.closeAllConnections();
	server.close();
});

async function visited(
	path: string,
	options: { readonly clicks?: number; readonly timeout?: number } = {},
): Promise<Visited & { readonly clicked: readonly string[] }> {
	noted.length = 0;
	const context = await browser.newContext();
	const result = await visit(context, new URL(path, origin), { timeout: 15_000, clicks: 20, forms: false, ...options });
	await context.close();
	return { ...result, clicked: [...noted] };
}

describe("what is clicked", () => {
	test.each<[what: string, path: string, clicked: readonly string[]]>([
		["each of three buttons that look alike", "/alike", ["one", "two", "three"]],
		["a button whose text changes is clicked once, and what it has opened", "/renamed", ["Try", "execute"]],
		["each button once, of a page that makes all of them anew at each click", "/anew", ["a0", "b1", "b2"]],
		["a button that folds a section is clicked again, and then what is in the section", "/folds", ["fold", "fold", "inside"]],
		["a page that a click leaves is opened again, for the rest", "/leaves", ["first", "second"]],
		["a page that a click loads again is gone on with", "/again", ["reload", "after"]],
		["what is shown alone", "/hidden", ["shown"]],
		["what does not name a request that changes something", "/rows", ["open"]],
	])("%s", async (_what, path, clicked) => {
		expect((await visited(path)).clicked).toEqual(clicked);
	});

	test("no more than the limit, on a page whose buttons are new at each click", async () => {
		expect((await visited("/endless", { clicks: 4 })).clicked).toEqual(["x", "x", "x", "x"]);
	});
});

describe("a page that keeps a request open", () => {
	test("is shown, and takes no longer than the limit", async () => {
		const start = Date.now();
		expect((await visited("/polls")).problem).toBeUndefined();
		expect(Date.now() - start).toBeLessThan(10_000);
	});
});

describe("a browser", () => {
	const options = (): LearnOptions => {
		write("browser.sh", `#!/bin/sh\necho $$ > ${join(folder(), "pid")}\nexec ${process.env["CHROMIUM"] ?? "/usr/bin/chromium"} "$@"\n`);
		chmodSync(join(folder(), "browser.sh"), 0o755);
		const url = new URL("/kills", origin);
		const none = { out: undefined, check: undefined, script: undefined, storage: undefined, templates: undefined, isStatic: false };
		const limits = { depth: 0, pages: 1, clicks: 0, timeout: 15_000, maxTime: 60_000, forms: false, json: false };
		return { url, ...none, ...limits, browser: join(folder(), "browser.sh"), hasSandbox: false, ignorePolicy: false, insecure: false };
	};

	test("that is killed while it shows a page ends the crawl, which names the page", async () => {
		const session = await openSession(options());
		try {
			const crawled = crawl(session, 0, { first: options().url }, options(), Date.now() + 60_000);
			await expect(crawled).rejects.toThrow(/^the browser ended while it showed \/kills\. Try again/);
			// The next round cannot even begin.
			await expect(crawl(session, 1, { first: options().url }, options(), Date.now() + 60_000)).rejects.toThrow(/^the browser ended/);
		} finally {
			await session.close();
		}
	});

	test.each(["/polls", "/"])("goes on when the process of a page ends while it shows %s", async (path) => {
		const context = await browser.newContext();
		context.once("page", async (page) => {
			const devtools = await context.newCDPSession(page);
			page.once("domcontentloaded", () => void devtools.send("Page.crash").catch(() => {}));
		});
		const { problem } = await visit(context, new URL(path, origin), { timeout: 15_000, clicks: 20, forms: false });
		expect(problem).toBe("its process crashed");
		expect((await visit(context, new URL("/", origin), { timeout: 15_000, clicks: 0, forms: false })).problem).toBeUndefined();
		await context.close();
	});

	test("does not start with a session that is none", async () => {
		write("state.json", '{"cookies":"x"}');
		const given = { ...options(), storage: join(folder(), "state.json") };
		const session = await openSession(given);
		try {
			await expect(crawl(session, 0, { first: given.url }, given, Date.now() + 60_000)).rejects.toThrow(
				/^--storage: .*state\.json is not a saved session: .*cookies/,
			);
		} finally {
			await session.close();
		}
	});
});

describe("a document that does not end", () => {
	test("is given up within the time for a page, and noted", async () => {
		const own = await launch();
		try {
			const { endless } = await intercept(own, origin, false, 2000);
			const context = await own.newContext();
			noted.length = 0;
			const { problem, gathered } = await visit(context, new URL("/stream", origin), { timeout: 2000, clicks: 0, forms: false });
			expect(problem).toMatch(/^(?:ERR_TIMED_OUT|it did not load in 2 seconds)$/);
			expect(gathered.length).toBeLessThanOrEqual(1);
			await vi.waitFor(() => expect(noted).toHaveLength(1));
			expect(Number(noted[0])).toBeLessThan(10_000);
			expect([...endless]).toEqual([`${origin}/stream`]);
			expect((await visit(context, new URL("/", origin), { timeout: 15_000, clicks: 0, forms: false })).problem).toBeUndefined();
			expect(endless.size).toBe(1);
		} finally {
			await own.close();
		}
	});
});
