import { expect, test } from "vitest";
import { visit } from "../../support/browser.ts";
import { counts, testFramework } from "../../support/framework.ts";

testFramework({
	name: "trpc",
	modes: ["production"],
	pages: ["/"],
	navigates: false,
	answers: [
		{ path: "/trpc/hello", status: 200 },
		{ path: "/trpc/hello", method: "POST", status: 405, headers: { "content-type": "application/json" } },
		{ path: "/trpc/missing", status: 404 },
		{ path: "/trpc/fail", status: 500 },
		{ path: "/missing", status: 404 },
	],
	files: ["/logo.svg"],
	presets: { ssr: [], strict: [] },
	keepsBuild: true,
	also(started) {
		test("a query and a subscription reach the page", async () => {
			const { page, violations } = await visit(started().browser, `${started().origin}/`);
			await counts(page);
			await page.getByRole("heading", { name: "It runs" }).waitFor();
			await page.getByText("It ticks").waitFor();
			expect(await violations()).toEqual([]);
			await page.close();
		});
	},
});
