import { boolean } from "../core/structured.ts";
import { readOnlyTrue } from "./common/token.ts";
import { defineHeader, type HeaderDefinition } from "./define.ts";

export const originAgentCluster: HeaderDefinition<"?1"> = defineHeader("Origin-Agent-Cluster", {
	byDefault: true,
	whenTrue: true,
	read: (option, issues) => readOnlyTrue(option, "?1", "oac/invalid", issues),
	write: () => ({ text: boolean(true) }),
});
