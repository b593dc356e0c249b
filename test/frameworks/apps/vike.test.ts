import { expect, onTestFinished, test } from "vitest";
import { visit } from "../../support/browser.ts";
import { ask, counts, edit, start, testFramework } from "../../support/framework.ts";

testFramework({
	name: "vike",
	pages: ["/"],
	answers: [
		{ path: "/", method: "HEAD", status: 200 },
		{ path: "/missing", status: 404 },
		{ path: "/error", status: 500 },
		{ path: "/old", status: 302 },
		{ path: "/second/index.pageContext.json", status: 200 },
		{ path: "/logo.svg", status: 200 },
		{
			path: "/",
			method: "OPTIONS",
			status: { production: 200, development: 204 },
			headers: { origin: "http://other.example", "access-control-request-method": "PUT" },
		},
		{ path: "/%ff", status: 404 },
	],
	files: (html) => ["/logo.svg", ...new Set(html.match(/\/assets\/[\w./-]+\.(?:js|css)/g))],
	hot: { file: "pages/index/+Page.jsx", from: "It runs", to: "It changed", selector: "h1" },
	keepsBuild: true,
	presets: { ssr: [], strict: [] },
	also(started, mode) {
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

		if (mode === "development") return;
		test("without the lock, Vike's own policy is completed", async () => {
			const { folder, browser } = started();
			edit(folder, "headers.js", '{ lock: ["contentSecurityPolicy"] }', "");
			const completed = await start(folder, mode, browser);
			onTestFinished(completed.stop);
			const { lines } = await ask(completed.origin, { path: "/" });
			const [policy = "", ...more] = lines.filter(([name]) => name === "content-security-policy").map(([, value]) => value);
			expect(more).toEqual([]);
			expect(policy.replaceAll(/'nonce-[\w-]{22}'/g, "'nonce-…'")).toBe(
				"script-src 'self' 'nonce-…'; default-src 'self'; base-uri 'self'; font-src 'self' data:; form-action 'self'; frame-ancestors 'none'; img-src 'self' data:; object-src 'none'; style-src 'self' 'nonce-…'",
			);
			const { page, violations } = await visit(browser, `${completed.origin}/`);
			await counts(page);
			expect(await violations()).toEqual([]);
			await page.close();
		});
	},
});
