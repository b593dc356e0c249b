import { effectiveReferrerToken, FRAME_TOKENS, REFERRER_TOKENS } from "./tokens.ts";

/** Whether a value of the application protects less than ours. */
export type Weaker = (value: string, ours: string) => boolean;

/** For a header of one word: whether the value stands further down a list from strict to loose; browsers ignore an unknown word. */
export function looser(words: readonly string[]): Weaker {
	return (value, ours) => isLooser(words, value, ours);
}

export function isLooserFraming(value: string, ours: string): boolean {
	return isLooser(FRAME_TOKENS, value.toUpperCase(), ours);
}

export function isLooserReferrer(value: string, ours: string): boolean {
	return isLooser(REFERRER_TOKENS, effectiveReferrerToken(value) ?? "", effectiveReferrerToken(ours) ?? "");
}

export function isWeakerTransport(value: string, ours: string): boolean {
	const theirs = readTransport(value);
	const mine = readTransport(ours);
	return theirs.maxAge < mine.maxAge || (mine.includeSubDomains && !theirs.includeSubDomains);
}

/** A feature that we limit and that is not there with the same list, or with none at all, is open. */
export function allowsMoreFeatures(value: string, ours: string): boolean {
	const theirs = new Set(value.split(",").map((member) => member.trim()));
	return ours.split(", ").some((member) => !theirs.has(member) && !theirs.has(`${member.split("=", 1)[0]}=()`));
}

function isLooser(words: readonly string[], value: string, ours: string): boolean {
	const word = (text: string): string => text.split(";", 1)[0]?.trim() ?? "";
	const rank = words.indexOf(word(value));
	return rank < 0 || rank > words.indexOf(word(ours));
}

/** What browsers read (RFC 6797 §6.1); a header without a max-age is ignored, which counts as zero. */
function readTransport(value: string): { readonly maxAge: number; readonly includeSubDomains: boolean } {
	const maxAge = /(?:^|;)\s*max-age\s*=\s*"?(\d+)"?\s*(?:;|$)/i.exec(value)?.[1];
	return { maxAge: Number(maxAge ?? 0), includeSubDomains: /(?:^|;)\s*includeSubDomains\s*(?:;|$)/i.test(value) };
}
