import { CODES } from "../../core/codes.ts";
import { show } from "../../core/text.ts";
import { CSP, REPORT_ONLY } from "../csp-of.ts";
import { tagsIn } from "../html.ts";
import { isAnswer, isDocument, isSharedByCaches, pageOf, type Rule, rule, type Seen, type Severity, type Site, valuesOf } from "../types.ts";
import { noncesOf } from "./csp.ts";

const SPEC = "https://www.w3.org/TR/CSP3/#security-nonces";
const CACHING = "https://www.rfc-editor.org/rfc/rfc9111";

function nonceRule(id: string, severity: Severity, summary: string, check: (nonces: readonly string[], seen: Seen, site: Site) => string | undefined): Rule {
	return rule(
		CSP,
		id,
		severity,
		summary,
		(seen, site) => {
			const nonces = noncesOf(seen);
			return nonces.length > 0 ? check(nonces, seen, site) : undefined;
		},
		SPEC,
	);
}

/** The nonces that elements of a page carry. */
function noncesIn(seen: Seen): readonly string[] {
	return tagsIn(seen.body).flatMap(({ attributes }) => attributes.get("nonce") ?? []);
}

function isRead(seen: Seen): boolean {
	return seen.probe === "page" && isDocument(seen) && seen.body !== "";
}

/** The stored page had a nonce in it, and browsers take what comes with a 304 in its place. */
export function replacesNonced(seen: Seen, page: Seen, header: string): boolean {
	return seen.status === 304 && valuesOf(seen, header).length > 0 && valuesOf(page, header).some((value) => value.includes("'nonce-"));
}

export const nonceRules: readonly Rule[] = [
	nonceRule("nonce/reused", "error", "Two responses have the same nonce, so an attacker knows the next one.", (nonces, seen, site) => {
		const page = pageOf(site);
		const isShared = seen.probe === "again" && page !== undefined && nonces.some((nonce) => noncesOf(page).includes(nonce));
		return isShared ? "the nonce is the same in two responses. Make a new one for each, with 128 random bits." : undefined;
	}),
	nonceRule("nonce/predictable", "error", "Nonces of several responses look alike, so an attacker may guess the next one.", (_nonces, seen, site) => {
		if (seen.probe !== "again") return undefined;
		const samples = [...new Set(site.flatMap(noncesOf))];
		const [first = ""] = samples;
		// Of random nonces, two in a million million share nine characters.
		const differs = [...first].findIndex((character, i) => samples.some((sample) => sample[i] !== character));
		const prefix = samples.length < 2 ? 0 : differs === -1 ? first.length : differs;
		const isNumber = samples.length > 1 && samples.every((sample) => /^\d+$/.test(sample));
		return isNumber || prefix > 8
			? `nonces of ${samples.length} responses ${isNumber ? "are plain numbers" : `begin with the same ${prefix} characters`}. Take 128 bits from a secure source of random numbers.`
			: undefined;
	}),
	nonceRule("nonce/short", "warning", "A nonce has fewer than 128 bits.", (nonces, seen) => {
		const nonce = isAnswer(seen) ? nonces.find((one) => one.replace(/=+$/, "").length < 22) : undefined;
		return nonce === undefined ? undefined : `a nonce has ${nonce.length} characters. Send 22 characters of base64, from a secure source of random numbers.`;
	}),
	nonceRule("nonce/charset", "error", "A nonce holds what is no base64, so browsers ignore it.", (nonces, seen) => {
		const nonce = isAnswer(seen) ? nonces.find((one) => !/^[\w+/-]+={0,2}$/.test(one)) : undefined;
		return nonce === undefined ? undefined : `${show(nonce)} is not base64, so browsers ignore it. Send letters, digits, + / - _ and = at the end.`;
	}),
	rule(
		"Cache-Control",
		"nonce/shared-cacheable",
		"error",
		CODES["nonce/shared-cacheable"],
		(seen) => {
			return isAnswer(seen) && noncesOf(seen).length > 0 && isSharedByCaches(seen)
				? `${show(valuesOf(seen, "Cache-Control").join(", "))} lets shared caches keep a page with a nonce. Send private or no-store.`
				: undefined;
		},
		CACHING,
	),
	rule(
		"Age",
		"nonce/served-from-cache",
		"error",
		"A response with a nonce came out of a cache: others have the same nonce.",
		(seen) => {
			const hit = ["X-Cache", "CF-Cache-Status", "X-Proxy-Cache", "X-Varnish-Cache"].find((name) =>
				valuesOf(seen, name).some((value) => /\bHIT\b/i.test(value)),
			);
			const age = valuesOf(seen, "Age").find((value) => Number(value) > 0);
			if (noncesOf(seen).length === 0 || (hit === undefined && age === undefined)) return undefined;
			return `the response came out of a cache (${hit === undefined ? `Age: ${show(age)}` : hit}), nonce and all. Do not cache pages with a nonce: send private or no-store.`;
		},
		CACHING,
	),
	rule(
		CSP,
		"nonce/conditional-304",
		"error",
		"A 304 brings another policy than that of the stored page, which has a nonce, so its scripts are blocked.",
		(seen, site) => {
			if (seen.probe !== "conditional" || seen.status !== 304) return undefined;
			if (noncesOf(seen).length > 0) return "a 304 carries a new nonce, which the stored page does not have. Send no policy with a 304.";
			const page = pageOf(site);
			const name = page === undefined ? undefined : [CSP, REPORT_ONLY].find((header) => replacesNonced(seen, page, header));
			return name === undefined
				? undefined
				: `a 304 carries ${name} without the nonce that the stored page has, so a browser takes it in place of the page's. Send none with a 304; see whether the application does, or its proxy.`;
		},
		SPEC,
	),
	nonceRule("nonce/unused-in-html", "note", "The policy has a nonce that no element carries.", (_nonces, seen) =>
		isRead(seen) && noncesIn(seen).length === 0
			? "the policy has a nonce, and no element of the page carries one. Put it on inline code, or leave it out."
			: undefined,
	),
	nonceRule("nonce/html-mismatch", "error", "An element carries another nonce than the policy, so it is blocked.", (nonces, seen) => {
		const other = isRead(seen) ? noncesIn(seen).find((nonce) => !nonces.includes(nonce)) : undefined;
		return other === undefined
			? undefined
			: `${other === "" ? "an element carries an empty nonce" : "an element carries a nonce that is not the policy's"}, so it is blocked. Write that of this response: res.locals.cspNonce.`;
	}),
	rule(
		CSP,
		"nonce/html-only",
		"warning",
		"Elements carry a nonce that no policy names.",
		(seen) =>
			isRead(seen) && noncesOf(seen).length === 0 && noncesIn(seen).some((nonce) => nonce !== "")
				? "elements of the page carry a nonce, and the policy has none. Add csp.nonce to it, or leave the attribute out."
				: undefined,
		SPEC,
	),
];
