import { expect, test } from "vitest";
import { visit } from "../../support/browser.ts";
import { ask, counts, testFramework } from "../../support/framework.ts";

testFramework({
	name: "astro",
	pages: ["/", "/static/"],
	answers: [
		{ path: "/missing", status: 404 },
		{ path: "/error", status: 500 },
		{ path: "/old", status: 302 },
		{ path: "/", method: "HEAD", status: 200 },
		{
			path: "/",
			method: "OPTIONS",
			status: { production: 200, development: 204 },
			headers: { origin: "https://other.example", "access-control-request-method": "PUT" },
		},
	],
	files: ["/logo.svg"],
	hot: { file: "src/pages/index.astro", from: "It runs", to: "It changed", selector: "#title" },
	presets: {
		// With 'strict-dynamic', a prerendered page cannot load a file, because the tags have no nonce.
		ssr: { "/": [], "/static/": ["script-src-elem file"], navigation: [] },
		// ClientRouter parses the next page.
		strict: { "/": [], "/static/": ["script-src-elem file"], navigation: ["require-trusted-types-for trusted-types-sink"] },
	},
	keepsBuild: true,
	also(started, mode) {
		if (mode === "development") return;

		test("a script with the nonce runs, and a bundled one", async () => {
			const { page, violations } = await visit(started().browser, `${started().origin}/`);
			await counts(page);
			await page.getByText("A bundled script ran").waitFor();
			await page.click("#own");
			await page.getByText("An inline script ran").waitFor();
			await counts(page);
			expect(await violations()).toEqual([]);
			await page.close();
		});

		test("the own page for addresses that do not exist has no island, and one runs after the navigation to a page that has", async () => {
			const { page, violations } = await visit(started().browser, `${started().origin}/missing`);
			expect(await page.textContent("h1")).toBe("There is no such page");
			await page.evaluate(() => Object.assign(window, { isKept: true }));
			await page.click("#back");
			await page.locator("h1", { hasText: "It runs" }).waitFor();
			await counts(page);
			await page.getByText("A bundled script ran").waitFor();
			expect(await page.evaluate(() => Reflect.get(window, "isKept"))).toBe(true);
			expect(await violations()).toEqual([]);
			await page.close();
		});

		test("the policy has Astro's hashes, all of headguard's directives, and a nonce only where a page reads it", async () => {
			const [plain, nonced] = await Promise.all(
				["/", "/own"].map(async (path) => {
					const { lines } = await ask(started().origin, { path });
					return lines.find(([name]) => name === "content-security-policy")?.[1] ?? "";
				}),
			);
			for (const policy of [plain, nonced]) {
				expect(policy).toContain("'sha256-");
				expect(policy).toContain("frame-ancestors 'none'");
				expect(policy).toContain("object-src 'none'");
			}
			expect([plain?.includes("'nonce-"), nonced?.includes("'nonce-")]).toEqual([false, true]);
		});
	},
});
