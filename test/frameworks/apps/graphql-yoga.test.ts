import { expect, test } from "vitest";
import { visit } from "../../support/browser.ts";
import { ask, counts, settle, testFramework } from "../../support/framework.ts";

testFramework({
	name: "graphql-yoga",
	modes: ["production"],
	pages: ["/"],
	navigates: false,
	answers: [
		{ path: "/graphql", status: 200 },
		{ path: "/graphql?query={hello}", headers: { accept: "application/json" }, status: 200 },
		{ path: "/graphql?query={missing}", headers: { accept: "application/graphql-response+json" }, status: 400 },
		{ path: "/missing", status: 404 },
	],
	files: ["/logo.svg"],
	presets: { ssr: [], strict: [] },
	keepsBuild: true,
	also(started) {
		const opened = async () => {
			const seen = await visit(started().browser, `${started().origin}/graphql`);
			await seen.page.locator(".monaco-editor .view-line").first().waitFor({ timeout: 60_000 });
			return seen;
		};

		test("GraphiQL is shown and asks, without a violation", async () => {
			const { page, violations } = await opened();
			await page
				.getByRole("button", { name: /execute/i })
				.first()
				.click();
			await settle(page);
			expect(await violations()).toEqual([]);
			await page.close();
		});

		test("a script that was injected into GraphiQL does not run", async () => {
			const { page, violations } = await opened();
			// The page is too long to be changed on its way.
			await page.evaluate(() => {
				const script = document.createElement("script");
				script.textContent = "window.injected = true";
				document.body.append(script);
			});
			expect(await violations()).toEqual(["script-src-elem inline"]);
			expect(await page.evaluate(() => Reflect.get(window, "injected"))).toBeUndefined();
			await page.close();
		});

		test("queries have the policy of the application", async () => {
			const { lines, body } = await ask(started().origin, { path: "/graphql", method: "GET", headers: { accept: "text/html" } });
			expect(body.length).toBeGreaterThan(1_000_000);
			expect(lines.find(([name]) => name === "content-security-policy")?.[1]).toContain("worker-src 'self' blob:");
			const query = await ask(started().origin, { path: "/graphql", method: "POST" });
			expect(query.lines.find(([name]) => name === "content-security-policy")?.[1]).not.toContain("worker-src");
			const { page } = await visit(started().browser, `${started().origin}/`);
			await counts(page);
			await page.getByRole("heading", { name: "It runs" }).waitFor();
			await page.close();
		});
	},
});
