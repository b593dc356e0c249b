import { type Browser, chromium, type Page } from "playwright-core";

/** Debian's Chromium; CHROMIUM names another. Fails, rather than skips, where there is none. */
export function launch(...args: readonly string[]): Promise<Browser> {
	return chromium.launch({
		executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
		args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run", ...LOCAL, ...args],
	});
}

/** A page that a test has changed on its way counts as one from the internet, and would not be let back to this machine. */
const LOCAL = ["--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets"];

/** What a page saw: filled by code inside it, because code that the driver runs is exempt from the policy. */
export interface Visit {
	readonly page: Page;
	/** `directive blocked-URI` of each violation so far. */
	violations(): Promise<readonly string[]>;
}

/**
 * Opens a page and records its violations. `inject` is markup that an attacker got into the document: it
 * is put before the end of the body of what the server sent, whose headers stay.
 */
export async function visit(browser: Browser, url: string, inject?: string, opened?: Page): Promise<Visit> {
	const page = opened ?? (await browser.newPage());
	await page.addInitScript(() => {
		const seen: string[] = [];
		Reflect.set(window, "violations", seen);
		document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => seen.push(`${effectiveDirective} ${blockedURI}`));
	});
	if (inject !== undefined) {
		await page.route(url, async (route) => {
			const response = await route.fetch();
			const body = await response.text();
			await route.fulfill({ response, body: body.includes("</body>") ? body.replace("</body>", `${inject}</body>`) : body + inject });
		});
	}
	await page.goto(url, { waitUntil: "load" });
	return { page, violations: () => page.evaluate(() => Reflect.get(window, "violations") as string[]) };
}
