import { type ReportedToken, readTokenPolicy, reportTokenTo, type TokenModel, tokenEndpoints, writeTokenPolicy } from "./common/token.ts";
import { defineHeader, type HeaderDefinition } from "./define.ts";
import { OPENER_TOKENS } from "./tokens.ts";

/** Which windows may keep a reference to each other across origins. */
export type CrossOriginOpenerPolicyToken = (typeof OPENER_TOKENS)[number];

/** A token, or the token with the name of the endpoint that gets reports of violations. */
export type CrossOriginOpenerPolicy = CrossOriginOpenerPolicyToken | ReportedToken<CrossOriginOpenerPolicyToken>;

export const crossOriginOpenerPolicy: HeaderDefinition<TokenModel<CrossOriginOpenerPolicyToken>> = defineHeader("Cross-Origin-Opener-Policy", {
	byDefault: "same-origin",
	whenTrue: "same-origin",
	read: (option, issues) => readTokenPolicy(option, OPENER_TOKENS, "coop/invalid", issues),
	write: (model) => ({ text: writeTokenPolicy(model) }),
	check(model, _models, issues) {
		if (model.policy === "unsafe-none")
			issues.warn(
				"coop/unsafe-none",
				'unsafe-none is what browsers do without the header. Write "same-origin", or "same-origin-allow-popups" when the page opens popups.',
			);
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
