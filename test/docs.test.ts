import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { codesPage, headersPage, rulesPage, vendorsPage } from "../scripts/docs.ts";
import { HEADERS } from "../src/headers/index.ts";
import { headersOf } from "./support/policy.ts";

const readme = readFileSync("README.md", "utf8");

test("the generated pages are up to date (npm run docs)", () => {
	expect(headersPage()).toBe(readFileSync("docs/headers.md", "utf8"));
	expect(codesPage()).toBe(readFileSync("docs/codes.md", "utf8"));
	expect(vendorsPage()).toBe(readFileSync("docs/vendors.md", "utf8"));
	expect(rulesPage()).toBe(readFileSync("docs/rules.md", "utf8"));
});

test("the response that the README shows is the one that is sent", () => {
	const shown = /```http\n([\s\S]*?)```/.exec(readme)?.[1]?.trim().split("\n") ?? [];
	expect(shown.slice(1)).toEqual(Object.entries(headersOf({})).map(([name, text]) => `${name}: ${text.replaceAll("NONCE", "Jm0vQk1WcFZ2b0Zq4nXzUw")}`));
});

test("the README stays short", () => {
	expect(readme.split("\n").length).toBeLessThanOrEqual(201);
});

test("every header has its option documented with a default and a source", () => {
	const types = readFileSync("src/headers/options.ts", "utf8");
	for (const { key } of HEADERS) {
		const doc = new RegExp(String.raw`/\*\*((?:(?!\*/)[\s\S])*)\*/\s*readonly ${key}\?`).exec(types)?.[1] ?? "";
		expect([key, doc.includes("@defaultValue")]).toEqual([key, true]);
		if (!/^x(?:Download|Permitted)/.test(key)) expect([key, doc.includes("@see")]).toEqual([key, true]);
	}
});
