import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { launch, visit } from "../support/browser.ts";
import type { RunningExample } from "../support/examples.ts";
import { RECIPES, startRecipe } from "../support/recipes.ts";
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

const runs = () => document.querySelector("h1")?.textContent === "It runs";

function otherSite(pageOf: (path: string) => string): Promise<string> {
	return serveElsewhere((req, res) => void res.setHeader("Content-Type", "text/html").end(pageOf(req.url ?? "/")));
}

test("Socket.IO: the socket is open without a violation, and its own answers carry the policy", async () => {
	recipe = await startRecipe("Socket.IO");
	const { page, violations } = await visit(browser, `${recipe.origin}/`);
	await page.waitForFunction(runs);
	expect(await violations()).toEqual([]);
	for (const path of ["/socket.io/socket.io.js", "/socket.io/?EIO=4&transport=polling"]) {
		const { status, headers } = await fetch(recipe.origin + path);
		expect([status, headers.get("x-content-type-options"), headers.get("x-frame-options")]).toEqual([200, "nosniff", "DENY"]);
	}
	const attacked = await visit(browser, `${recipe.origin}/`, "<script>window.injected = true</script>");
	await attacked.page.waitForFunction(runs);
	expect(await attacked.violations()).toEqual(["script-src-elem inline"]);
	expect(await attacked.page.evaluate(() => Reflect.get(window, "injected"))).toBeUndefined();
});

describe("pages that packages bring", () => {
	test.each([
		["Swagger UI", "/docs/", "List all pets"],
		["Bull Board", "/queues", "No queues to display."],
	])("%s is shown without a violation, an injected script does not run", async (name, path, text) => {
		recipe = await startRecipe(name);
		const { page, violations } = await visit(browser, recipe.origin + path);
		await page.getByText(text).waitFor();
		if (name === "Swagger UI") await page.click(".opblock-summary-control");
		expect(await violations()).toEqual([]);
		const attacked = await visit(browser, recipe.origin + path, "<script>window.injected = true</script>");
		await attacked.page.getByText(text).waitFor();
		expect(await attacked.violations()).toEqual(["script-src-elem inline"]);
		expect(await attacked.page.evaluate(() => Reflect.get(window, "injected"))).toBeUndefined();
	});

	test("Apollo Server: its page asks its CDN without a violation, an injected script does not run, and queries keep the policy", async () => {
		recipe = await startRecipe("Apollo Server");
		const url = `${recipe.origin}/graphql`;
		const opened = async (inject?: string) => {
			const asked: string[] = [];
			const page = await browser.newPage();
			await page.setExtraHTTPHeaders({ accept: "text/html" });
			await page.route(/apollographql/, (route) => {
				asked.push(new URL(route.request().url()).host);
				return route.fulfill({ contentType: "text/javascript", body: "" });
			});
			return { asked, ...(await visit(browser, url, inject, page)) };
		};
		const { asked, violations } = await opened();
		expect(asked).toContain("embeddable-sandbox.cdn.apollographql.com");
		expect(await violations()).toEqual([]);
		const attacked = await opened("<script>window.injected = true</script>");
		expect(await attacked.violations()).toEqual(["script-src-elem inline"]);
		const { headers } = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: '{"query":"{ hello }"}' });
		expect(headers.get("content-security-policy")).toContain("script-src 'self';");
	});
});

test("Payments and other vendors: their scripts are asked for, and the page pays in a popup", async () => {
	recipe = await startRecipe("Payments and other vendors");
	const page = await browser.newPage();
	const asked: string[] = [];
	await page.route("https://js.stripe.com/**", (route) => {
		asked.push(route.request().url());
		return route.fulfill({ contentType: "text/javascript", body: "" });
	});
	const { violations } = await visit(browser, `${recipe.origin}/pay`, undefined, page);
	await page.waitForFunction(runs);
	expect(asked).toHaveLength(1);
	expect(await violations()).toEqual([]);
	const { headers } = await fetch(`${recipe.origin}/pay`);
	expect(headers.get("cross-origin-opener-policy")).toBe("same-origin-allow-popups");
});

test("WebSocket and GraphQL: what is named may be asked, anything else is blocked", async () => {
	recipe = await startRecipe("WebSocket and GraphQL");
	const { page, violations } = await visit(browser, `${recipe.origin}/`);
	await page.waitForFunction(runs);
	expect(await violations()).toEqual(["connect-src https://elsewhere.example/"]);
});

test.each([
	["the page that opens the popup hears from it", false],
	["with the default policy it does not (control)", true],
])("OAuth popups: %s", async (_title, byDefault) => {
	const provider = await otherSite(
		() => "<script>window.opener?.postMessage('It runs', '*'); document.title = window.opener === null ? 'cut' : 'told'</script>",
	);
	recipe = await startRecipe("OAuth popups", { env: { PROVIDER: provider } });
	const page = await browser.newPage();
	if (byDefault) {
		await page.route(`${recipe.origin}/`, async (route) => {
			const response = await route.fetch();
			await route.fulfill({ response, headers: { ...response.headers(), "cross-origin-opener-policy": "same-origin" } });
		});
	}
	await page.goto(`${recipe.origin}/`);
	const popup = page.waitForEvent("popup");
	await page.click("button");
	await (await popup).waitForFunction(() => document.title !== "");
	expect(await (await popup).title()).toBe(byDefault ? "cut" : "told");
	if (!byDefault) await page.waitForFunction(runs);
});

test("Frames for partners: the partner may, others may not, and other pages may not be framed at all", async () => {
	let framed = "";
	const partner = await otherSite((path) => `<iframe src="${framed}${path}"></iframe>`);
	recipe = await startRecipe("Frames for partners", { env: { PARTNER: partner } });
	framed = recipe.origin;
	const shown = async (url: string): Promise<string> => {
		const page = await browser.newPage();
		await page.goto(url, { waitUntil: "load" });
		const frame = page.frames()[1];
		return (await frame?.evaluate(() => document.querySelector("h1")?.textContent ?? "blocked")) ?? "no frame";
	};
	expect(await shown(`${partner}/embed`)).toBe("For partners");
	expect(await shown(`${partner.replace("127.0.0.1", "localhost")}/embed`), "another origin of the same server").toContain("blocked");
	expect(await shown(`${partner}/`)).toContain("blocked");
	const { headers } = await fetch(`${recipe.origin}/embed`);
	expect(headers.get("x-frame-options")).toBeNull();
	expect((await fetch(recipe.origin)).headers.get("x-frame-options")).toBe("DENY");
});

test("Public assets: another site shows the public picture and not the private one", async () => {
	recipe = await startRecipe("Public assets");
	const { origin } = recipe;
	const site = await otherSite(() => `<img src="${origin}/public/logo.svg"><img src="${origin}/private/chart.svg">`);
	const page = await browser.newPage();
	await page.goto(site, { waitUntil: "load" });
	expect(await page.locator("img").evaluateAll((all) => all.map((image) => (image as HTMLImageElement).naturalWidth))).toEqual([8, 0]);
});

test.each([
	["a script that was injected does not send the page elsewhere", true],
	["without the header it does (control)", false],
])("Exfiltration: %s", async (_title, isLimited) => {
	const seen: string[] = [];
	const elsewhere = await otherSite((path) => String(seen.push(path)));
	const api = await otherSite(() => "hello");
	recipe = await startRecipe("Exfiltration", { env: { API: api } });
	const page = await browser.newPage();
	await page.route(`${api}/**`, (route) => route.fulfill({ headers: { "access-control-allow-origin": "*" }, body: "hello" }));
	if (!isLimited) {
		await page.route(`${recipe.origin}/`, async (route) => {
			const response = await route.fetch();
			const headers = Object.entries(response.headers()).filter(([name]) => name !== "connection-allowlist");
			await route.fulfill({ response, headers: Object.fromEntries(headers) });
		});
	}
	await page.goto(`${recipe.origin}/`);
	await page.waitForFunction(runs);
	await page.evaluate((url) => void setTimeout(() => location.assign(`${url}/?secret`)), elsewhere);
	await page.waitForEvent("framenavigated");
	expect(seen.filter((path) => path !== "/favicon.ico")).toEqual(isLimited ? [] : ["/?secret"]);
	await page.close();
});

test("Service workers: the worker is registered and answers", async () => {
	recipe = await startRecipe("Service workers");
	const { page, violations } = await visit(browser, `${recipe.origin}/`);
	await page.waitForFunction(runs);
	expect(await violations()).toEqual([]);
});

test("A framework with a policy of its own: its page runs under the completed policy, and an injected script does not", async () => {
	recipe = await startRecipe("A framework with a policy of its own");
	const { page, violations } = await visit(browser, `${recipe.origin}/`);
	await page.waitForFunction(runs);
	expect(await page.evaluate(() => getComputedStyle(document.querySelector("h1") as Element).color)).toBe("rgb(0, 128, 0)");
	expect(await violations()).toEqual([]);
	const { headers } = await fetch(recipe.origin);
	expect(headers.get("content-security-policy")).toMatch(
		/^script-src 'self' '(nonce-[\w+/=]+)'; default-src 'self'; .*frame-ancestors 'none'; .*style-src 'self' '\1'$/,
	);
	expect(headers.get("cache-control")).toBe("private");
	const attacked = await visit(browser, `${recipe.origin}/`, "<script>window.injected = true</script>");
	await attacked.page.waitForFunction(runs);
	expect(await attacked.violations()).toEqual(["script-src-elem inline"]);
});

test("Caching pages with a nonce: the stored page runs with the policy that it came with", async () => {
	recipe = await startRecipe("Caching pages with a nonce");
	const page = await browser.newPage();
	const statuses: number[] = [];
	const client = await page.context().newCDPSession(page);
	await client.send("Network.enable");
	client.on("Network.responseReceivedExtraInfo", ({ statusCode }) => void statuses.push(statusCode));
	for (let i = 0; i < 2; i++) {
		await page.goto(i === 0 ? `${recipe.origin}/` : "about:blank");
		await page.goto(`${recipe.origin}/`);
		await page.waitForFunction(runs);
	}
	expect(statuses[0]).toBe(200);
	expect(statuses.at(-1)).toBe(304);
	const answer = await fetch(recipe.origin);
	expect(answer.headers.get("cache-control")).toBe("private, no-cache");
	const again = await fetch(recipe.origin, { headers: { "if-none-match": '"1"', "cache-control": "max-age=0" } });
	expect([again.status, again.headers.get("content-security-policy")]).toEqual([304, null]);
});

test("Report-only first: the script runs, and the report arrives", async () => {
	recipe = await startRecipe("Report-only first");
	const { page } = await visit(browser, `${recipe.origin}/`);
	await page.waitForFunction(runs);
	const { printed } = recipe;
	await vi.waitFor(() => expect(printed.filter((line) => line.includes("csp-violation"))).toHaveLength(1));
	expect(JSON.parse(printed.at(-1) ?? "")).toMatchObject([{ disposition: "report", directive: "script-src-elem", blocked: "inline" }]);
});

test("Reports of framing: the frame is blocked, and the report arrives", async () => {
	recipe = await startRecipe("Reports of framing");
	const { origin, printed } = recipe;
	const site = await otherSite(() => `<iframe src="${origin}/"></iframe>`);
	const page = await browser.newPage();
	await page.goto(site, { waitUntil: "load" });
	await vi.waitFor(() => expect(printed.filter((line) => line.includes("csp-violation"))).toHaveLength(1));
	expect(JSON.parse(printed.at(-1) ?? "")).toMatchObject([{ disposition: "enforce", directive: "frame-ancestors" }]);
});

describe("the page of recipes", () => {
	test("has no section whose code is not run here or beside", () => {
		const run = ["EJS", "Pug", "Handlebars", "Nunjucks", "Eta", "React", "Vue", "Vite in development", "A built single-page app"].concat(
			["Swagger UI", "Bull Board", "Apollo Server", "Payments and other vendors"],
			["Server-sent events"],
			["Socket.IO", "WebSocket and GraphQL", "OAuth popups", "Frames for partners", "Public assets", "Service workers", "Exfiltration"],
			["Caching pages with a nonce", "Report-only first", "Reports of framing", "A framework with a policy of its own"],
		);
		expect([...RECIPES.keys()].sort()).toEqual(run.sort());
	});
});
