import { afterEach, expect, test, vi } from "vitest";
import { HEADER_FACTS } from "../../src/headers/facts.ts";

const FIELDS = ["cardinality", "commaInValue", "locked", "early", "documentsOnly", "secureOnly", "endpoints"];

afterEach(() => {
	for (const field of FIELDS) Reflect.deleteProperty(Object.prototype, field);
});

test.each([["many"], [true]])("the facts are their own, also where Object.prototype was polluted with %j before they were loaded", async (value) => {
	for (const field of FIELDS) Object.defineProperty(Object.prototype, field, { configurable: true, value });
	expect(Reflect.get({}, "locked"), "(control)").toBe(value);
	vi.resetModules();
	const { HEADER_FACTS: again } = await import("../../src/headers/facts.ts");
	expect(again).not.toBe(HEADER_FACTS);
	const texts = [again, HEADER_FACTS].map((facts) => facts.map((each) => FIELDS.map((field) => String(Reflect.get(each, field))).join()));
	expect(texts[0]).toEqual(texts[1]);
});
