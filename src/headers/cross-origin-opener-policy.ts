import { received } from "../core/issue.ts";
import { type ReportedToken, readTokenPolicy, reportTokenTo, type TokenModel, tokenEndpoints, writeTokenPolicy } from "./common/token.ts";
import { defineHeader, type HeaderDefinition } from "./define.ts";
import { OPENER_TOKENS } from "./tokens.ts";

/** Which windows of other origins may have a reference to the page. */
export type CrossOriginOpenerPolicyToken = (typeof OPENER_TOKENS)[number];

/** One of the values, or an object with the value and the name of the endpoint that receives reports of violations: `{ policy, reportTo }`. */
export type CrossOriginOpenerPolicy = CrossOriginOpenerPolicyToken | ReportedToken<CrossOriginOpenerPolicyToken>;

export const crossOriginOpenerPolicy: HeaderDefinition<TokenModel<CrossOriginOpenerPolicyToken>> = defineHeader("Cross-Origin-Opener-Policy", {
	byDefault: "same-origin",
	whenTrue: "same-origin",
	read: (option, issues) => readTokenPolicy(option, OPENER_TOKENS, "coop/invalid", issues),
	write: (model) => ({ text: writeTokenPolicy(model) }),
	check(model, _models, issues) {
		if (model.policy === "unsafe-none")
			issues.warn(received("coop/unsafe-none", "unsafe-none", "which protects nothing", '"same-origin", or "same-origin-allow-popups" for popups'));
	},
	withReporting: reportTokenTo,
	reportsTo: tokenEndpoints,
});

export const crossOriginOpenerPolicyReportOnly: HeaderDefinition<TokenModel<CrossOriginOpenerPolicyToken>> = defineHeader(
	"Cross-Origin-Opener-Policy-Report-Only",
	{
		...crossOriginOpenerPolicy,
		byDefault: false,
	},
);
