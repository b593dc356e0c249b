import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { ranking } from "../../site/.vitepress/search.ts";
import { RULES } from "../../src/audit/judge.ts";
import { CODES } from "../../src/core/codes.ts";
import { HEADER_FACTS } from "../../src/headers/facts.ts";
import * as vendors from "../../src/vendors.ts";
import { SYMPTOMS } from "../support/symptoms.ts";

const CHUNKS = "site/.vitepress/dist/assets/chunks";

interface Index {
	search(query: string): readonly { readonly id: string }[];
}

/** The index of the site, searched as the page does. */
const index = await load();

async function load(): Promise<Index> {
	const [file = ""] = readdirSync(CHUNKS).filter((name) => name.startsWith("@localSearchIndexroot"));
	const { default: json } = await import(resolve(CHUNKS, file));
	const MiniSearch = createRequire(resolve("site/package.json"))("minisearch");
	const { options, searchOptions } = ranking;
	return MiniSearch.loadJSON(json, { fields: ["title", "titles", "text"], storeFields: ["title", "titles"], searchOptions, ...options });
}

const found = (query: string, among = 1): readonly string[] =>
	index
		.search(query)
		.slice(0, among)
		.map(({ id }) => id);

test("a code leads to its anchor first", () => {
	const wrong = Object.keys(CODES).filter((code) => found(code)[0] !== `/codes.html#${code.replaceAll("/", "")}`);
	expect(wrong).toEqual([]);
});

test("a rule of the audit leads to its anchor, or to that of its code", () => {
	const wrong = RULES.filter(({ id }) => !found(id, 6).some((address) => address.endsWith(`.html#${id.replaceAll("/", "")}`)));
	expect(wrong.map(({ id }) => id)).toEqual([]);
});

test("the name of a header, and that of its option, lead to its page", () => {
	for (const { name, key, lowerName } of HEADER_FACTS) {
		for (const query of [name, key]) expect([query, found(query, 3).some((id) => id.startsWith(`/headers/${lowerName}.html`))]).toEqual([query, true]);
	}
});

test("a vendor leads to its section", () => {
	for (const name of Object.keys(vendors)) expect([name, found(name, 2)]).toEqual([name, expect.arrayContaining([`/vendors.html#${name.toLowerCase()}`])]);
});

test.each(SYMPTOMS)("%j leads to its cause", (query, addresses) => {
	expect(found(query, 3).filter((address) => addresses.includes(address))).not.toEqual([]);
});

test.each([
	["popup login is broken", "/troubleshooting.html#my-popup-is-null-popup-login-is-broken"],
	["allow Stripe on one page", "/vendors.html#stripe"],
	["Next behind Express", "/frameworks/next.html#next"],
	["move from helmet 5", "/moving-from-helmet.html#the-version-of-helmet"],
	["what does this CSP allow?", "/playground.html#playground-what-does-this-csp-allow"],
])("the task %j is solved by the first result", (query, address) => {
	expect(found(query)).toEqual([address]);
});

test("a word that is nowhere finds nothing (control)", () => {
	expect(found("xylophonequartz")).toEqual([]);
});
