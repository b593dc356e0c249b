import type { BrowserContext, Page } from "playwright-core";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { visit } from "../support/browser.ts";
import { serveSite } from "../support/served-docs.ts";

const site = serveSite();
/** One, so that the files of the site are loaded once. */
let context: BrowserContext;
let page: Page;
let problems: string[];
let violations: () => Promise<readonly string[]>;

beforeAll(async () => {
	context = await site.browser.newContext();
});
afterEach(async () => {
	expect([...problems, ...(await violations())]).toEqual([]);
	await page.close();
});

async function open(hash = "", width = 1280): Promise<void> {
	page = await context.newPage();
	await page.setViewportSize({ width, height: 900 });
	problems = [];
	page.on("pageerror", (error) => problems.push(error.message));
	page.on("dialog", (dialog) => {
		problems.push(`dialog: ${dialog.message()}`);
		void dialog.dismiss();
	});
	page.on("request", (request) => {
		if (!request.url().startsWith(site.origin) && !request.url().startsWith("data:")) problems.push(`elsewhere: ${request.url()}`);
	});
	({ violations } = await visit(site.browser, `${site.origin}/playground.html${hash}`, undefined, page));
	await page.waitForSelector(".playground .verdict");
}

async function openHar(policies: readonly string[]): Promise<void> {
	const entries = policies.map((csp, index) => ({
		request: { url: `https://a.example/${index}` },
		response: {
			headers: [
				{ name: "content-type", value: "text/html" },
				{ name: "content-security-policy", value: csp },
			],
		},
	}));
	await page.setInputFiles("input[type=file]", { name: "a.har", mimeType: "application/json", buffer: Buffer.from(JSON.stringify({ log: { entries } })) });
}

/** What the page says that the address does not have. */
async function leftOut(): Promise<string | null> {
	return page.textContent(".playground .left-out");
}

async function triedValues(): Promise<readonly string[]> {
	const fields = ["Use as", "Address", "On the page", "Inline", "Code"].map((label) => page.getByLabel(label, { exact: true }).inputValue());
	return Promise.all(fields);
}

async function paste(text: string): Promise<string | null> {
	await page.fill(".playground textarea >> nth=0", text);
	const kept = text === "" ? "" : `#try=${encodeURIComponent(text)}`;
	await expect.poll(() => page.evaluate(() => location.hash)).toBe(kept);
	return page.textContent(".playground .result");
}

describe("a reader", () => {
	test("sees the defaults at first", async () => {
		await open();
		const result = await page.textContent(".playground .result");
		expect(result).toContain("A+");
		expect(result).toContain("X-Content-Type-Options: nosniff");
	});

	test("pastes options, and sees the header, words, and files of proxies", async () => {
		await open();
		const result = await paste('secureHeaders({ contentSecurityPolicy: { directives: { imgSrc: [csp.self, "https://img.example"] } } })');
		expect(result).toContain("img-src 'self' https://img.example");
		expect(result).toContain("Images and icons: only");
		await page.click("summary:has-text('nginx')");
		expect(await page.textContent("[aria-label='Configuration of nginx']")).toContain("add_header");
	});

	test("pastes options with mistakes, and follows the code", async () => {
		await open();
		expect(await paste('secureHeaders({ contentSecurityPolicy: { directives: { scriptSrc: ["self"] } } })')).toContain("refuses these options: 1 problem.");
		await page.click("text=csp/unquoted-keyword");
		await page.waitForURL(/codes\.html#cspunquoted-keyword$/);
	});

	test("pastes a call of helmet, and sees what replaces it", async () => {
		await open();
		const result = await paste('app.use(helmet({ referrerPolicy: { policy: "origin" } }))');
		expect(result).toContain("For headguard");
		expect(result).toContain("Referrer-Policy: origin");
	});

	test("chooses the version of helmet, sees what changes, and finds it again in the address", async () => {
		await open();
		expect(await page.getByLabel("Version of helmet").isVisible()).toBe(false);
		expect(await paste("helmet()")).toContain("compared with helmet 8");
		await page.getByLabel("Version of helmet").selectOption("5");
		await expect.poll(() => page.textContent(".playground .result")).toContain("expect-ctbefore: max-age=0after: not sent");
		expect(await page.evaluate(() => location.hash)).toBe("#try=helmet()&helmet=5");
		await page.reload();
		await page.waitForSelector(".playground .verdict");
		expect(await page.getByLabel("Version of helmet").inputValue()).toBe("5");
		await page.click(".playground button:has-text('A helmet call')");
		await expect.poll(() => page.getByLabel("Version of helmet").inputValue()).toBe("8");
	});

	test("pastes headers with a nonce, and sees what a proxy can send", async () => {
		await open();
		const result = await paste("content-security-policy: script-src 'nonce-abc'\nx-frame-options: DENY");
		expect(result).toContain("Content-Security-Policy: has a nonce, which is new in each response, so a proxy cannot send it.");
		for (const [server, line] of [
			["nginx", 'add_header X-Frame-Options "DENY" always;'],
			["apache", 'Header always set X-Frame-Options "DENY"'],
			["caddy", "X-Frame-Options `DENY`"],
		])
			expect(await page.textContent(`[aria-label='Configuration of ${server}']`)).toContain(line);
		expect(await page.textContent("[aria-label='Configuration of nginx']")).not.toContain("nonce");
	});

	test("pastes headers, and sees findings and a grade", async () => {
		await open();
		const result = await paste("content-security-policy: script-src 'unsafe-inline' *\nx-frame-options: ALLOWALL");
		expect(result).toContain("csp/script-unsafe-inline");
		expect(await page.textContent(".playground .grade")).toMatch(/^[DF]$/);
	});

	test("pastes a policy alone, and tries an address and inline code", async () => {
		await open();
		await paste("default-src 'none'; script-src 'self' https://cdn.example");
		await expect.poll(() => page.textContent(".outcome >> nth=0")).toBe("Allowed script-src allows it.");
		await page.fill(".playground input[type=text] >> nth=0", "https://evil.example/x.js");
		await expect.poll(() => page.textContent(".outcome >> nth=0")).toContain("Blocked script-src does not list https://evil.example.");
		await page.fill(".playground section textarea", "go()");
		await expect.poll(() => page.textContent(".outcome >> nth=1")).toMatch(/^Blocked script-src does not allow inline code\. .*'sha256-/);
	});

	test("opens a HAR file, chooses a page of it, and finds it again in the address", async () => {
		await open();
		await openHar(["img-src 'none'", "img-src *"]);
		await page.waitForSelector("text=img-src 'none'");
		await page.getByLabel("Response", { exact: true }).selectOption("1");
		await expect.poll(() => page.textContent(".playground .result")).toContain("Content-Security-Policy: img-src *");
		expect(await page.evaluate(() => location.hash)).toMatch(/^#try=.*&response=1$/);
		expect(await leftOut()).toBe("");
		await page.reload();
		await page.waitForSelector(".playground .verdict");
		expect(await page.getByLabel("Response", { exact: true }).inputValue()).toBe("1");
		expect(await page.textContent(".playground .result")).toContain("Content-Security-Policy: img-src *");
	});

	test("chooses a page of a HAR file that is too long for the address, and sends that page alone", async () => {
		await open();
		const long = `img-src ${"https://img.example/ ".repeat(1000)}`;
		await openHar([long, "img-src *"]);
		await expect.poll(leftOut).toBe("The address of this page leaves out what you pasted: it would be too long.");
		expect(await page.evaluate(() => location.hash)).toBe("");
		await page.getByLabel("Response", { exact: true }).selectOption("1");
		await expect
			.poll(leftOut)
			.toBe("The address of this page leaves out what you pasted: it would be too long. It has the headers of this response alone, without cookies.");
		await page.reload();
		await page.waitForSelector(".playground .verdict");
		expect(await page.inputValue(".playground textarea >> nth=0")).toBe("content-type: text/html\ncontent-security-policy: img-src *");
		expect(await page.textContent(".playground .result")).toContain("Content-Security-Policy: img-src *");
		expect(await leftOut()).toBe("");
	});

	test("tries an address and code, and a colleague sees the same", async () => {
		await open();
		await paste("script-src 'self' https://cdn.example");
		await page.getByLabel("Use as").selectOption("image");
		await page.getByLabel("Address").fill("https://img.example/a.png?b&c#d");
		await page.getByLabel("On the page").fill("https://shop.example/");
		await page.getByLabel("Inline").selectOption("style attribute");
		await page.getByLabel("Code", { exact: true }).fill("color: red");
		const hash =
			"&use=image&address=https%3A%2F%2Fimg.example%2Fa.png%3Fb%26c%23d&page=https%3A%2F%2Fshop.example%2F&inline=style%20attribute&code=color%3A%20red";
		await expect.poll(() => page.evaluate(() => location.hash)).toMatch(/&code=color%3A%20red$/);
		expect(await page.evaluate(() => location.hash)).toBe(`#try=script-src%20'self'%20https%3A%2F%2Fcdn.example${hash}`);
		const outcomes = await page.locator(".outcome").allTextContents();
		await page.reload();
		await page.waitForSelector(".playground .verdict");
		expect(await triedValues()).toEqual(["image", "https://img.example/a.png?b&c#d", "https://shop.example/", "style attribute", "color: red"]);
		await expect.poll(() => page.locator(".outcome").allTextContents()).toEqual(outcomes);
	});

	test("opens a link of a colleague in the same tab", async () => {
		await open(`#try=${encodeURIComponent("img-src 'none'")}&use=image`);
		await page.evaluate(() => location.assign("#try=img-src%20*&address=https%3A%2F%2Fa.example"));
		await expect.poll(() => page.inputValue(".playground textarea >> nth=0")).toBe("img-src *");
		expect(await triedValues()).toEqual(["script", "https://a.example", "https://www.example.com/", "inline script", "start()"]);
	});

	test("tries code that is too long for the address, and is told", async () => {
		await open();
		await page.getByLabel("Code", { exact: true }).fill("x".repeat(20_000));
		await expect.poll(leftOut).toBe("The address of this page leaves out the code that you try: it would be too long.");
		await page.getByLabel("Code", { exact: true }).fill("x");
		await expect.poll(leftOut).toBe("");
		expect(await page.evaluate(() => location.hash)).toBe("#try=secureHeaders()&code=x");
	});

	test("sends the address to a colleague", async () => {
		await open(`#try=${encodeURIComponent("frame-ancestors https://partner.example")}`);
		expect(await page.inputValue(".playground textarea >> nth=0")).toBe("frame-ancestors https://partner.example");
		expect(await page.textContent(".playground .result")).toContain("https://partner.example");
	});

	test("uses the keyboard alone", async () => {
		await open();
		await page.focus(".playground textarea >> nth=0");
		await page.keyboard.press("Tab");
		await page.keyboard.press("Tab");
		await page.keyboard.press("Enter");
		expect(await page.inputValue(".playground textarea >> nth=0")).toContain('preset: "ssr"');
		await expect.poll(() => page.textContent(".playground .result")).toContain("'strict-dynamic'");
	});

	test("uses a phone", async () => {
		await open("", 390);
		await paste(`content-security-policy: img-src ${Array.from({ length: 40 }, (_, i) => `https://long-name-of-a-host-${i}.example`).join(" ")}`);
		expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
	});
});

describe("nothing that is pasted runs", () => {
	test.each([
		"<img src=x onerror=alert(1)>",
		"content-security-policy: img-src <img/src=x/onerror=alert(1)> <script>alert(1)</script>",
		"x-frame-options: <svg onload=alert(1)>",
		"secureHeaders({ '<img src=x onerror=alert(1)>': 1 })",
		"secureHeaders({ lock: [alert(1)] })",
		"alert(1)",
		"</textarea><script>alert(1)</script>",
		"helmet({ referrerPolicy: { policy: '<img src=x onerror=alert(1)>' } })",
		"report-uri javascript:alert(1)",
		"helmet.constructor('alert(1)')()",
		'x-frame-options: ";}\nreferrer-policy: </pre><img src=x onerror=alert(1)>',
		"\u202e\u0000content-security-policy: x",
	])("%s", async (text) => {
		await open();
		await paste(text);
		expect(await page.locator(".playground").locator("img, script, svg, iframe, [onerror], [onload], [href^='javascript']").count()).toBe(0);
	});

	test("an address with hostile values is text, and what is no choice is not chosen", async () => {
		const hostile = "<img src=x onerror=alert(1)>";
		const all = ["helmet", "response", "use", "address", "page", "inline", "code"].map((name) => `${name}=${encodeURIComponent(hostile)}`);
		await open(`#try=${encodeURIComponent("script-src 'self'")}&${all.join("&")}`);
		expect(await triedValues()).toEqual(["script", hostile, hostile, "inline script", hostile]);
		expect(await page.locator(".playground").locator("img, script, svg, iframe, [onerror]").count()).toBe(0);
		await expect.poll(() => page.textContent(".outcome >> nth=0")).toBe("Blocked This is not an address.");
	});

	test("an address names a response that is not there", async () => {
		await open();
		await openHar(["img-src 'none'", "img-src *"]);
		await page.getByLabel("Response", { exact: true }).selectOption("1");
		await page.evaluate(() => location.assign(location.hash.replace("response=1", "response=99")));
		await expect.poll(() => page.getByLabel("Response", { exact: true }).inputValue()).toBe("0");
		expect(await page.textContent(".playground .result")).toContain("Content-Security-Policy: img-src 'none'");
	});

	test.each(["#try=%E0%A4%A", "#try=secureHeaders()&helmet=<img src=x onerror=alert(1)>", "#helmet=5"])("an address with %s is only text", async (hash) => {
		await open(hash);
		expect(await page.textContent(".playground .result")).toContain("A+");
		expect(await page.locator(".playground img").count()).toBe(0);
	});
});
