import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ENTRIES } from "../scripts/docs/api.ts";
import { generatedPages } from "../scripts/docs.ts";
import { csp } from "../src/csp/index.ts";
import { HEADERS } from "../src/headers/index.ts";
import { createPolicy } from "../src/policy/create.ts";
import { headersOf } from "./support/policy.ts";

const readme = readFileSync("README.md", "utf8");

const generated = [...generatedPages()];

test.each(generated)("%s is up to date (npm run docs)", (path, text) => {
	expect(text).toBe(readFileSync(path, "utf8"));
});

test("the folders of generated pages have no other page", () => {
	for (const folder of ["docs/api", "docs/cli", "docs/headers"]) {
		const pages = generated.flatMap(([path]) => (path.startsWith(`${folder}/`) ? [path.slice(folder.length + 1)] : []));
		expect(readdirSync(folder).sort()).toEqual(pages.sort());
		expect(pages.length).toBeGreaterThan(10);
	}
});

test("every entry of the package that exports something has a page", () => {
	const exported = Object.keys(JSON.parse(readFileSync("package.json", "utf8")).exports).map((name) => name.replace(/^\./, "headguard"));
	const empty = ["headguard/register", "headguard/package.json"];
	expect(ENTRIES.map(([name]) => name).sort()).toEqual(exported.filter((name) => !empty.includes(name)).sort());
});

test("every command has a page", () => {
	const names = [...readFileSync("src/cli/main.ts", "utf8").matchAll(/^\t\["(\w+)", async/gm)].map(([, name]) => `docs/cli/${name}.md`);
	expect(names.length).toBeGreaterThan(10);
	expect(generated.flatMap(([path]) => (path.startsWith("docs/cli/") ? [path] : []))).toEqual(names);
});

const written = ["docs/troubleshooting.md"].map((path) => [path, readFileSync(path, "utf8")] as const);
const calls = [...generated, ...written].flatMap(([path, text]) =>
	/^docs\/(?:headers\/|troubleshooting)/.test(path) ? [...text.matchAll(/^secureHeaders\((.+)\);$/gm)].map(([, options = ""]) => [path, options] as const) : [],
);

test.each(calls)("%s shows options that are accepted: %s", (_path, options) => {
	const read = new Function("csp", `return (${options});`)(csp);
	// A name that only another option defines.
	const names = [...options.matchAll(/reportTo: "(\w+)"/g)].map(([, name = ""]) => [name, "/_reports"]);
	const endpoints = names.length === 0 ? {} : { reportingEndpoints: Object.fromEntries(names) };
	expect(() => createPolicy({ ...endpoints, ...read })).not.toThrow();
});

test("options that are not accepted would be noticed (control)", () => {
	expect(calls.length).toBeGreaterThan(20);
	expect(() => createPolicy(new Function("csp", "return ({ frameOptions: true });")(csp))).toThrow("frameOptions");
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
