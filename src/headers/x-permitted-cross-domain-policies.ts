import { readHeaderWord, wordIn } from "./common/token.ts";
import { defineHeader, type HeaderDefinition } from "./define.ts";

const TOKENS = ["none", "master-only", "by-content-type", "by-ftp-filename", "all"] as const;

/** Which cross-domain policy files Adobe clients may use. */
export type XPermittedCrossDomainPolicies = (typeof TOKENS)[number];

export const xPermittedCrossDomainPolicies: HeaderDefinition<XPermittedCrossDomainPolicies> = defineHeader("X-Permitted-Cross-Domain-Policies", {
	byDefault: false,
	whenTrue: "none",
	read: (option, issues) => readHeaderWord(option, TOKENS, "legacy/invalid", issues, fromHelmet(option)),
	fromHelmet,
	write: (model) => ({ text: model }),
});

function fromHelmet(option: unknown): string | undefined {
	return wordIn(option, "permittedPolicies", TOKENS);
}
