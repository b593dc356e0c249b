import { readHeaderWord, wordIn } from "./common/token.ts";
import { defineHeader, type HeaderDefinition } from "./define.ts";
import { RESOURCE_TOKENS } from "./tokens.ts";

/** Which sites may embed the response. */
export type CrossOriginResourcePolicy = (typeof RESOURCE_TOKENS)[number];

export const crossOriginResourcePolicy: HeaderDefinition<CrossOriginResourcePolicy> = defineHeader("Cross-Origin-Resource-Policy", {
	byDefault: "same-origin",
	whenTrue: "same-origin",
	read: (option, issues) => readHeaderWord(option, RESOURCE_TOKENS, "corp/invalid", issues, fromHelmet(option)),
	fromHelmet,
	write: (model) => ({ text: model }),
});

function fromHelmet(option: unknown): string | undefined {
	return wordIn(option, "policy", RESOURCE_TOKENS);
}
