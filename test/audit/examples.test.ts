import { describe, expect, test } from "vitest";
import { EXPLANATIONS } from "../../src/audit/examples/index.ts";
import { exchangeFrom } from "../../src/audit/from-policy.ts";
import { judge, RULES } from "../../src/audit/judge.ts";
import { csp, secureHeaders } from "../../src/index.ts";
import { compiledFrom } from "../../src/policy/compile.ts";
import { exchangesOf } from "../support/rule-examples.ts";

/** Rules that cannot be broken without another one, which is worse and must stay. */
const INHERENT: ReadonlyMap<string, readonly string[]> = new Map([
	["deploy/report-only", ["csp/report-only-only"]],
	["deploy/nonce-not-wired", ["deploy/inline-blocked"]],
]);

const idsIn = (example: string): readonly string[] => [...new Set(judge(exchangesOf(example)).map(({ id }) => id))];

test("every rule has its examples, and every example its rule", () => {
	expect([...EXPLANATIONS.keys()].sort()).toEqual(RULES.map(({ id }) => id).sort());
	expect(new Set(RULES.map(({ id }) => id)).size).toBe(RULES.length);
});

describe.each(RULES)("$id", ({ id, title, severity, summary }) => {
	const { why = "", bad = "", good = "", write = "", link = "" } = EXPLANATIONS.get(id) ?? {};

	test("the bad example breaks this rule and, beside the good one, no other", () => {
		const fine = idsIn(good);
		expect(idsIn(bad).filter((one) => !fine.includes(one) && !INHERENT.get(id)?.includes(one))).toEqual([id]);
		expect(fine).not.toContain(id);
	});

	test("the finding has the severity of the rule, and a message that ends in a sentence", () => {
		const finding = judge(exchangesOf(bad)).find((one) => one.id === id);
		expect(finding?.severity).toBe(severity);
		expect(finding?.message).toMatch(/[.?]$/);
	});

	test("it has a short title, sentences and a page", () => {
		expect(id).toMatch(/^[a-z-]+\/[a-z0-9-]+$/);
		expect(title.split(" ").length).toBeGreaterThanOrEqual(2);
		expect(title.split(" ").length).toBeLessThanOrEqual(5);
		expect(title).not.toMatch(/\.$/);
		expect(summary).toMatch(/^\S.*\.$/);
		expect(why).toMatch(/^\S.*[.)]$/);
		expect(link).toMatch(/^https:\/\//);
		expect(write).not.toBe("");
	});

	test("what it says to write does not break it", () => {
		const code = /^secureHeaders\(.*\)/.exec(write)?.[0];
		if (code === undefined) return;
		const headers = new Function("secureHeaders", "csp", `return ${code};`)(secureHeaders, csp);
		expect(judge([exchangeFrom(compiledFrom(headers), "policy")]).map((finding) => finding.id)).not.toContain(id);
	});
});

test("titles are told apart where the rules are about one header", () => {
	const titles = RULES.map(({ id, title }) => `${id.split("/")[0]} ${title}`);
	expect(titles.filter((title, i) => titles.indexOf(title) !== i)).toEqual([]);
});
