import { expect, test } from "vitest";
import { headerTable, warningsOf } from "../support/policy.ts";

headerTable(
	"Referrer-Policy",
	[
		[{}, "strict-origin-when-cross-origin"],
		[{ referrerPolicy: "no-referrer" }, "no-referrer"],
		[{ referrerPolicy: ["no-referrer", "strict-origin"] }, "no-referrer, strict-origin"],
		[{ referrerPolicy: false }, undefined],
	],
	[
		[{ referrerPolicy: "" }, "referrer/invalid"],
		[{ referrerPolicy: "No-Referrer" }, "referrer/invalid"],
		[{ referrerPolicy: [] }, "referrer/invalid"],
		[{ referrerPolicy: ["no-referrer", "x"] }, "referrer/invalid"],
		[{ referrerPolicy: { policy: "no-referrer" } }, "option/type"],
		[{ referrerPolicy: null }, "option/type"],
		[{ referrerPolicy: Promise.resolve("origin") }, "option/async"],
	],
);

test("a Referrer-Policy that sends paths elsewhere is warned of, judged by the last token", () => {
	expect(warningsOf({ referrerPolicy: "unsafe-url" })).toEqual(["referrerPolicy referrer/unsafe"]);
	expect(warningsOf({ referrerPolicy: ["unsafe-url", "strict-origin"] })).toEqual([]);
});
