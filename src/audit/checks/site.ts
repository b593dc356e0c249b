import { show } from "../../core/text.ts";
import { isWeakerPolicy } from "../../headers/csp/weaker.ts";
import { isAnswer, isDocument, mdn, partsOf, type Rule, type Seen, type Severity, type Site, valuesOf } from "../rule.ts";
import { noncesOf } from "./csp.ts";

/** What only several responses together show. */

function rule(id: string, header: string, severity: Severity, summary: string, link: string, check: (seen: Seen, site: Site) => string | undefined): Rule {
	return {
		id,
		header,
		severity,
		summary,
		link,
		check(seen, site) {
			const message = check(seen, site);
			return message === undefined ? [] : [message];
		},
	};
}

/** Of these browsers take one value, or every line counts and two are a mistake of two writers. */
const SINGLE = ["X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Permissions-Policy", "Access-Control-Allow-Origin"];

const CSP = "Content-Security-Policy";

const duplicates: readonly Rule[] = [
	rule(
		"dup/different",
		"",
		"error",
		"A header stands twice with different values, of which browsers ignore some or all.",
		mdn("Content-Security-Policy"),
		(seen) => {
			const name = SINGLE.find((header) => new Set(valuesOf(seen, header)).size > 1);
			return name === undefined
				? undefined
				: `${name} stands ${valuesOf(seen, name).length} times: ${valuesOf(seen, name).map(show).join(", ")}. Send it once, from the application or the proxy.`;
		},
	),
	rule(
		"dup/identical",
		"",
		"warning",
		"A header stands twice with the same value: two writers, that may differ tomorrow.",
		mdn("Content-Security-Policy"),
		(seen) => {
			const name = [...SINGLE, CSP].find((header) => valuesOf(seen, header).length > 1 && new Set(valuesOf(seen, header)).size === 1);
			return name === undefined
				? undefined
				: `${name} stands ${valuesOf(seen, name).length} times, with the same value. Send it once, from the application or the proxy.`;
		},
	),
];

/** The page itself, with which the others are compared. */
function pageOf(site: Site): Seen | undefined {
	return site.find(({ probe }) => probe === "page");
}

const nonces: readonly Rule[] = [
	rule(
		"nonce/reused",
		CSP,
		"error",
		"Two responses have the same nonce, so an attacker knows the next one.",
		"https://www.w3.org/TR/CSP3/#security-nonces",
		(seen, site) => {
			const page = pageOf(site);
			if (seen.probe !== "again" || page === undefined) return undefined;
			const known = noncesOf(page);
			const nonce = noncesOf(seen).find((one) => known.includes(one));
			return nonce === undefined ? undefined : "the nonce is the same in two responses. Make a new one for each, with 128 random bits.";
		},
	),
	rule("nonce/short", CSP, "warning", "A nonce has fewer than 128 bits.", "https://www.w3.org/TR/CSP3/#security-nonces", (seen) => {
		const nonce = isAnswer(seen) ? noncesOf(seen).find((one) => one.replace(/=+$/, "").length < 22) : undefined;
		return nonce === undefined ? undefined : `a nonce has ${nonce.length} characters. Send 22 characters of base64, from a secure source of random numbers.`;
	}),
	rule(
		"nonce/shared-cacheable",
		"Cache-Control",
		"error",
		"A response with a nonce may be stored by shared caches, which hand one nonce to everybody.",
		mdn("Cache-Control"),
		(seen) => {
			const cacheControl = valuesOf(seen, "Cache-Control").join(",");
			const isShared = /\b(?:public|s-maxage)\b/i.test(cacheControl) && !/\b(?:private|no-store)\b/i.test(cacheControl);
			return isAnswer(seen) && noncesOf(seen).length > 0 && isShared
				? `${show(cacheControl)} lets shared caches keep a page with a nonce. Send private or no-store.`
				: undefined;
		},
	),
	rule(
		"nonce/conditional-304",
		CSP,
		"error",
		"A 304 brings another nonce than the stored page has, so its scripts are blocked.",
		"https://www.rfc-editor.org/rfc/rfc9111#section-4.3.4",
		(seen) =>
			seen.probe === "conditional" && seen.status === 304 && noncesOf(seen).length > 0
				? "a 304 carries a new nonce, which the stored page does not have. Send no policy with a 304."
				: undefined,
	),
	rule("nonce/unused-in-html", CSP, "note", "The policy has a nonce that no element carries.", "https://www.w3.org/TR/CSP3/#security-nonces", (seen) => {
		const [nonce] = isAnswer(seen) && isDocument(seen) && seen.probe !== "policy" ? noncesOf(seen) : [];
		return nonce !== undefined && !/\bnonce\s*=/i.test(seen.body)
			? "the policy has a nonce, and no element of the page carries one. Put it on inline code, or leave it out."
			: undefined;
	}),
];

/** What every response is to have, and what of it may be weaker there. */
const EVERYWHERE = ["X-Content-Type-Options", "Strict-Transport-Security"];
const ON_DOCUMENTS = [CSP, "X-Frame-Options", "Referrer-Policy"];

const KINDS: readonly (readonly [Seen["probe"], string, Severity, string])[] = [
	["not-found", "consistency/404", "error", "a page that does not exist"],
	["failing", "consistency/500", "error", "a failing route"],
	["malformed", "consistency/400", "warning", "a malformed address"],
	["head", "consistency/head", "warning", "HEAD"],
	["conditional", "consistency/304", "note", "a conditional request"],
	["preflight", "consistency/options", "note", "OPTIONS"],
];

const consistency: readonly Rule[] = [
	...KINDS.map(([probe, id, severity, what]) =>
		rule(id, "", severity, `Headers of the page are missing on ${what}.`, "https://owasp.org/www-project-secure-headers/", (seen, site) => {
			const page = pageOf(site);
			if (seen.probe !== probe || page === undefined) return undefined;
			const names = isDocument(seen) ? [...EVERYWHERE, ...ON_DOCUMENTS] : EVERYWHERE;
			const missing = names.filter((name) => valuesOf(page, name).length > 0 && valuesOf(seen, name).length === 0);
			return missing.length === 0
				? undefined
				: `${missing.join(", ")}: on the page, and missing on ${what} (${seen.status}). Mount the middleware first, and keep the headers on errors.`;
		}),
	),
	rule(
		"consistency/csp-replaced",
		CSP,
		"warning",
		"An error page carries the framework's own policy, which says nothing of framing, forms and base addresses.",
		mdn(CSP),
		(seen, site) => {
			const page = pageOf(site);
			const [value] = valuesOf(seen, CSP);
			if (page === undefined || value === undefined || !["not-found", "failing", "malformed"].includes(seen.probe)) return undefined;
			const [ours] = valuesOf(page, CSP);
			const kept = (ours ?? "").split(";").filter((part) => /^\s*(?:frame-ancestors|base-uri|form-action)\b/i.test(part));
			return kept.length > 0 && isWeakerPolicy(value, kept.join(";"))
				? `${show(value)} took the place of the policy, without its ${kept.map((part) => part.trim().split(/\s/, 1)[0]).join(", ")}. Keep those on error pages.`
				: undefined;
		},
	),
];

const ACAO = "Access-Control-Allow-Origin";

/** The origin that a foreign site would send. */
export const FOREIGN_ORIGIN = "https://headguard-audit.example";

const cors: readonly Rule[] = [
	rule("cors/reflected-credentials", ACAO, "error", "Any site may read the answers that a signed-in visitor gets.", mdn(ACAO), (seen) =>
		valuesOf(seen, ACAO).includes(FOREIGN_ORIGIN) && allowsCredentials(seen)
			? "a foreign origin is reflected, with credentials: any site may read what a visitor may. Compare the origin with a list."
			: undefined,
	),
	rule("cors/reflected", ACAO, "warning", "Any origin is reflected, as if each were known.", mdn(ACAO), (seen) =>
		valuesOf(seen, ACAO).includes(FOREIGN_ORIGIN) && !allowsCredentials(seen)
			? "a foreign origin is reflected. Send * for what is public, or compare the origin with a list."
			: undefined,
	),
	rule("cors/wildcard-credentials", ACAO, "error", "* with credentials is refused by browsers; somebody meant more than is possible.", mdn(ACAO), (seen) =>
		valuesOf(seen, ACAO).includes("*") && allowsCredentials(seen)
			? "* beside Access-Control-Allow-Credentials: true, which browsers refuse. Name the origin."
			: undefined,
	),
	rule("cors/multiple-acao", ACAO, "error", "Two values, of which browsers take none.", mdn(ACAO), (seen) =>
		partsOf(seen, ACAO).length > 1
			? `${show(partsOf(seen, ACAO).join(", "))}: two values, so browsers refuse the answer. Send one, from the application or the proxy.`
			: undefined,
	),
	rule("cors/no-vary-origin", "Vary", "error", "The answer depends on the origin, and caches are not told.", mdn("Vary"), (seen) => {
		const dependsOnOrigin = valuesOf(seen, ACAO).some((value) => value !== "*");
		return dependsOnOrigin && !partsOf(seen, "Vary").some((name) => /^(?:\*|origin)$/i.test(name))
			? `${show(valuesOf(seen, ACAO)[0])} without Vary: Origin, so a cache may hand it to another site. Add it.`
			: undefined;
	}),
];

function allowsCredentials(seen: Seen): boolean {
	return valuesOf(seen, "Access-Control-Allow-Credentials").includes("true");
}

const redirects: readonly Rule[] = [
	rule("redirect/no-https", "Location", "error", "Whoever comes over http stays there.", mdn("Location"), (seen) =>
		seen.probe === "plain-http" && !(seen.status >= 300 && seen.status < 400 && valuesOf(seen, "Location").length > 0)
			? `http answers ${seen.status} without redirecting. Redirect every request to https.`
			: undefined,
	),
	rule(
		"redirect/first-hop",
		"Location",
		"warning",
		"The first redirect goes elsewhere than to https on the same host, which leaves that host without HSTS.",
		mdn("Location"),
		(seen) => {
			const [location] = valuesOf(seen, "Location");
			if (seen.probe !== "plain-http" || location === undefined || !URL.canParse(location, seen.url)) return undefined;
			const [from, to] = [new URL(seen.url), new URL(location, seen.url)];
			return to.protocol === "https:" && to.hostname === from.hostname ? undefined : `http redirects to ${show(location)}. Go to https on the same host first.`;
		},
	),
];

export const siteRules: readonly Rule[] = [...duplicates, ...nonces, ...consistency, ...cors, ...redirects];
