import { readWord } from "../core/read.ts";
import type { HeaderDefinition } from "./define.ts";

/** Whether browsers resolve the host names of links ahead of a click. */
export type XDnsPrefetchControl = "off" | "on";

export const xDnsPrefetchControl: HeaderDefinition<XDnsPrefetchControl> = {
	key: "xDnsPrefetchControl",
	name: "X-DNS-Prefetch-Control",
	summary: "Says whether browsers resolve the host names of links before a click.",
	why: "Off: not a standard, and browsers do not prefetch on https anyway.",
	mdn: "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-DNS-Prefetch-Control",
	spec: "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-DNS-Prefetch-Control",
	byDefault: false,
	whenTrue: "off",
	documentsOnly: true,
	several: "one",
	read: (option, reporter) => readWord(option, ["off", "on"], "legacy/invalid", reporter, "which browsers ignore"),
	write: (model) => ({ text: model }),
};
