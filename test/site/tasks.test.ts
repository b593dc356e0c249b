import type { Locator, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { visit } from "../support/browser.ts";
import { serveSite, untilItRuns } from "../support/served-docs.ts";

const site = serveSite();

const PHONE = 390;
const COMPUTER = 1280;
const HEIGHT = 900;

/** What a person may click before giving up. */
const PATIENCE = 3;

interface Reader {
	readonly page: Page;
	/** Follows the first visible link with this text in this part of the page. */
	follow(text: string | RegExp, part?: string): Promise<void>;
	/** Opens the list of headings, which is a click on a phone and always open beside the page on a computer. */
	findHeading(text: string): Promise<void>;
	/** How often the reader clicked. */
	clicks(): number;
}

async function arrive(width: number): Promise<Reader> {
	const page = await site.browser.newPage({ viewport: { width, height: HEIGHT } });
	await visit(site.browser, `${site.origin}/`, undefined, page);
	await untilItRuns(page);
	let count = 0;
	const click = async (link: Locator): Promise<void> => {
		count += 1;
		await link.click();
	};
	const follow = async (text: string | RegExp, part = "main, .VPContent"): Promise<void> => {
		const before = page.url();
		await click(page.locator(part).first().locator("a:visible").filter({ hasText: text }).first());
		await page.waitForURL((url) => url.href !== before);
	};
	return {
		page,
		follow,
		findHeading: async (text) => {
			if (width < COMPUTER) await click(page.locator(".VPLocalNavOutlineDropdown button"));
			await follow(text, width < COMPUTER ? ".VPLocalNavOutlineDropdown" : ".VPDocAside");
		},
		clicks: () => count,
	};
}

interface Answer {
	readonly at: string;
	readonly heading: string;
	/** Is in a block of code. */
	readonly code: string;
}

/** The reader sees the heading and, without scrolling on a computer, the code of the answer. A phone shows it after a screen at most. */
async function expectAnswer({ page, clicks }: Reader, width: number, { at, heading, code }: Answer): Promise<void> {
	expect(clicks()).toBeLessThanOrEqual(PATIENCE);
	expect(new URL(page.url()).pathname + new URL(page.url()).hash).toBe(at);
	const below = (locator: Locator): Promise<number> => locator.evaluate((element) => element.getBoundingClientRect().top);
	const title = page.locator("h1, h2, h3").filter({ hasText: heading }).first();
	await expect.poll(() => below(title)).toBeLessThan(HEIGHT / 2);
	expect(await below(title)).toBeGreaterThanOrEqual(0);
	const block = page.locator("pre code").filter({ hasText: code }).first();
	expect(await block.isVisible()).toBe(true);
	const line = block.locator(".line").filter({ hasText: code }).first();
	const place = await below((await line.count()) === 0 ? block : line);
	expect(place).toBeGreaterThan(0);
	expect(place).toBeLessThan(width === PHONE ? 2 * HEIGHT : HEIGHT);
}

describe.each([
	["a computer", COMPUTER],
	["a phone", PHONE],
])("from the first page, on %s", (_name, width) => {
	test("popup login is broken", async () => {
		const reader = await arrive(width);
		await reader.follow("Something is blocked");
		await reader.findHeading("My popup is null, popup login is broken");
		await expectAnswer(reader, width, {
			at: "/troubleshooting.html#my-popup-is-null-popup-login-is-broken",
			heading: "My popup is null",
			code: 'secureHeaders({ crossOriginOpenerPolicy: "same-origin-allow-popups" });',
		});
	});

	test("allow Stripe on one page", async () => {
		const reader = await arrive(width);
		await reader.follow(/Guides by task/);
		await reader.follow(/^Stripe, PayPal/);
		await expectAnswer(reader, width, { at: "/vendors.html", heading: "Vendors", code: 'app.get("/checkout", headers.extend(stripe), checkout);' });
		expect(await reader.page.locator("h2#stripe").isVisible()).toBe(true);
	});

	test("Next behind Express", async () => {
		const reader = await arrive(width);
		await reader.follow(/Frameworks/);
		await reader.follow("Next", "table");
		if (width === COMPUTER) await reader.findHeading("The lines");
		await expectAnswer(reader, width, {
			at: width === COMPUTER ? "/frameworks/next.html#the-lines" : "/frameworks/next.html",
			heading: width === COMPUTER ? "The lines" : "Next",
			code: 'server.use(nonceHeader("next"));',
		});
	});

	test("move from helmet 5", async () => {
		const reader = await arrive(width);
		await reader.follow(/Moving from helmet/);
		await expectAnswer(reader, width, { at: "/moving-from-helmet.html", heading: "Moving from helmet", code: 'import helmet from "headguard/helmet";' });
		await reader.follow("what differs between the versions");
		await expectAnswer(reader, width, {
			at: "/moving-from-helmet.html#the-version-of-helmet",
			heading: "The version of helmet",
			code: "npx headguard migrate --helmet 5 --write",
		});
	});

	test("what does this CSP allow?", async () => {
		const reader = await arrive(width);
		await reader.follow("Try a policy");
		const { page } = reader;
		await page.fill(".playground textarea >> nth=0", "script-src 'self' https://cdn.example; object-src 'none'");
		await expect.poll(() => page.textContent(".playground .words")).toContain("Scripts: only from this site or from https://cdn.example.");
		expect(await page.textContent(".playground .words")).toContain("Plugins: not allowed.");
		expect(reader.clicks()).toBe(1);
	});
});

test("a link that is not there is not followed, and an answer that is not there is noticed (control)", async () => {
	const reader = await arrive(COMPUTER);
	reader.page.setDefaultTimeout(5000);
	await expect(reader.follow("A link to nowhere")).rejects.toThrow("Timeout");
	const answer = { at: "/", heading: "headguard", code: "app.use(headers); // first" };
	await expectAnswer(reader, COMPUTER, answer);
	await expect(expectAnswer(reader, COMPUTER, { ...answer, code: "no such code" })).rejects.toThrow();
	await expect(expectAnswer(reader, COMPUTER, { ...answer, at: "/codes.html" })).rejects.toThrow();
	// With the link that was not there, that is one too many.
	for (const text of ["Start", "Guides", "Troubleshooting"]) await reader.follow(text, ".VPNavBarMenu");
	await expect(expectAnswer(reader, COMPUTER, answer)).rejects.toThrow("4");
});
