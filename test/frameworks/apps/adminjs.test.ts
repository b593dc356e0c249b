import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { visit } from "../../support/browser.ts";
import { ask, edit, type Started, start, testFramework } from "../../support/framework.ts";

/** react-phone-input-2, in the bundle of AdminJS, looks for the global object by `new Function`. The pages work without it. */
const FEATURE_TEST = ["script-src eval"];

testFramework({
	name: "adminjs",
	modes: ["production"],
	pages: ["/"],
	navigates: false,
	answers: [
		{ path: "/admin", status: 302 },
		{ path: "/admin/login", status: 200 },
		{ path: "/admin/login", method: "POST", status: 200 },
		{ path: "/admin/frontend/assets/logo.svg", status: 200 },
		{ path: "/admin/missing", status: 302 },
		{ path: "/missing", status: 404 },
	],
	files: ["/logo.svg"],
	presets: { ssr: [], strict: [], compatible: [] },
	keepsBuild: true,
	also(started) {
		test("one signs in, and the dashboard, a list, a record and its form are shown", { timeout: 300_000 }, async () => {
			const { page, violations } = await visit(started().browser, `${started().origin}/admin/login`);
			expect(await useAdmin(page, violations)).toEqual({
				login: FEATURE_TEST,
				dashboard: FEATURE_TEST,
				list: FEATURE_TEST,
				record: FEATURE_TEST,
				form: FEATURE_TEST,
			});
			await page.close();
		});

		test("only the pages of AdminJS allow inline scripts", async () => {
			const policyOf = async (path: string) => (await ask(started().origin, { path })).lines.find(([name]) => name === "content-security-policy")?.[1];
			expect(await policyOf("/admin/login")).toContain("script-src 'self' 'unsafe-inline'");
			expect(await policyOf("/")).not.toContain("'unsafe-inline'");
		});

		test.each(["ssr", "strict", "compatible"])("with preset %s, AdminJS is shown the same way", { timeout: 300_000 }, async (preset) => {
			const { page, violations } = await visit(
				started().browser,
				`${await changed(started(), "secureHeaders({})", `secureHeaders({ preset: "${preset}" })`)}/admin/login`,
			);
			await page.getByRole("button", { name: "Login" }).waitFor();
			expect(await violations()).toEqual(FEATURE_TEST);
			await page.close();
		});

		test.each([
			["inline scripts", "scriptSrc: [csp.self, csp.unsafeInline]", "scriptSrc: [csp.self]", "script-src-elem inline"],
			["inline styles", "styleSrc: [csp.self, csp.unsafeInline, ", "styleSrc: [csp.self, ", "style-src-elem inline"],
			[
				"the style sheet of another host",
				', "https://fonts.googleapis.com"]',
				"]",
				expect.stringMatching(/^style-src-elem https:\/\/fonts\.googleapis\.com\//),
			],
		])("without the source for %s, AdminJS is blocked", { timeout: 300_000 }, async (_what, from, to, violation) => {
			const { page, violations } = await visit(started().browser, `${await changed(started(), from, to)}/admin/login`);
			expect(await violations()).toContainEqual(violation);
			await page.close();
		});
	},
});

/** The address of the app with another policy, until the test ends. */
async function changed({ folder, browser }: Started, from: string, to: string): Promise<string> {
	const file = join(folder, "headers.js");
	const text = readFileSync(file, "utf8");
	edit(folder, "headers.js", from, to);
	const { origin, stop } = await start(folder, "production", browser);
	writeFileSync(file, text);
	onTestFinished(stop);
	return origin;
}

/** What each page raises. */
async function useAdmin(page: Page, violations: () => Promise<readonly string[]>): Promise<Readonly<Record<string, readonly string[]>>> {
	const seen: Record<string, readonly string[]> = {};
	const origin = new URL(page.url()).origin;
	await page.fill("input[name=email]", "ada@a.example");
	await page.fill("input[name=password]", "secret");
	seen["login"] = await violations();
	await page.getByRole("button", { name: "Login" }).click();
	await page.getByText("Welcome on Board!").waitFor();
	seen["dashboard"] = await violations();
	await page.goto(`${origin}/admin/resources/people`);
	await page.getByText("Grace").waitFor();
	seen["list"] = await violations();
	await page.goto(`${origin}/admin/resources/people/records/1/show`);
	await page.getByText(/^(?:Name)?\s*Ada$/).waitFor();
	seen["record"] = await violations();
	await page.goto(`${origin}/admin/resources/people/actions/new`);
	await page.fill("input#name, input[name=name]", "Alan");
	await page.getByRole("button", { name: "Save" }).click();
	await page.getByText("Successfully created a new record").waitFor();
	seen["form"] = await violations();
	return seen;
}
