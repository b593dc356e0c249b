import { headerTable } from "../support/policy.ts";

headerTable(
	"X-Permitted-Cross-Domain-Policies",
	[
		[{}, undefined],
		[{ xPermittedCrossDomainPolicies: true }, "none"],
		[{ xPermittedCrossDomainPolicies: "master-only" }, "master-only"],
	],
	[[{ xPermittedCrossDomainPolicies: { permittedPolicies: "none" } }, "legacy/invalid"]],
);
