import { readWord } from "../core/read.ts";
import type { HeaderDefinition } from "./define.ts";
import { isLooser } from "./shared/token.ts";

const TOKENS = ["same-origin", "same-site", "cross-origin"] as const;

/** Which sites may embed the response. */
export type CrossOriginResourcePolicy = (typeof TOKENS)[number];

export const crossOriginResourcePolicy: HeaderDefinition<CrossOriginResourcePolicy> = {
	key: "crossOriginResourcePolicy",
	name: "Cross-Origin-Resource-Policy",
	summary: "Keeps other sites from embedding the response as image, script, style or frame.",
	why: "Nothing leaves the origin unasked. Public assets need cross-origin.",
	mdn: "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Cross-Origin-Resource-Policy",
	spec: "https://fetch.spec.whatwg.org/#cross-origin-resource-policy-header",
	byDefault: "same-origin",
	whenTrue: "same-origin",
	documentsOnly: false,
	several: "one",
	read: (option, reporter) => readWord(option, TOKENS, "corp/invalid", reporter, "and browsers ignore the whole header"),
	write: (model) => ({ text: model }),
	weaker: (value, ours) => isLooser(TOKENS, value, ours),
};
