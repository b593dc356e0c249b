import { CODES } from "../../core/codes.ts";
import { string } from "../../core/structured.ts";
import { show } from "../../core/text.ts";
import { CLEARED_TYPES } from "../../headers/tokens.ts";
import type { cacheExamples } from "../examples/cache.ts";
import { cacheOf, type Exchange, isAnswer, pageOf, partsOf, type Rule, rule, valuesOf } from "../types.ts";

type Id = keyof typeof cacheExamples;

const HEADER = "Cache-Control";
const KNOWN: readonly string[] = CLEARED_TYPES.map(string);

function isKept(exchange: Exchange): boolean {
	const cache = cacheOf(exchange);
	return !cache.has("no-store") && !cache.has("private");
}

/** Seconds that a shared cache may keep it. */
function sharedAge(exchange: Exchange): number {
	const cache = cacheOf(exchange);
	const isShared = isKept(exchange) && !cache.has("no-cache");
	return isShared ? Number(cache.get("s-maxage") ?? cache.get("max-age") ?? 0) : 0;
}

export const cacheRules: readonly Rule<Id>[] = [
	rule({
		header: HEADER,
		id: "cache/sensitive-storable",
		title: "Private response can be stored",
		severity: "warning",
		summary: "Shared caches may keep a response that belongs to one visitor.",
		check: (exchange) => {
			const isOwn = valuesOf(exchange, "Set-Cookie").length > 0 || valuesOf(exchange, "Vary").some((value) => /\b(?:cookie|authorization)\b/i.test(value));
			return isAnswer(exchange) && isOwn && isKept(exchange) && sharedAge(exchange) === 0 && !cacheOf(exchange).has("no-cache")
				? `the response sets a cookie or depends on one, but ${HEADER} is ${valuesOf(exchange, HEADER).map(show)[0] ?? "absent"}. Send private, no-cache, or send no-store.`
				: undefined;
		},
	}),
	rule({
		header: HEADER,
		id: "cache/contradiction",
		title: "Contradictory Cache-Control",
		severity: "warning",
		summary: "The header contradicts itself, and each cache chooses.",
		check: (exchange) => {
			const cache = cacheOf(exchange);
			const text = show(valuesOf(exchange, HEADER).join(", "));
			if (cache.has("public") && (cache.has("private") || cache.has("no-store")))
				return `${text} says both public and ${cache.has("private") ? "private" : "no-store"}. Use one of them.`;
			return cache.has("no-store") && (Number(cache.get("max-age")) > 0 || Number(cache.get("s-maxage")) > 0)
				? `${text} forbids storing, and says for how long. Write only no-store.`
				: undefined;
		},
	}),
	rule({
		header: HEADER,
		id: "cache/error-cacheable",
		title: "Error can be cached",
		severity: "warning",
		summary: "Caches show an error after it is over.",
		check: (exchange) =>
			exchange.status >= 400 && sharedAge(exchange) > 300
				? `caches may store a ${exchange.status} for ${sharedAge(exchange)} seconds. Send no-store on errors.`
				: undefined,
	}),
	rule({
		header: "Clear-Site-Data",
		id: "cache/clear-site-data",
		title: "Data kept after logout",
		severity: "note",
		summary: CODES["cache/clear-site-data"],
		check: (exchange) => {
			const values = partsOf(exchange, "Clear-Site-Data");
			const unknown = values.find((value) => value !== "" && !KNOWN.includes(value));
			if (unknown !== undefined && /^"[^"]*"$/.test(unknown))
				return `${show(unknown.slice(1, -1))} is not a type that browsers know. Write ${KNOWN.slice(0, 3).join(", ")}.`;
			if (unknown !== undefined) return `${show(values.join(", "))} lacks its double quotes, so browsers ignore it. Write "cookies", "storage".`;
			return exchange.probe === "logout" && values.length === 0 ? 'absent on the response to signing out. Send "cache", "cookies", "storage".' : undefined;
		},
	}),
	rule({
		header: "Vary",
		id: "vary/missing",
		title: "No Vary: Accept-Encoding",
		severity: "warning",
		summary: "The response depends on a request header, and caches do not know.",
		check: (exchange, exchanges) => {
			const page = pageOf(exchanges);
			if (exchange.probe !== "compressed" || page === undefined) return undefined;
			const [ours, theirs] = [page, exchange].map((one) => valuesOf(one, "Content-Encoding")[0] ?? "identity");
			const isTold = partsOf(page, "Vary").some((name) => /^(?:\*|accept-encoding)$/i.test(name));
			return ours !== theirs && !isTold ? `the response is ${ours} or ${theirs}, depending on the request, without Vary: Accept-Encoding. Add it.` : undefined;
		},
	}),
];
