import type { HeaderDefinition } from "./define.ts";
import { isLooser, readTokenPolicy, reportTokenTo, type TokenModel, tokenEndpoints, writeTokenPolicy } from "./shared/token.ts";

const TOKENS = ["isolate-and-require-corp", "isolate-and-credentialless", "none"] as const;

/** How a document is isolated without help from the windows around it. */
export type DocumentIsolationPolicyToken = (typeof TOKENS)[number];

/** A token, or the token with the name of the reporting endpoint that hears of violations. */
export type DocumentIsolationPolicy = DocumentIsolationPolicyToken | { readonly policy: DocumentIsolationPolicyToken; readonly reportTo?: string | undefined };

export const documentIsolationPolicy: HeaderDefinition<TokenModel<DocumentIsolationPolicyToken>> = {
	key: "documentIsolationPolicy",
	name: "Document-Isolation-Policy",
	summary: "Isolates one document (Chromium 137 and later), without conditions on its opener or its frames.",
	why: "Off: needed only for what wants cross-origin isolation, and one engine has it.",
	mdn: "https://chromestatus.com/feature/5141940204208128",
	spec: "https://wicg.github.io/document-isolation-policy/",
	byDefault: false,
	whenTrue: "isolate-and-require-corp",
	documentsOnly: true,
	several: "one",
	read: (option, reporter) => readTokenPolicy(option, TOKENS, "dip/invalid", reporter),
	write: (model) => ({ text: writeTokenPolicy(model) }),
	weaker: (value, ours) => isLooser(TOKENS, value, ours),
	withReporting: reportTokenTo,
	reportsTo: tokenEndpoints,
};

export const documentIsolationPolicyReportOnly: HeaderDefinition<TokenModel<DocumentIsolationPolicyToken>> = {
	...documentIsolationPolicy,
	key: "documentIsolationPolicyReportOnly",
	name: "Document-Isolation-Policy-Report-Only",
	summary: "Reports what a Document-Isolation-Policy would block, and blocks nothing.",
	why: "Off: a trial policy is yours to write.",
};
