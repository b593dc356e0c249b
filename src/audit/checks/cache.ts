import { CODES } from "../../core/codes.ts";
import { string } from "../../core/structured.ts";
import { show } from "../../core/text.ts";
import { CLEARED_TYPES } from "../../headers/tokens.ts";
import { cacheOf, isAnswer, mdn, pageOf, partsOf, type Rule, rule, type Seen, valuesOf } from "../types.ts";

const HEADER = "Cache-Control";
const KNOWN: readonly string[] = CLEARED_TYPES.map(string);

function isKept(seen: Seen): boolean {
	const cache = cacheOf(seen);
	return !cache.has("no-store") && !cache.has("private");
}

/** Seconds that a shared cache may keep it. */
function sharedAge(seen: Seen): number {
	const cache = cacheOf(seen);
	const isShared = isKept(seen) && !cache.has("no-cache");
	return isShared ? Number(cache.get("s-maxage") ?? cache.get("max-age") ?? 0) : 0;
}

export const cacheRules: readonly Rule[] = [
	rule(HEADER, "cache/sensitive-storable", "warning", "What only one visitor may see is kept by shared caches.", (seen) => {
		const isOwn = valuesOf(seen, "Set-Cookie").length > 0 || valuesOf(seen, "Vary").some((value) => /\b(?:cookie|authorization)\b/i.test(value));
		return isAnswer(seen) && isOwn && isKept(seen) && sharedAge(seen) === 0 && !cacheOf(seen).has("no-cache")
			? `the answer sets a cookie or depends on one, and ${HEADER} is ${valuesOf(seen, HEADER).map(show)[0] ?? "absent"}. Send private, no-cache, or no-store.`
			: undefined;
	}),
	rule(HEADER, "cache/contradiction", "warning", "The header says two things, and caches choose one.", (seen) => {
		const cache = cacheOf(seen);
		const text = show(valuesOf(seen, HEADER).join(", "));
		if (cache.has("public") && (cache.has("private") || cache.has("no-store")))
			return `${text} says public and ${cache.has("private") ? "private" : "no-store"}. Write one of them.`;
		return cache.has("no-store") && (Number(cache.get("max-age")) > 0 || Number(cache.get("s-maxage")) > 0)
			? `${text} forbids to store, and says for how long. Write no-store alone.`
			: undefined;
	}),
	rule(HEADER, "cache/error-cacheable", "warning", "An error is shown from caches after it is over.", (seen) =>
		seen.status >= 400 && sharedAge(seen) > 300 ? `a ${seen.status} may be kept for ${sharedAge(seen)} seconds. Send no-store on errors.` : undefined,
	),
	rule("Clear-Site-Data", "cache/clear-site-data", "note", CODES["cache/clear-site-data"], (seen) => {
		const values = partsOf(seen, "Clear-Site-Data");
		const unknown = values.find((value) => value !== "" && !KNOWN.includes(value));
		if (unknown !== undefined && /^"[^"]*"$/.test(unknown))
			return `${show(unknown.slice(1, -1))} is no type that browsers know. Write ${KNOWN.slice(0, 3).join(", ")}.`;
		if (unknown !== undefined) return `${show(values.join(", "))} lacks its double quotes, so browsers ignore it. Write "cookies", "storage".`;
		return seen.probe === "logout" && values.length === 0 ? 'absent on the answer to signing out. Send "cache", "cookies", "storage".' : undefined;
	}),
	rule(
		"Vary",
		"vary/missing",
		"warning",
		"The answer depends on a request header, and caches are not told.",
		(seen, site) => {
			const page = pageOf(site);
			if (seen.probe !== "compressed" || page === undefined) return undefined;
			const [ours, theirs] = [page, seen].map((one) => valuesOf(one, "Content-Encoding")[0] ?? "identity");
			const isTold = partsOf(page, "Vary").some((name) => /^(?:\*|accept-encoding)$/i.test(name));
			return ours !== theirs && !isTold ? `the answer is ${ours} or ${theirs}, as the browser likes it, without Vary: Accept-Encoding. Add it.` : undefined;
		},
		mdn("Vary"),
	),
];
