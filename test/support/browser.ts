import { type Browser, chromium } from "playwright-core";

/** Debian's Chromium; CHROMIUM names another. Fails, rather than skips, where there is none. */
export function launch(): Promise<Browser> {
	return chromium.launch({
		executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
		args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run"],
	});
}
