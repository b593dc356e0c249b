import { readWord } from "../core/read.ts";
import { defineHeader, type HeaderDefinition } from "./define.ts";

const TOKENS = ["none", "master-only", "by-content-type", "by-ftp-filename", "all"] as const;

/** Which cross-domain policy files Adobe clients may use. */
export type XPermittedCrossDomainPolicies = (typeof TOKENS)[number];

export const xPermittedCrossDomainPolicies: HeaderDefinition<XPermittedCrossDomainPolicies> = defineHeader("X-Permitted-Cross-Domain-Policies", {
	byDefault: false,
	whenTrue: "none",
	read: (option, issues) => readWord(option, TOKENS, "legacy/invalid", issues, "which Adobe clients ignore"),
	write: (model) => ({ text: model }),
});
