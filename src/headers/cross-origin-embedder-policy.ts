import { problem } from "../core/issue.ts";
import { type ReportedToken, readTokenPolicy, reportTokenTo, type TokenModel, tokenEndpoints, writeTokenPolicy } from "./common/token.ts";
import { defineHeader, type HeaderDefinition } from "./define.ts";
import { EMBEDDER_TOKENS } from "./tokens.ts";

/** What a page may embed from other origins. */
export type CrossOriginEmbedderPolicyToken = (typeof EMBEDDER_TOKENS)[number];

/** One of the values, or an object with the value and the name of the endpoint that receives reports of violations: `{ policy, reportTo }`. */
export type CrossOriginEmbedderPolicy = CrossOriginEmbedderPolicyToken | ReportedToken<CrossOriginEmbedderPolicyToken>;

export const crossOriginEmbedderPolicy: HeaderDefinition<TokenModel<CrossOriginEmbedderPolicyToken>> = defineHeader("Cross-Origin-Embedder-Policy", {
	byDefault: false,
	whenTrue: "require-corp",
	read: (option, issues) => readTokenPolicy(option, EMBEDDER_TOKENS, "coep/invalid", issues),
	write: (model) => ({ text: writeTokenPolicy(model) }),
	check(model, models, issues) {
		const opener = models.get("crossOriginOpenerPolicy") as TokenModel | undefined;
		if (model.policy === "unsafe-none" || opener?.policy === "same-origin") return;
		issues.warn(problem("isolation/incomplete", "this alone does not isolate the page", 'crossOriginOpenerPolicy: "same-origin" too'));
	},
	withReporting: reportTokenTo,
	reportsTo: tokenEndpoints,
});

export const crossOriginEmbedderPolicyReportOnly: HeaderDefinition<TokenModel<CrossOriginEmbedderPolicyToken>> = defineHeader(
	"Cross-Origin-Embedder-Policy-Report-Only",
	{
		...crossOriginEmbedderPolicy,
		check: () => {},
	},
);
