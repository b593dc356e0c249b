import { expect, test } from "vitest";
import { visit } from "../../support/browser.ts";
import { ask, counts, settle, testFramework } from "../../support/framework.ts";

testFramework({
	name: "nuxt",
	pages: ["/", "/static/"],
	answers: [
		{ path: "/missing", status: 404 },
		{ path: "/error", status: 500 },
		{ path: "/old", status: 302 },
		{ path: "/", method: "HEAD", status: 200 },
	],
	files: (html) => ["/logo.svg", /\/_nuxt\/[\w-]+\.js/.exec(html)?.[0] ?? "/_nuxt/missing"],
	hot: { file: "app/pages/index.vue", from: "It runs", to: "It changed", selector: "#title" },
	// Vue sets innerHTML when it shows another page.
	presets: { ssr: [], strict: { "/": [], "/static/": [], navigation: ["require-trusted-types-for trusted-types-sink"] } },
	keepsBuild: true,
	also(started, mode) {
		test("a script of useHead and the answer of useFetch are in the page", async () => {
			const { page, violations } = await visit(started().browser, `${started().origin}/`);
			await counts(page);
			await page.getByText("From useFetch").waitFor();
			expect(await page.evaluate(() => Reflect.get(window, "ownScript"))).toBe("It ran");
			expect(await violations()).toEqual([]);
			await page.close();
		});

		test("a visitor's text in an attribute of the head does not become a script with the nonce", async () => {
			const about = encodeURIComponent("<script ><script>window.injected = true</script>");
			const { page } = await visit(started().browser, `${started().origin}/?about=${about}`);
			await counts(page);
			expect(await page.locator("meta[name=description]").getAttribute("content")).toContain("window.injected");
			expect(await page.evaluate(() => Reflect.get(window, "injected"))).toBeUndefined();
			await page.close();
		});

		test.each(["/missing", "/error"])("the error page of %s has the nonce of its policy, and raises no violation of its own", async (path) => {
			const { lines, body } = await ask(started().origin, { path });
			const policy = lines.find(([name]) => name === "content-security-policy")?.[1] ?? "";
			const nonce = /'nonce-([^']+)'/.exec(policy)?.[1];
			expect(nonce).toMatch(/^[\w-]{22}$/);
			expect(body).toContain(`<script nonce="${nonce}"`);
			const { page, violations } = await visit(started().browser, started().origin + path);
			await page.getByRole("heading", { level: 1 }).waitFor();
			await settle(page);
			// In development, Nuxt puts an overlay over the page, whose two scripts have no nonce.
			expect(await violations()).toEqual(mode === "production" ? [] : ["script-src-elem inline", "script-src-elem inline"]);
			await page.close();
		});
	},
});
