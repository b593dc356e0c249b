import type { HeaderDefinition } from "./define.ts";
import { isLooser, readTokenPolicy, reportTokenTo, type TokenModel, tokenEndpoints, writeTokenPolicy } from "./shared/token.ts";

const TOKENS = ["same-origin", "same-origin-allow-popups", "noopener-allow-popups", "unsafe-none"] as const;

/** Which windows may keep a reference to each other across origins. */
export type CrossOriginOpenerPolicyToken = (typeof TOKENS)[number];

/** A token, or the token with the name of the reporting endpoint that hears of violations. */
export type CrossOriginOpenerPolicy = CrossOriginOpenerPolicyToken | { readonly policy: CrossOriginOpenerPolicyToken; readonly reportTo?: string | undefined };

export const crossOriginOpenerPolicy: HeaderDefinition<TokenModel<CrossOriginOpenerPolicyToken>> = {
	key: "crossOriginOpenerPolicy",
	name: "Cross-Origin-Opener-Policy",
	summary: "Cuts the tie between the page and windows of other origins that open it or that it opens.",
	why: "No foreign window can reach in. Sign-in and payment popups need same-origin-allow-popups.",
	mdn: "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Cross-Origin-Opener-Policy",
	spec: "https://html.spec.whatwg.org/multipage/browsers.html#cross-origin-opener-policies",
	byDefault: "same-origin",
	whenTrue: "same-origin",
	documentsOnly: true,
	several: "one",
	read: (option, reporter) => readTokenPolicy(option, TOKENS, "coop/invalid", reporter),
	write: (model) => ({ text: writeTokenPolicy(model) }),
	weaker: (value, ours) => isLooser(TOKENS, value, ours),
	check(model, _models, reporter) {
		if (model.policy === "unsafe-none")
			reporter.warn(
				"coop/unsafe-none",
				'unsafe-none is what browsers do without the header. Write "same-origin", or "same-origin-allow-popups" when the page opens popups.',
			);
	},
	withReporting: reportTokenTo,
	reportsTo: tokenEndpoints,
};

export const crossOriginOpenerPolicyReportOnly: HeaderDefinition<TokenModel<CrossOriginOpenerPolicyToken>> = {
	...crossOriginOpenerPolicy,
	key: "crossOriginOpenerPolicyReportOnly",
	name: "Cross-Origin-Opener-Policy-Report-Only",
	summary: "Reports what a Cross-Origin-Opener-Policy would cut, and cuts nothing.",
	why: "Off: a trial policy is yours to write.",
	byDefault: false,
};
