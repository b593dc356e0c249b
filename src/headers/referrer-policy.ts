import { oneOf, readList, readWord } from "../core/read.ts";
import type { HeaderDefinition } from "./define.ts";
import { isLooser } from "./shared/token.ts";

const TOKENS = [
	"no-referrer",
	"no-referrer-when-downgrade",
	"same-origin",
	"origin",
	"strict-origin",
	"origin-when-cross-origin",
	"strict-origin-when-cross-origin",
	"unsafe-url",
] as const;

/** How much of the page's address goes into the Referer of its requests. */
export type ReferrerPolicyToken = (typeof TOKENS)[number];

/** A token, or a list of fallbacks of which a browser takes the last that it knows. */
export type ReferrerPolicy = ReferrerPolicyToken | readonly ReferrerPolicyToken[];

const STRICT_TO_LOOSE: readonly ReferrerPolicyToken[] = [
	"no-referrer",
	"same-origin",
	"strict-origin",
	"strict-origin-when-cross-origin",
	"origin",
	"origin-when-cross-origin",
	"no-referrer-when-downgrade",
	"unsafe-url",
];

const UNSAFE: readonly string[] = ["unsafe-url", "origin", "origin-when-cross-origin", "no-referrer-when-downgrade"];

export const referrerPolicy: HeaderDefinition<readonly ReferrerPolicyToken[]> = {
	key: "referrerPolicy",
	name: "Referrer-Policy",
	summary: "Limits the address that requests and links of the page give away as Referer.",
	why: "Other sites see the origin only. no-referrer would make same-origin form posts send Origin: null, which breaks CSRF checks.",
	mdn: "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Referrer-Policy",
	spec: "https://www.w3.org/TR/referrer-policy/#referrer-policy-header",
	byDefault: "strict-origin-when-cross-origin",
	whenTrue: "strict-origin-when-cross-origin",
	documentsOnly: false,
	several: "one",
	commas: true,
	read(option, reporter) {
		const list = typeof option === "string" ? [option] : readList(option, oneOf(TOKENS), reporter);
		if (list === undefined) return undefined;
		if (list.length === 0) reporter.error("referrer/invalid", 'received an empty list, which sets nothing. Write "strict-origin-when-cross-origin".');
		const tokens = list.map((word, i) =>
			readWord(word, TOKENS, "referrer/invalid", typeof option === "string" ? reporter : reporter.at(i), "which browsers skip"),
		);
		const known = tokens.filter((token) => token !== undefined);
		return known.length === 0 || known.length < tokens.length ? undefined : known;
	},
	write: (model) => ({ text: model.join(", ") }),
	weaker: (value, ours) => isLooser(STRICT_TO_LOOSE, lastKnown(value), lastKnown(ours)),
	check(model, _models, reporter) {
		const last = model.at(-1) ?? "";
		if (UNSAFE.includes(last)) reporter.warn("referrer/unsafe", `"${last}" tells other sites more than they need. Write "strict-origin-when-cross-origin".`);
	},
};

/** Browsers take the last token of a list that they know. */
function lastKnown(value: string): string {
	const tokens = value.split(",").map((token) => token.trim().toLowerCase());
	return tokens.findLast((token) => (TOKENS as readonly string[]).includes(token)) ?? "";
}
