import { type Issues, received } from "../../core/issue.ts";
import { readList, readRecord } from "../../core/read.ts";
import { camel, kebab, show } from "../../core/text.ts";
import { DIRECTIVES, RETIRED } from "../../csp/directives.ts";
import { isNonceSource, isRaw, type RawSource, type Source } from "../../csp/grammar.ts";
import { KEYWORD_NAMES } from "../../csp/keywords.ts";
import { checkBytes, classifySource, problemIn } from "../../csp/sources.ts";

/** A source that this version does not know. Every mistake that it does know is refused as elsewhere. */
export function readRawSource({ raw }: RawSource, issues: Issues): Source | undefined {
	const source = classifySource(raw);
	if (source.kind !== "invalid") return refuseKnown(raw, source.kind === "nonce" ? "csp.nonce" : (KEYWORD_NAMES.get(source.text) ?? show(raw)), issues);
	return source.isUnknown === true ? warned(raw, issues) : issues.refuse(problemIn(source));
}

/** A word of sandbox or of the Trusted Types directives that this version does not know. */
export function readRawToken({ raw }: RawSource, isKnown: (text: string) => boolean, issues: Issues): Source | undefined {
	const bytes = checkBytes(raw);
	if (bytes !== undefined) return issues.refuse(problemIn(bytes));
	return isKnown(raw) ? refuseKnown(raw, KEYWORD_NAMES.get(raw) ?? show(raw), issues) : warned(raw, issues);
}

/** The words of the directives that this version does not know, by name. Null removes one. */
export function readUnknownDirectives(value: unknown, issues: Issues): ReadonlyMap<string, readonly Source[] | null> {
	const read = new Map<string, readonly Source[] | null>();
	for (const [key, words] of readRecord(value, `an object such as ${EXAMPLE}`, issues) ?? []) {
		const name = unknownName(key, issues.at(key));
		if (name === undefined) continue;
		const below = issues.at(key, name);
		const list = words === null ? null : readUnknownWords(words, below);
		if (list !== undefined) read.set(name, list);
		if (list) below.warn(received("csp/raw-directive", name, UNKNOWN));
	}
	return read;
}

const UNKNOWN = "which this version does not know. Browsers that do not know it either ignore it.";
const EXAMPLE = '{ "brand-new-src": [csp.self] }';

function unknownName(key: string, issues: Issues): string | undefined {
	const name = kebab(key).toLowerCase();
	if (DIRECTIVES.has(name)) return issues.invalid("csp/raw-known", key, "which this version knows", `${camel(name)} in directives`);
	if (RETIRED.has(name)) {
		const instead = RETIRED.get(name);
		return issues.invalid("csp/obsolete-directive", key, `which browsers ignore${instead === undefined ? ". Remove it." : ""}`, instead);
	}
	if (/^[a-z][a-z0-9-]*$/.test(key)) return key;
	return issues.invalid("csp/unknown-directive", key, "which cannot be the name of a directive", "its exact name, in lower case");
}

function readUnknownWords(value: unknown, issues: Issues): readonly Source[] | undefined {
	if (value === true) return [];
	const before = issues.errorCount();
	const list = typeof value === "string" || isRaw(value) ? [value] : readList(value, "an array of words, or true for none", issues);
	const words = list?.map((word, index) => readUnknownWord(word, issues.at(index)));
	return words === undefined || issues.errorCount() > before ? undefined : [...new Set(words.filter((word) => word !== undefined))];
}

function readUnknownWord(word: unknown, issues: Issues): string | undefined {
	const text = isRaw(word) ? word.raw : word;
	if (typeof text !== "string") return issues.type(word, 'a word of the directive as text, such as csp.self or "https://new.example"');
	const bytes = checkBytes(text);
	if (bytes !== undefined) return issues.refuse(problemIn(bytes));
	// The nonce itself is not shown.
	if (isNonceSource(text)) return issues.error("nonce/literal", "a nonce that is the same in every response protects nothing", "it in scriptSrc, as csp.nonce");
	return text;
}

function refuseKnown(text: string, instead: string, issues: Issues): undefined {
	return issues.invalid("csp/raw-known", isNonceSource(text) ? "'nonce-…'" : text, "which this version knows", `${instead} without csp.raw`);
}

function warned(text: string, issues: Issues): string {
	issues.warn(received("csp/raw-source", text, UNKNOWN));
	return text;
}
