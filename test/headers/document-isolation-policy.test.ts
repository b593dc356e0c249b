import { headerTable } from "../support/policy.ts";

headerTable(
	"Document-Isolation-Policy",
	[
		[{}, undefined],
		[{ documentIsolationPolicy: true }, "isolate-and-require-corp"],
		[{ documentIsolationPolicy: { policy: "none", reportTo: "d" }, reportingEndpoints: { d: "/r" } }, 'none; report-to="d"'],
	],
	[[{ documentIsolationPolicy: "require-corp" }, "dip/invalid"]],
);

headerTable("Document-Isolation-Policy-Report-Only", [[{ documentIsolationPolicyReportOnly: true }, "isolate-and-require-corp"]], []);
