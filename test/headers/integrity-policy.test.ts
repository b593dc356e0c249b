import { headerTable } from "../support/policy.ts";

headerTable(
	"Integrity-Policy",
	[
		[{}, undefined],
		[{ integrityPolicy: true }, "blocked-destinations=(script)"],
		[
			{ integrityPolicy: { blockedDestinations: ["script", "style"], endpoints: ["a", "b"] }, reportingEndpoints: { a: "/a", b: "/b" } },
			"blocked-destinations=(script style), endpoints=(a b)",
		],
	],
	[
		[{ integrityPolicy: { blockedDestinations: ["image"] } }, "integrity-policy/invalid"],
		[{ integrityPolicy: { blockedDestinations: [] } }, "integrity-policy/invalid"],
		[{ integrityPolicy: { endpoints: ["missing"] } }, "report/endpoint-undefined"],
		[{ integrityPolicy: "script" }, "option/type"],
	],
);

headerTable("Integrity-Policy-Report-Only", [[{ integrityPolicyReportOnly: true }, "blocked-destinations=(script)"]], []);
