import { received } from "../core/issue.ts";
import { oneOf, type Reader, readEach, readList, readWord } from "../core/read.ts";
import { show } from "../core/text.ts";
import { fieldOf, OF_HELMET } from "./common/token.ts";
import { defineHeader, type HeaderDefinition } from "./define.ts";
import { REFERRER_TOKENS, UNSAFE_REFERRER_TOKENS } from "./tokens.ts";

/** How much of the address of the page requests contain as Referer. */
export type ReferrerPolicyToken = (typeof REFERRER_TOKENS)[number];

/** One of the values, or a list of them as fallbacks. Browsers use the last one that they support. */
export type ReferrerPolicy = ReferrerPolicyToken | readonly ReferrerPolicyToken[];

export const referrerPolicy: HeaderDefinition<readonly ReferrerPolicyToken[]> = defineHeader("Referrer-Policy", {
	byDefault: "strict-origin-when-cross-origin",
	whenTrue: "strict-origin-when-cross-origin",
	read(option, issues) {
		if (typeof option === "string") return [readToken(option, issues)].filter((token) => token !== undefined);
		const instead = fromHelmet(option);
		if (instead !== undefined) return issues.invalid("option/type", option, OF_HELMET, instead);
		const list = readList(option, oneOf(REFERRER_TOKENS), issues);
		if (list?.length === 0) issues.invalid("referrer/invalid", list, "which has no effect", RECOMMENDED);
		return list && readEach(list, "", issues, readToken);
	},
	fromHelmet,
	write: (model) => ({ text: model.join(", ") }),
	check(model, _models, issues) {
		const last = model.at(-1) ?? "";
		if (UNSAFE_REFERRER_TOKENS.includes(last)) issues.warn(received("referrer/unsafe", last, "which sends more than other sites need", RECOMMENDED));
	},
});

const readToken: Reader<ReferrerPolicyToken> = (word, issues) => readWord(word, REFERRER_TOKENS, "referrer/invalid", issues, "which browsers skip");

const RECOMMENDED = '"strict-origin-when-cross-origin"';

function fromHelmet(option: unknown): string | undefined {
	const words = [fieldOf(option, "policy")].flat();
	if (words.length === 0 || !words.every((word) => (REFERRER_TOKENS as readonly unknown[]).includes(word))) return undefined;
	return show(words.length === 1 ? words[0] : words);
}
