import { type ReportedToken, readTokenPolicy, reportTokenTo, type TokenModel, tokenEndpoints, writeTokenPolicy } from "./common/token.ts";
import { defineHeader, type HeaderDefinition } from "./define.ts";
import { ISOLATION_TOKENS } from "./tokens.ts";

/** How a document is isolated, regardless of the windows around it. */
export type DocumentIsolationPolicyToken = (typeof ISOLATION_TOKENS)[number];

/** One of the values, or an object with the value and the name of the endpoint that receives reports of violations: `{ policy, reportTo }`. */
export type DocumentIsolationPolicy = DocumentIsolationPolicyToken | ReportedToken<DocumentIsolationPolicyToken>;

export const documentIsolationPolicy: HeaderDefinition<TokenModel<DocumentIsolationPolicyToken>> = defineHeader("Document-Isolation-Policy", {
	byDefault: false,
	whenTrue: "isolate-and-require-corp",
	read: (option, issues) => readTokenPolicy(option, ISOLATION_TOKENS, "dip/invalid", issues),
	write: (model) => ({ text: writeTokenPolicy(model) }),
	withReporting: reportTokenTo,
	reportsTo: tokenEndpoints,
});

export const documentIsolationPolicyReportOnly: HeaderDefinition<TokenModel<DocumentIsolationPolicyToken>> = defineHeader(
	"Document-Isolation-Policy-Report-Only",
	{
		...documentIsolationPolicy,
	},
);
