import { expect, test } from "vitest";
import { visit } from "../../support/browser.ts";
import { ask, counts, settle, testFramework } from "../../support/framework.ts";

const IMAGE = "/_next/image?url=%2Fsquare.png&w=64&q=75";

testFramework({
	name: "next",
	pages: ["/", "/static", "/legacy", "/legacy-static"],
	answers: [
		{ path: "/missing", status: 404 },
		{ path: "/error", status: 500 },
		{ path: "/legacy?fail=1", status: 500 },
		{ path: "/old", status: 307 },
		{ path: "/moved", status: 308 },
		{ path: "/api", status: 200 },
		{ path: "/api", method: "OPTIONS", status: 204 },
		{ path: "/", method: "HEAD", status: 200 },
		{ path: "/%ff", status: 404 },
	],
	files: (html) => [...new Set(html.match(/\/_next\/static\/[\w./~-]+\.js/g))].concat("/square.png", IMAGE, "/static", "/legacy-static", "/api"),
	hot: { file: "app/page.jsx", from: "It runs", to: "It still runs", selector: "h1" },
	keepsBuild: true,
	presets: {
		// With 'strict-dynamic', a static page cannot load a file, because the tags have no nonce.
		ssr: { "/": [], "/legacy": [], "/static": ["script-src-elem file"], "/legacy-static": ["script-src-elem file"] },
		strict: {
			"/": ["require-trusted-types-for trusted-types-sink"],
			"/legacy": ["require-trusted-types-for trusted-types-sink"],
			"/static": ["script-src-elem file"],
			"/legacy-static": ["script-src-elem file"],
		},
	},
	also(started, mode) {
		const open = (path: string) => visit(started().browser, started().origin + path);

		test.each([
			["/missing", "Not found"],
			["/error", "It failed"],
			["/legacy?fail=1", "It failed"],
		])("%s raises no violation", async (path, heading) => {
			const { page, violations } = await open(path);
			await settle(page);
			if (mode === "production") expect(await page.textContent("h1")).toBe(heading);
			expect(await violations()).toEqual([]);
			await page.close();
		});

		test("a streamed part, an image, inline scripts and a server action work, also after a navigation", async () => {
			const { page, violations } = await open("/");
			await page.getByText("It arrived").waitFor();
			await page.waitForSelector("html[data-first=ran]");
			await page.waitForFunction(() => (document.querySelector("img")?.naturalWidth ?? 0) > 0);
			await counts(page);
			await page.fill("input[name=name]", "Grace");
			await page.click("#greet");
			await page.getByText("Hello Grace").waitFor();
			await page.click("a#second");
			await page.waitForSelector("html[data-second=ran]");
			// Without a load.
			expect(await page.evaluate(() => performance.getEntriesByType("navigation").map(({ name }) => new URL(name).pathname))).toEqual(["/"]);
			expect(await violations()).toEqual([]);
			await page.close();
		});

		if (mode === "development") return;

		test("shared caches may keep static pages, and no page with a nonce", async () => {
			const cacheControl = async (path: string) => (await ask(started().origin, { path })).lines.find(([name]) => name === "cache-control")?.[1];
			expect(await cacheControl("/static")).toBe("s-maxage=31536000");
			expect(await cacheControl("/")).toBe("private, no-cache, no-store, max-age=0, must-revalidate");
		});
	},
});
