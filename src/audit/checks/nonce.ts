import { CODES } from "../../core/codes.ts";
import { show } from "../../core/text.ts";
import { isNonceSource } from "../../csp/grammar.ts";
import { CSP, metaPolicies, REPORT_ONLY } from "../csp-of.ts";
import type { nonceExamples } from "../examples/nonce.ts";
import { tagsIn } from "../html.ts";
import { type Exchange, type Exchanges, isAnswer, isDocument, isSharedByCaches, pageOf, type Rule, type RuleParts, rule, valuesOf } from "../types.ts";
import { noncesOf } from "./csp.ts";

type Id = keyof typeof nonceExamples;

function nonceRule({ check, ...about }: RuleParts<Id, (nonces: readonly string[], exchange: Exchange, exchanges: Exchanges) => string | undefined>): Rule<Id> {
	return rule({
		...about,
		header: CSP,
		check(exchange, exchanges) {
			const nonces = noncesOf(exchange);
			return nonces.length > 0 ? check(nonces, exchange, exchanges) : undefined;
		},
	});
}

/** The nonces that elements of a page carry. */
function noncesIn(exchange: Exchange): readonly string[] {
	return tagsIn(exchange.body).flatMap(({ attributes }) => attributes.get("nonce") ?? []);
}

function isRead(exchange: Exchange): boolean {
	return exchange.probe === "page" && isDocument(exchange) && exchange.body !== "";
}

/** The stored page has a nonce, and browsers replace its headers with those of a 304. */
export function replacesNonced(exchange: Exchange, page: Exchange, header: string): boolean {
	return exchange.status === 304 && valuesOf(exchange, header).length > 0 && valuesOf(page, header).some((value) => value.includes("'nonce-"));
}

export const nonceRules: readonly Rule<Id>[] = [
	nonceRule({
		id: "nonce/reused",
		title: "Nonce used twice",
		severity: "error",
		summary: "Two responses have the same nonce, so an attacker knows the next one.",
		check: (nonces, exchange, exchanges) => {
			const page = pageOf(exchanges);
			const isShared = exchange.probe === "again" && page !== undefined && nonces.some((nonce) => noncesOf(page).includes(nonce));
			return isShared ? "two responses have the same nonce. Generate a new one for each, with 128 random bits." : undefined;
		},
	}),
	nonceRule({
		id: "nonce/predictable",
		title: "Predictable nonce",
		severity: "error",
		summary: "Nonces of several responses look alike, so an attacker may guess the next one.",
		check: (_nonces, exchange, exchanges) => {
			if (exchange.probe !== "again") return undefined;
			const samples = [...new Set(exchanges.flatMap(noncesOf))];
			const [first = ""] = samples;
			// Nine equal characters in random nonces are less likely than one in a million million.
			const differs = [...first].findIndex((character, i) => samples.some((sample) => sample[i] !== character));
			const prefix = samples.length < 2 ? 0 : differs === -1 ? first.length : differs;
			const isNumber = samples.length > 1 && samples.every((sample) => /^\d+$/.test(sample));
			return isNumber || prefix > 8
				? `nonces of ${samples.length} responses ${isNumber ? "are plain numbers" : `begin with the same ${prefix} characters`}. Generate 128 bits with a secure random number generator.`
				: undefined;
		},
	}),
	nonceRule({
		id: "nonce/short",
		title: "Short nonce",
		severity: "warning",
		summary: "A nonce has fewer than 128 bits.",
		check: (nonces, exchange) => {
			const nonce = isAnswer(exchange) ? nonces.find((one) => isNonceSource(`'nonce-${one}'`) && one.replace(/=+$/, "").length < 22) : undefined;
			return nonce === undefined ? undefined : `a nonce has ${nonce.length} characters. Send 22 characters of base64 from a secure random number generator.`;
		},
	}),
	nonceRule({
		id: "nonce/charset",
		title: "Nonce is not base64",
		severity: "error",
		summary: "A nonce is not valid base64, so browsers ignore it.",
		check: (nonces, exchange) => {
			const source = isAnswer(exchange) ? nonces.map((one) => `'nonce-${one}'`).find((one) => !isNonceSource(one)) : undefined;
			if (source === "'nonce-'") return `${show(source)} has no nonce, so browsers ignore it. Find out why the template printed nothing.`;
			return source === undefined ? undefined : `${show(source)} is not base64, so browsers ignore it. Use letters, digits, + / - _ and a final =.`;
		},
	}),
	rule({
		header: "Cache-Control",
		id: "nonce/shared-cacheable",
		title: "Nonce in shared cache",
		severity: "error",
		summary: CODES["nonce/shared-cacheable"],
		check: (exchange) => {
			return isAnswer(exchange) && noncesOf(exchange).length > 0 && isSharedByCaches(exchange)
				? `${show(valuesOf(exchange, "Cache-Control").join(", "))} lets shared caches keep a page with a nonce. Send private or no-store.`
				: undefined;
		},
	}),
	rule({
		header: "Age",
		id: "nonce/served-from-cache",
		title: "Nonce from a cache",
		severity: "error",
		summary: "A response with a nonce came from a cache: other visitors have the same nonce.",
		check: (exchange) => {
			const hit = ["X-Cache", "CF-Cache-Status", "X-Proxy-Cache", "X-Varnish-Cache"].find((name) =>
				valuesOf(exchange, name).some((value) => /\bHIT\b/i.test(value)),
			);
			const age = valuesOf(exchange, "Age").find((value) => Number(value) > 0);
			if (noncesOf(exchange).length === 0 || (hit === undefined && age === undefined)) return undefined;
			return `the response came from a cache (${hit === undefined ? `Age: ${show(age)}` : hit}) with its nonce. Do not cache pages with a nonce: send private or no-store.`;
		},
	}),
	rule({
		header: CSP,
		id: "nonce/conditional-304",
		title: "Policy on a 304",
		severity: "error",
		summary: "A 304 replaces the policy of the stored page, which has a nonce, so the browser blocks its scripts.",
		check: (exchange, exchanges) => {
			if (exchange.probe !== "conditional" || exchange.status !== 304) return undefined;
			if (noncesOf(exchange).length > 0) return "a 304 carries a new nonce, which the stored page does not have. Send no policy with a 304.";
			const page = pageOf(exchanges);
			const name = page === undefined ? undefined : [CSP, REPORT_ONLY].find((header) => replacesNonced(exchange, page, header));
			return name === undefined
				? undefined
				: `a 304 carries ${name} without the nonce that the stored page has, so a browser replaces the page's policy with it. Send none with a 304. Find out whether the application or its proxy does.`;
		},
	}),
	nonceRule({
		id: "nonce/unused-in-html",
		title: "Nonce not used",
		severity: "note",
		summary: "The policy has a nonce that no element carries.",
		check: (_nonces, exchange) =>
			isRead(exchange) && noncesIn(exchange).length === 0
				? "the policy has a nonce, but no element of the page carries one. Add it to inline code, or remove it from the policy."
				: undefined,
	}),
	nonceRule({
		id: "nonce/html-mismatch",
		title: "Wrong nonce in page",
		severity: "error",
		summary: "An element carries another nonce than the policy, so the browser blocks it.",
		check: (nonces, exchange) => {
			const other = isRead(exchange) ? noncesIn(exchange).find((nonce) => !nonces.includes(nonce)) : undefined;
			return other === undefined
				? undefined
				: `${other === "" ? "an element carries an empty nonce" : "an element carries a nonce that is not the policy's"}, so browsers block it. Write the nonce of this response: res.locals.cspNonce.`;
		},
	}),
	rule({
		header: CSP,
		id: "nonce/html-only",
		title: "Nonce without policy",
		severity: "warning",
		summary: "Elements carry a nonce that no policy names.",
		check: (exchange) =>
			isRead(exchange) && noncesOf(exchange).length === 0 && !hasNonceInMeta(exchange) && noncesIn(exchange).some((nonce) => nonce !== "")
				? "elements of the page carry a nonce, but the policy has none, so it allows nothing. Add csp.nonce to the policy, or remove the attribute."
				: undefined,
	}),
];

function hasNonceInMeta(exchange: Exchange): boolean {
	return metaPolicies(exchange).some((model) => [...model.values()].flat().some(isNonceSource));
}
