import { expect, test } from "vitest";
import { HEADERS } from "../../src/headers/index.ts";
import { codesOf, issuesOf } from "../support/policy.ts";
import { OPTION_NAMES } from "../types/option-names.ts";

const OTHERS = ["xPoweredBy", "removeHeaders", "preset", "reporting", "lock", "owner", "vary", "secure", "headerBlock", "onEvent"];

test("the options are the headers and a few of their own", () => {
	expect(Object.keys(OPTION_NAMES)).toEqual([...HEADERS.map(({ key }) => key), ...OTHERS]);
});

test.each(Object.keys(OPTION_NAMES))("%s is read: null is refused for what it is, not for the name of the option", (name) => {
	expect(issuesOf({ [name]: null })).toEqual([expect.objectContaining({ path: name, message: expect.stringMatching(/^received null[.,]/) })]);
});

test("a name that is no option is refused for its name (control)", () => {
	expect(codesOf({ nonsense: null })).toEqual(["option/unknown"]);
	expect(issuesOf({ nonsense: null })[0]?.message).toMatch(/^this option does not exist\. /);
});

test("an option's name is its header's name in camelCase", () => {
	for (const { key, name } of HEADERS) expect(key.toLowerCase()).toBe(name.replaceAll("-", "").toLowerCase());
});
