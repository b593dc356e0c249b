import { headerTable } from "../support/policy.ts";

headerTable(
	"X-XSS-Protection",
	[
		[{}, undefined],
		[{ xXssProtection: true }, "0"],
	],
	[[{ xXssProtection: "1; mode=block" }, "xxp/invalid"]],
);
