import { headerTable } from "../support/policy.ts";

headerTable(
	"Origin-Agent-Cluster",
	[
		[{}, "?1"],
		[{ originAgentCluster: false }, undefined],
	],
	[[{ originAgentCluster: 1 }, "oac/invalid"]],
);
