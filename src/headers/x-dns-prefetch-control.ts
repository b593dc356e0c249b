import { fieldOf, readHeaderWord } from "./common/token.ts";
import { defineHeader, type HeaderDefinition } from "./define.ts";

/** Whether browsers resolve the host names of links before a click. */
export type XDnsPrefetchControl = "off" | "on";

export const xDnsPrefetchControl: HeaderDefinition<XDnsPrefetchControl> = defineHeader("X-DNS-Prefetch-Control", {
	byDefault: false,
	whenTrue: "off",
	read: (option, issues) => readHeaderWord(option, ["off", "on"], "legacy/invalid", issues, fromHelmet(option)),
	fromHelmet,
	write: (model) => ({ text: model }),
});

function fromHelmet(option: unknown): string | undefined {
	const allow = fieldOf(option, "allow");
	return typeof allow === "boolean" ? `"${allow ? "on" : "off"}"` : undefined;
}
