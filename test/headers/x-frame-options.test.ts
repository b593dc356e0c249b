import { expect, test } from "vitest";
import { headerTable, warningsOf } from "../support/policy.ts";

const ancestors = (...frameAncestors: string[]) => ({ contentSecurityPolicy: { directives: { frameAncestors } } });

headerTable(
	"X-Frame-Options",
	[
		[{}, "DENY"],
		[{ xFrameOptions: true }, "DENY"],
		[ancestors("'none'"), "DENY"],
		[ancestors("'self'"), "SAMEORIGIN"],
		[ancestors("'self'", "https://partner.example"), undefined],
		[ancestors("https://partner.example"), undefined],
		[{ contentSecurityPolicy: { directives: { frameAncestors: null } } }, "DENY"],
		[{ contentSecurityPolicy: false }, "DENY"],
		[{ ...ancestors("'self'"), xFrameOptions: "DENY" }, "DENY"],
		[{ xFrameOptions: "SAMEORIGIN" }, "SAMEORIGIN"],
		[{ xFrameOptions: false }, undefined],
	],
	[
		[{ xFrameOptions: "deny" }, "xfo/invalid"],
		[{ xFrameOptions: "ALLOWALL" }, "xfo/invalid"],
		[{ xFrameOptions: { action: "deny" } }, "xfo/invalid"],
		[{ xFrameOptions: "ALLOW-FROM https://partner.example" }, "xfo/allow-from"],
	],
);

test("an X-Frame-Options that disagrees with frame-ancestors is warned of", () => {
	expect(warningsOf({ xFrameOptions: "SAMEORIGIN" })).toEqual(["xFrameOptions frame/conflict"]);
	expect(warningsOf({ xFrameOptions: "DENY" })).toEqual([]);
});
