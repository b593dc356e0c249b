import { oneOf, type Reader, readEach, readList, readWord } from "../core/read.ts";
import { defineHeader, type HeaderDefinition } from "./define.ts";
import { REFERRER_TOKENS, UNSAFE_REFERRER_TOKENS } from "./tokens.ts";

/** How much of the page's address goes into the Referer of its requests. */
export type ReferrerPolicyToken = (typeof REFERRER_TOKENS)[number];

/** A token, or a list of fallbacks of which a browser takes the last that it knows. */
export type ReferrerPolicy = ReferrerPolicyToken | readonly ReferrerPolicyToken[];

export const referrerPolicy: HeaderDefinition<readonly ReferrerPolicyToken[]> = defineHeader("Referrer-Policy", {
	byDefault: "strict-origin-when-cross-origin",
	whenTrue: "strict-origin-when-cross-origin",
	read(option, issues) {
		if (typeof option === "string") return [readToken(option, issues)].filter((token) => token !== undefined);
		const list = readList(option, oneOf(REFERRER_TOKENS), issues);
		if (list?.length === 0) issues.error("referrer/invalid", 'received an empty list, which sets nothing. Write "strict-origin-when-cross-origin".');
		return list && readEach(list, "", issues, readToken);
	},
	write: (model) => ({ text: model.join(", ") }),
	check(model, _models, issues) {
		const last = model.at(-1) ?? "";
		if (UNSAFE_REFERRER_TOKENS.includes(last))
			issues.warn("referrer/unsafe", `"${last}" tells other sites more than they need. Write "strict-origin-when-cross-origin".`);
	},
});

const readToken: Reader<ReferrerPolicyToken> = (word, issues) => readWord(word, REFERRER_TOKENS, "referrer/invalid", issues, "which browsers skip");
