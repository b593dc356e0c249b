import { headerTable } from "../support/policy.ts";

headerTable(
	"X-Download-Options",
	[
		[{}, undefined],
		[{ xDownloadOptions: true }, "noopen"],
	],
	[[{ xDownloadOptions: "open" }, "legacy/invalid"]],
);
