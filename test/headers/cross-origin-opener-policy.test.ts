import { headerTable } from "../support/policy.ts";

headerTable(
	"Cross-Origin-Opener-Policy",
	[
		[{}, "same-origin"],
		[{ crossOriginOpenerPolicy: "same-origin-allow-popups" }, "same-origin-allow-popups"],
		[{ crossOriginOpenerPolicy: { policy: "noopener-allow-popups" } }, "noopener-allow-popups"],
		[{ crossOriginOpenerPolicy: { policy: "same-origin", reportTo: "coop" }, reportingEndpoints: { coop: "/r" } }, 'same-origin; report-to="coop"'],
		[{ crossOriginOpenerPolicy: false }, undefined],
	],
	[
		[{ crossOriginOpenerPolicy: "Same-Origin" }, "coop/invalid"],
		[{ crossOriginOpenerPolicy: { policy: "same-site" } }, "coop/invalid"],
		[{ crossOriginOpenerPolicy: {} }, "coop/invalid"],
		[{ crossOriginOpenerPolicy: { policy: "same-origin", reportTo: "A b" } }, "report/name"],
		[{ crossOriginOpenerPolicy: { policy: "same-origin", reportTo: "coop" } }, "report/endpoint-undefined"],
	],
);

headerTable(
	"Cross-Origin-Opener-Policy-Report-Only",
	[
		[{}, undefined],
		[{ crossOriginOpenerPolicyReportOnly: true }, "same-origin"],
	],
	[],
);
