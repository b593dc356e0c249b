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
	read(option, reporter) {
		if (typeof option === "string") return [readToken(option, reporter)].filter((token) => token !== undefined);
		const list = readList(option, oneOf(REFERRER_TOKENS), reporter);
		if (list?.length === 0) reporter.error("referrer/invalid", 'received an empty list, which sets nothing. Write "strict-origin-when-cross-origin".');
		return list && readEach(list, "", reporter, readToken);
	},
	write: (model) => ({ text: model.join(", ") }),
	check(model, _models, reporter) {
		const last = model.at(-1) ?? "";
		if (UNSAFE_REFERRER_TOKENS.includes(last))
			reporter.warn("referrer/unsafe", `"${last}" tells other sites more than they need. Write "strict-origin-when-cross-origin".`);
	},
});

const readToken: Reader<ReferrerPolicyToken> = (word, reporter) => readWord(word, REFERRER_TOKENS, "referrer/invalid", reporter, "which browsers skip");
