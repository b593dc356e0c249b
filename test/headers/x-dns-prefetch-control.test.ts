import { headerTable } from "../support/policy.ts";

headerTable(
	"X-DNS-Prefetch-Control",
	[
		[{}, undefined],
		[{ xDnsPrefetchControl: true }, "off"],
		[{ xDnsPrefetchControl: "on" }, "on"],
	],
	[[{ xDnsPrefetchControl: { allow: true } }, "legacy/invalid"]],
);
