import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { visit } from "../../support/browser.ts";
import { ask, counts, testFramework } from "../../support/framework.ts";

const SLOT = /ngCspNonce="([^"]+)"/.exec(readFileSync("examples/frameworks/angular/src/index.html", "utf8"))?.[1] ?? "";

testFramework({
	name: "angular",
	policy: "src/headers.ts",
	pages: ["/", "/built", "/client"],
	answers: [
		{ path: "/", method: "HEAD", status: 200 },
		{ path: "/missing", status: 404 },
		{ path: "/nowhere", status: 404 },
		{ path: "/error", status: 500 },
		{ path: "/old", status: 302 },
		{ path: "/", method: "OPTIONS", status: 200, headers: { origin: "http://other.example", "access-control-request-method": "PUT" } },
	],
	files: (html) => ["/logo.svg", ...new Set(html.match(/(?<=")[\w-]+\.(?:js|css)(?=")/g)?.map((file) => `/${file}`))],
	hot: { file: "src/app/pages.ts", from: "It runs", to: "It changed", selector: "h1" },
	// The strict preset wants no <base>.
	presets: { ssr: [], strict: ["base-uri self/"] },
	also(started, mode) {
		test.each(["/", "/built", "/client"])("components of %s have their styles, also those that come later", async (path) => {
			const { origin, browser } = started();
			const { page, violations } = await visit(browser, origin + path);
			await counts(page);
			const color = () => page.locator("p").evaluate((p) => getComputedStyle(p).color);
			expect(await color()).toBe("rgb(0, 0, 128)");
			// With hot updates, Angular does not defer.
			if (mode === "production") {
				await page.click("#late");
				await page.getByText("It woke up").waitFor();
			}
			await page.click("#second");
			await page.getByText("A style that came later").waitFor();
			expect(await color()).toBe("rgb(128, 0, 0)");
			expect(await violations()).toEqual([]);
			await page.close();
		});

		test("the error page runs without a violation", async () => {
			const { origin, browser } = started();
			const { page, violations } = await visit(browser, `${origin}/missing`);
			await page.getByRole("heading", { name: "Not found" }).waitFor();
			await counts(page);
			expect(await violations()).toEqual([]);
			await page.close();
		});

		// In development, Vite answers it.
		if (mode === "development") return;
		test("an address that Angular cannot decode has the policy", async () => {
			const { status, lines } = await ask(started().origin, { path: "/%ff" });
			expect([status, lines.filter(([name]) => name === "content-security-policy").length]).toEqual([500, 1]);
		});

		test.each(["/", "/built", "/client", "/missing", "/nowhere", "/index.csr.html", "/built/index.html", "/index.csr%2ehtml", "/built/index.htm%6c"])(
			"the slot is not in the answer to %s",
			async (path) => {
				const { lines, body } = await ask(started().origin, { path });
				expect(body).not.toContain(SLOT);
				const found = /ngCspNonce="([^"]+)"/i.exec(body)?.[1];
				const policy = lines.find(([name]) => name === "content-security-policy")?.[1];
				if (found !== undefined) expect(policy).toContain(`'nonce-${found}'`);
			},
		);
	},
});
