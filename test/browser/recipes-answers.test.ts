import { type IncomingMessage, request } from "node:http";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { launch, visit } from "../support/browser.ts";
import type { RunningExample } from "../support/examples.ts";
import { startRecipe } from "../support/recipes.ts";
import { serveElsewhere } from "../support/site.ts";

let browser: Browser;
let recipe: RunningExample | undefined;

beforeAll(async () => {
	browser = await launch();
});
afterEach(async () => {
	await recipe?.stop();
	recipe = undefined;
});
afterAll(() => browser.close());

/** A server on a port of its own, which is another origin. */
function serve(handle: (req: IncomingMessage) => { readonly location?: string; readonly body?: string }): Promise<string> {
	return serveElsewhere((req, res) => {
		const { location, body = "" } = handle(req);
		res.writeHead(location === undefined ? 200 : 302, { "Content-Type": "text/html", ...(location === undefined ? {} : { Location: location }) }).end(body);
	});
}

test("Server-sent events: the stream has the policy, and the page hears it without a violation", async () => {
	recipe = await startRecipe("Server-sent events");
	const { page, violations } = await visit(browser, `${recipe.origin}/`);
	await page.waitForFunction(() => document.querySelector("h1")?.textContent === "It runs");
	expect(await violations()).toEqual([]);
	const stream = await fetch(`${recipe.origin}/events`);
	expect(stream.headers.get("content-security-policy")).toMatch(/^default-src 'self'; .*frame-ancestors 'none'/);
	await stream.body?.cancel();
	await page.close();
});

describe("Uploads and downloads", () => {
	const HTML = "<!doctype html><title>Sent</title><script>document.title = 'It ran'</script>";
	const SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>document.documentElement.id = "ran"</script></svg>';
	const send = (name: string, body: string) => fetch(`${recipe?.origin}/files/${encodeURIComponent(name)}`, { method: "PUT", body });

	test.each([
		["page.html", HTML],
		["picture.svg", SVG],
		["PAGE.XHTML", HTML],
		["no-ending", HTML],
	])("%s is saved, and not shown", async (name, text) => {
		recipe = await startRecipe("Uploads and downloads");
		expect((await send(name, text)).status).toBe(201);
		const page = await browser.newPage();
		const download = page.waitForEvent("download");
		await page.goto(`${recipe.origin}/files/${name}`).catch(() => {});
		expect((await download).suggestedFilename()).toContain(name.split(".")[0]);
		await page.close();
	});

	test("a file that is shown in spite of that runs no script and has no origin", async () => {
		recipe = await startRecipe("Uploads and downloads");
		await send("page.html", HTML);
		const opened = async (change: (headers: Record<string, string>) => Record<string, string>): Promise<[string, string]> => {
			const page = await browser.newPage();
			await page.route("**/files/**", async (route) => {
				const response = await route.fetch();
				const { "content-disposition": _, ...headers } = response.headers();
				await route.fulfill({ response, headers: change({ ...headers, "content-type": "text/html" }) });
			});
			await page.goto(`${recipe?.origin}/files/page.html`);
			const seen: [string, string] = [await page.title(), await page.evaluate(() => window.origin)];
			await page.close();
			return seen;
		};
		expect(await opened((headers) => headers)).toEqual(["Sent", "null"]);
		// Without the policy, it is a page of the site (control).
		expect(await opened(({ "content-security-policy": _, ...headers }) => headers)).toEqual(["It ran", recipe.origin]);
	});

	test("text of a listed type is shown as text, whatever it says", async () => {
		recipe = await startRecipe("Uploads and downloads");
		await send("notes.txt", HTML);
		const page = await browser.newPage();
		await page.goto(`${recipe.origin}/files/notes.txt`);
		expect(await page.textContent("body")).toBe(HTML);
		await page.close();
	});

	test("a name cannot end the header", async () => {
		recipe = await startRecipe("Uploads and downloads");
		const name = 'a"\r\nX-Evil: 1\r\n;é.html';
		await send(name, HTML);
		const response = await fetch(`${recipe.origin}/files/${encodeURIComponent(name)}`);
		expect([response.status, response.headers.get("x-evil"), response.headers.get("x-content-type-options")]).toEqual([200, null, "nosniff"]);
		expect(response.headers.get("content-disposition")).toMatch(/^attachment; filename=/);
		expect(response.headers.get("content-security-policy")).toBe("default-src 'none'; frame-ancestors 'none'; sandbox");
	});
});

describe("PDF", () => {
	/** How many viewers Chromium has started in the page. */
	const viewersIn = async (page: Page): Promise<number> => {
		await page.waitForTimeout(2000);
		return page.frames().filter((frame) => frame.url().startsWith("chrome-extension:")).length;
	};

	test("an object, an embed and a frame show the file without a violation", async () => {
		recipe = await startRecipe("PDF");
		const { page, violations } = await visit(browser, `${recipe.origin}/`);
		await expect.poll(() => viewersIn(page), { timeout: 20_000 }).toBe(3);
		expect(await violations()).toEqual([]);
		await page.close();
	});

	test("where the page does not allow objects, only the frame shows it (control)", async () => {
		recipe = await startRecipe("PDF");
		const page = await browser.newPage();
		await page.route(`${recipe.origin}/`, async (route) => {
			const response = await route.fetch();
			await route.fulfill({ response, headers: { ...response.headers(), "content-security-policy": "default-src 'self'; object-src 'none'" } });
		});
		const { violations } = await visit(browser, `${recipe.origin}/`, undefined, page);
		expect(await viewersIn(page)).toBe(1);
		expect((await violations()).map((violation) => violation.split(" ")[0])).toEqual(["object-src", "object-src"]);
		await page.close();
	});

	test("another site cannot show the file", async () => {
		recipe = await startRecipe("PDF");
		const site = await serve(() => ({ body: `<iframe src="${recipe?.origin}/file.pdf"></iframe>` }));
		const page = await browser.newPage();
		const refused = page.waitForEvent("console", { predicate: (message) => message.text().includes("frame-ancestors") });
		await page.goto(site, { waitUntil: "load" });
		expect((await refused).text()).toContain("frame-ancestors 'self'");
		expect(await viewersIn(page)).toBe(0);
		await page.close();
	});
});

test("Many tenants: the sites of a tenant can frame its widget, and those of another cannot", async () => {
	const sites = await Promise.all(["a", "b"].map(() => serve(({ url }) => ({ body: `<iframe src="${decodeURIComponent(url?.slice(1) ?? "")}"></iframe>` }))));
	const [ofA = "", ofB = ""] = sites;
	recipe = await startRecipe("Many tenants", { env: { TENANTS: JSON.stringify({ "a.localhost": [ofA], "b.localhost": [ofB, "https://b.example"] }) } });
	const { port } = new URL(recipe.origin);
	const shown = async (site: string, host: string): Promise<boolean> => {
		const page = await browser.newPage();
		await page.goto(`${site}/${encodeURIComponent(`http://${host}:${port}/widget`)}`, { waitUntil: "load" });
		const text = await page.frames()[1]?.evaluate(() => document.querySelector("h1")?.textContent ?? "");
		await page.close();
		return text === "A widget";
	};
	expect([await shown(ofA, "a.localhost"), await shown(ofB, "b.localhost")]).toEqual([true, true]);
	expect([await shown(ofB, "a.localhost"), await shown(ofA, "b.localhost"), await shown(ofA, "c.localhost")]).toEqual([false, false, false]);
	const ancestors = async (host: string): Promise<readonly [string | undefined, string | undefined]> => {
		const response = await new Promise<IncomingMessage>((resolve) => request({ port, path: "/widget", headers: { host } }, resolve).end());
		response.resume();
		const policy = String(response.headers["content-security-policy"]);
		return [/frame-ancestors ([^;]*)/.exec(policy)?.[1], response.headers["x-frame-options"] as string | undefined];
	};
	expect(await ancestors("b.localhost")).toEqual([`${ofB} https://b.example`, undefined]);
	for (const host of ["c.localhost", "__proto__", "constructor", "a.localhost.evil.example"])
		expect([host, ...(await ancestors(host))]).toEqual([host, "'none'", "DENY"]);
});

describe("OAuth consent pages", () => {
	/** A client whose callback sends people on to another origin. */
	const start = async (registered: (callback: string, shop: string) => readonly string[]): Promise<Page> => {
		const shop = await serve(() => ({ body: "<h1>The shop</h1>" }));
		const callback = await serve(() => ({ location: `${shop}/` }));
		recipe = await startRecipe("OAuth consent pages", { env: { SHOP: JSON.stringify(registered(callback, shop)) } });
		const { page } = await visit(browser, `${recipe.origin}/authorize?client_id=shop`);
		return page;
	};
	const blocked = (page: Page) => page.evaluate(() => (Reflect.get(window, "violations") as string[]).map((one) => one.split(" ")[0]));

	test("the answer passes the whole chain of the client", async () => {
		const page = await start((callback, shop) => [callback, shop]);
		await page.click("button");
		await page.getByText("The shop").waitFor();
		await page.close();
	});

	test("a chain with an origin that is not registered is blocked (control)", async () => {
		const page = await start((callback) => [callback]);
		await page.click("button");
		await expect.poll(() => blocked(page)).toEqual(["form-action"]);
		expect(await page.textContent("h1")).toBe("Allow?");
		await page.close();
	});

	test("an unknown client gets no source, and no form", async () => {
		recipe = await startRecipe("OAuth consent pages");
		for (const query of ["?client_id=https://evil.example", "?client_id=shop&client_id=x", "?client_id[]=https://evil.example", "?client_id=__proto__", ""]) {
			const response = await fetch(`${recipe.origin}/authorize${query}`);
			const policy = response.headers.get("content-security-policy") ?? "";
			expect([query, response.status, /form-action ([^;]*)/.exec(policy)?.[1]]).toEqual([query, 400, "'self'"]);
		}
		const { headers } = await fetch(`${recipe.origin}/authorize?client_id=shop`);
		expect(headers.get("content-security-policy")).toContain("form-action 'self' https://shop.example https://www.shop.example;");
		expect((await fetch(`${recipe.origin}/authorize`, { method: "POST" })).status).toBe(400);
	});
});
