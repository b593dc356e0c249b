import { readWord } from "../core/read.ts";
import type { HeaderDefinition } from "./define.ts";

const TOKENS = ["none", "master-only", "by-content-type", "by-ftp-filename", "all"] as const;

/** Which cross-domain policy files Adobe clients may use. */
export type XPermittedCrossDomainPolicies = (typeof TOKENS)[number];

export const xPermittedCrossDomainPolicies: HeaderDefinition<XPermittedCrossDomainPolicies> = {
	key: "xPermittedCrossDomainPolicies",
	name: "X-Permitted-Cross-Domain-Policies",
	summary: "Says which cross-domain policy files Adobe Acrobat may use; browsers do not read it.",
	why: "Off: no browser reads it.",
	mdn: "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-Permitted-Cross-Domain-Policies",
	spec: "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-Permitted-Cross-Domain-Policies",
	byDefault: false,
	whenTrue: "none",
	documentsOnly: false,
	several: "one",
	read: (option, reporter) => readWord(option, TOKENS, "legacy/invalid", reporter, "which Adobe clients ignore"),
	write: (model) => ({ text: model }),
};
