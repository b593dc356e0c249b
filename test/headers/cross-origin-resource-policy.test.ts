import { headerTable } from "../support/policy.ts";

headerTable(
	"Cross-Origin-Resource-Policy",
	[
		[{}, "same-origin"],
		[{ crossOriginResourcePolicy: "cross-origin" }, "cross-origin"],
		[{ crossOriginResourcePolicy: false }, undefined],
	],
	[
		[{ crossOriginResourcePolicy: { policy: "same-site" } }, "corp/invalid"],
		[{ crossOriginResourcePolicy: "cross_origin" }, "corp/invalid"],
	],
);
