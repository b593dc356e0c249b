import { headerTable } from "../support/policy.ts";

headerTable(
	"X-Content-Type-Options",
	[
		[{}, "nosniff"],
		[{ xContentTypeOptions: true }, "nosniff"],
		[{ xContentTypeOptions: "nosniff" }, "nosniff"],
		[{ xContentTypeOptions: false }, undefined],
		[{}, "nosniff", { secure: false, hstsAllowed: false }],
	],
	[
		[{ xContentTypeOptions: "sniff" }, "xcto/invalid"],
		[{ xContentTypeOptions: {} }, "xcto/invalid"],
	],
);
