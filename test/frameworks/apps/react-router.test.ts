import { expect, test } from "vitest";
import { visit } from "../../support/browser.ts";
import { ask, counts, testFramework } from "../../support/framework.ts";

testFramework({
	name: "react-router",
	pages: ["/"],
	answers: [
		{ path: "/", method: "HEAD", status: 200 },
		{ path: "/missing", status: 404 },
		{ path: "/error", status: 500 },
		{ path: "/old", status: 302 },
		{ path: "/second.data", status: 200 },
		{ path: "/logo.svg", status: 200 },
		{
			path: "/",
			method: "OPTIONS",
			status: { production: 405, development: 204 },
			headers: { origin: "http://other.example", "access-control-request-method": "PUT" },
		},
		{ path: "/%ff", status: 404 },
	],
	files: (html) => ["/logo.svg", "/second.data", ...new Set(html.match(/\/assets\/[\w./-]+\.(?:js|css)/g))],
	hot: { file: "app/routes/home.jsx", from: "It runs", to: "It changed", selector: "h1" },
	keepsBuild: true,
	presets: { ssr: [], strict: [] },
	also(started, mode) {
		test("what comes later arrives, and a form is answered, without a violation", async () => {
			const { origin, browser } = started();
			const { page, violations } = await visit(browser, `${origin}/`);
			await counts(page);
			await page.getByText("It came later").waitFor();
			await page.fill("input", "Ada");
			await page.click("text=Send");
			await page.getByText("Hello Ada").waitFor();
			expect(await page.locator("h1").evaluate((h1) => getComputedStyle(h1).color)).toBe("rgb(0, 128, 0)");
			expect(await page.locator("img").evaluate((img) => (img as HTMLImageElement).naturalWidth > 0)).toBe(true);
			expect(await violations()).toEqual([]);
			await page.close();
		});

		test.each([
			["/missing", "Not found"],
			["/error", "It failed"],
		])("the error page of %s runs without a violation", async (path, title) => {
			const { origin, browser } = started();
			const { page, violations } = await visit(browser, origin + path);
			await page.getByRole("heading", { name: title }).waitFor();
			await counts(page);
			expect(await violations()).toEqual([]);
			await page.close();
		});

		test("data and redirects have no nonce, which pages have", async () => {
			const nonces = await Promise.all(
				["/", "/second.data", "/old"].map(async (path) => {
					const { lines } = await ask(started().origin, { path });
					return lines.some(([name, value]) => name === "content-security-policy" && value.includes("'nonce-"));
				}),
			);
			expect([mode, ...nonces]).toEqual([mode, true, false, false]);
		});
	},
});
