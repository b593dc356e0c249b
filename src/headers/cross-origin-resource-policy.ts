import { readWord } from "../core/read.ts";
import { defineHeader, type HeaderDefinition } from "./define.ts";
import { RESOURCE_TOKENS } from "./tokens.ts";

/** Which sites may embed the response. */
export type CrossOriginResourcePolicy = (typeof RESOURCE_TOKENS)[number];

export const crossOriginResourcePolicy: HeaderDefinition<CrossOriginResourcePolicy> = defineHeader("Cross-Origin-Resource-Policy", {
	byDefault: "same-origin",
	whenTrue: "same-origin",
	read: (option, issues) => readWord(option, RESOURCE_TOKENS, "corp/invalid", issues, "and browsers ignore the whole header"),
	write: (model) => ({ text: model }),
});
