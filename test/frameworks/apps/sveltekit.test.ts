import { expect, test } from "vitest";
import { visit } from "../../support/browser.ts";
import { ask, counts, testFramework } from "../../support/framework.ts";

testFramework({
	name: "sveltekit",
	pages: ["/", "/static"],
	answers: [
		{ path: "/missing", status: 404 },
		{ path: "/error", status: 500 },
		{ path: "/old", status: 302 },
		{ path: "/%ff", status: { production: 400, development: 404 } },
		{ path: "/", method: "HEAD", status: 200 },
		{ path: "/", method: "OPTIONS", status: 204, headers: { origin: "https://other.example", "access-control-request-method": "PUT" } },
	],
	files: (html) => ["/logo.svg", `/${/_app\/immutable\/entry\/start\.[\w-]+\.js/.exec(html)?.[0]}`],
	hot: { file: "src/routes/+page.svelte", from: "It runs", to: "It changed", selector: "#title" },
	presets: { ssr: [], strict: [] },
	keepsBuild: true,
	also(started) {
		test("a streamed promise, a transition and a form action raise no violation", async () => {
			const { page, violations } = await visit(started().browser, `${started().origin}/`);
			await counts(page);
			await page.getByText("A streamed promise").waitFor();
			await page.click("#show");
			await page.getByText("A transition").waitFor();
			expect(await violations()).toEqual([]);
			await page.click("#send");
			await page.getByText("The form was sent").waitFor();
			await counts(page);
			expect(await violations()).toEqual([]);
			await page.close();
		});

		test.each(["/missing", "/error"])("the error page of %s raises no violation", async (path) => {
			const { page, violations } = await visit(started().browser, started().origin + path);
			await page.getByRole("heading", { level: 1 }).waitFor();
			expect(await violations()).toEqual([]);
			await page.close();
		});

		test("the policy has SvelteKit's nonce, and all of headguard's directives", async () => {
			const { lines, body } = await ask(started().origin, { path: "/" });
			const policy = lines.find(([name]) => name === "content-security-policy")?.[1] ?? "";
			const nonce = /'nonce-([^']+)'/.exec(policy)?.[1];
			expect(body).toContain(`<script nonce="${nonce}">`);
			expect(policy).toContain("frame-ancestors 'none'");
			expect(policy).toContain("object-src 'none'");
		});
	},
});
