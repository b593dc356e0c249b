import { expect, test } from "vitest";
import { headerTable, warningsOf } from "../support/policy.ts";

headerTable(
	"Cross-Origin-Embedder-Policy",
	[
		[{}, undefined],
		[{ crossOriginEmbedderPolicy: true }, "require-corp"],
		[{ crossOriginEmbedderPolicy: "credentialless" }, "credentialless"],
		[{ crossOriginEmbedderPolicy: { policy: "require-corp", reportTo: "x" }, reportingEndpoints: { x: "/r" } }, 'require-corp; report-to="x"'],
	],
	[[{ crossOriginEmbedderPolicy: "same-origin" }, "coep/invalid"]],
);

headerTable(
	"Cross-Origin-Embedder-Policy-Report-Only",
	[
		[{}, undefined],
		[{ crossOriginEmbedderPolicyReportOnly: "credentialless" }, "credentialless"],
	],
	[],
);

test("isolation that lacks its other half is warned of", () => {
	expect(warningsOf({ crossOriginEmbedderPolicy: true })).toEqual([]);
	expect(warningsOf({ crossOriginEmbedderPolicy: true, crossOriginOpenerPolicy: false })).toEqual(["crossOriginEmbedderPolicy isolation/incomplete"]);
	expect(warningsOf({ crossOriginOpenerPolicy: "unsafe-none" })).toEqual(["crossOriginOpenerPolicy coop/unsafe-none"]);
});
