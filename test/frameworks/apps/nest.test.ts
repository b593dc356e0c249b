import { expect, test } from "vitest";
import { visit } from "../../support/browser.ts";
import { ask, testFramework } from "../../support/framework.ts";

const PREFLIGHT = { origin: "https://partner.example", "access-control-request-method": "PUT" };

testFramework({
	name: "nest",
	modes: ["production"],
	pages: ["/"],
	answers: [
		{ path: "/missing", status: 404 },
		{ path: "/error", status: 500 },
		{ path: "/closed", status: 403 },
		{ path: "/old", status: 302 },
		{ path: "/%ff", status: 404 },
		{ path: "/api", status: 200 },
		{ path: "/api", method: "OPTIONS", headers: PREFLIGHT, status: 204 },
		{ path: "/", method: "HEAD", status: 200 },
		{ path: "/docs", status: 200 },
		{ path: "/docs-json", status: 200 },
		{ path: "/socket.io/?EIO=4&transport=polling", status: 200 },
		{ path: "/socket.io/?EIO=4&transport=unknown", status: 400 },
	],
	files: ["/files/logo.svg", "/docs/swagger-ui.css", "/socket.io/socket.io.js"],
	policy: "src/headers.ts",
	presets: { ssr: [], strict: [] },
	also(started) {
		const directive = async (name: string, path: string) => {
			const { lines } = await ask(started().origin, { path });
			const policy = lines.find(([field]) => field === "content-security-policy")?.[1] ?? "";
			return policy.split("; ").find((text) => text.startsWith(`${name} `));
		};

		test.each(["/missing", "/error", "/closed"])("the filter shows a page with a script for %s", async (path) => {
			const { page, violations } = await visit(started().browser, started().origin + path);
			const { status } = await ask(started().origin, { path });
			expect(await page.textContent("h1")).toBe(`Error ${status}`);
			expect(await violations()).toEqual([]);
			await page.close();
		});

		test("events and the gateway reach the page", async () => {
			const { page, violations } = await visit(started().browser, `${started().origin}/`);
			await page.waitForFunction(() => /count/.test(document.querySelector("#event")?.textContent ?? ""));
			await page.waitForFunction(() => document.querySelector("#heard")?.textContent === "hello");
			expect(await violations()).toEqual([]);
			await page.close();
		});

		test("Swagger UI runs under its own policy, which no other path has", async () => {
			const { page, violations } = await visit(started().browser, `${started().origin}/docs`);
			await page.click("text=/closed");
			await page.getByText("Try it out").waitFor();
			expect(await violations()).toEqual([]);
			await page.close();
			expect(await directive("style-src", "/docs")).toBe("style-src 'self' 'unsafe-inline'");
			expect(await directive("style-src", "/api")).toBe("style-src 'self'");
		});

		test("an addition of a module is on its route only", async () => {
			expect(await directive("img-src", "/second")).toBe("img-src 'self' data: https://images.example");
			expect(await directive("img-src", "/")).toBe("img-src 'self' data:");
		});
	},
});
