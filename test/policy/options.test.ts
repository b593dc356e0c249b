import { expect, test } from "vitest";
import { HEADERS } from "../../src/headers/index.ts";
import { codesOf } from "../support/policy.ts";
import { OPTION_NAMES } from "../types/option-names.ts";

const OTHERS = ["xPoweredBy", "removeHeaders", "preset", "reporting", "lock", "owner", "vary", "secure", "headerBlock", "onEvent"];

test("the options are the headers and a few of their own", () => {
	expect(Object.keys(OPTION_NAMES)).toEqual([...HEADERS.map(({ key }) => key), ...OTHERS]);
	// The table above is types; this is what is read.
	for (const name of Object.keys(OPTION_NAMES)) expect(codesOf({ [name]: undefined })).toEqual([]);
});

test("an option's name is its header's name in camelCase", () => {
	for (const { key, name } of HEADERS) expect(key.toLowerCase()).toBe(name.replaceAll("-", "").toLowerCase());
});
