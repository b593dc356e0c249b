import type { HeaderDefinition } from "./define.ts";
import { isLooser, readTokenPolicy, reportTokenTo, type TokenModel, tokenEndpoints, writeTokenPolicy } from "./shared/token.ts";

const TOKENS = ["require-corp", "credentialless", "unsafe-none"] as const;

/** What a page may embed from other origins. */
export type CrossOriginEmbedderPolicyToken = (typeof TOKENS)[number];

/** A token, or the token with the name of the reporting endpoint that hears of violations. */
export type CrossOriginEmbedderPolicy =
	| CrossOriginEmbedderPolicyToken
	| { readonly policy: CrossOriginEmbedderPolicyToken; readonly reportTo?: string | undefined };

export const crossOriginEmbedderPolicy: HeaderDefinition<TokenModel<CrossOriginEmbedderPolicyToken>> = {
	key: "crossOriginEmbedderPolicy",
	name: "Cross-Origin-Embedder-Policy",
	summary: "Lets the page embed only what other origins have agreed to, which together with Cross-Origin-Opener-Policy isolates it.",
	why: "Off: it blocks most third-party embeds. Turn it on where the page needs cross-origin isolation.",
	mdn: "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Cross-Origin-Embedder-Policy",
	spec: "https://html.spec.whatwg.org/multipage/browsers.html#coep",
	byDefault: false,
	whenTrue: "require-corp",
	documentsOnly: true,
	several: "one",
	read: (option, reporter) => readTokenPolicy(option, TOKENS, "coep/invalid", reporter),
	write: (model) => ({ text: writeTokenPolicy(model) }),
	weaker: (value, ours) => isLooser(TOKENS, value, ours),
	check(model, models, reporter) {
		const opener = models.get("crossOriginOpenerPolicy") as TokenModel | undefined;
		if (model.policy === "unsafe-none" || opener?.policy === "same-origin") return;
		reporter.warn("isolation/incomplete", 'the page is isolated only beside crossOriginOpenerPolicy: "same-origin". Write both.');
	},
	withReporting: reportTokenTo,
	reportsTo: tokenEndpoints,
};

export const crossOriginEmbedderPolicyReportOnly: HeaderDefinition<TokenModel<CrossOriginEmbedderPolicyToken>> = {
	...crossOriginEmbedderPolicy,
	key: "crossOriginEmbedderPolicyReportOnly",
	name: "Cross-Origin-Embedder-Policy-Report-Only",
	summary: "Reports what a Cross-Origin-Embedder-Policy would block, and blocks nothing.",
	why: "Off: a trial policy is yours to write.",
	check: () => {},
};
