import { readWord } from "../core/read.ts";
import { defineHeader, type HeaderDefinition } from "./define.ts";

/** Whether browsers resolve the host names of links ahead of a click. */
export type XDnsPrefetchControl = "off" | "on";

export const xDnsPrefetchControl: HeaderDefinition<XDnsPrefetchControl> = defineHeader("X-DNS-Prefetch-Control", {
	byDefault: false,
	whenTrue: "off",
	read: (option, issues) => readWord(option, ["off", "on"], "legacy/invalid", issues, "which browsers ignore"),
	write: (model) => ({ text: model }),
});
