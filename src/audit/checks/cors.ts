import { show } from "../../core/text.ts";
import type { corsExamples } from "../examples/cors.ts";
import { isAnswer, partsOf, type Rule, rule, type Seen, valuesOf } from "../types.ts";

type Id = keyof typeof corsExamples;

const ACAO = "Access-Control-Allow-Origin";

/** An origin that no site should allow. */
export const FOREIGN_ORIGIN = "https://headguard-audit.example";

/** Origins that a careless comparison confuses with the allowed one: a prefix, a suffix, a dot that matches any character. */
export function lookalikesOf(origin: string): readonly string[] {
	const { protocol, host } = new URL(origin);
	const dotless = host.replace(".", "x");
	return [`${protocol}//${host}.headguard-audit.example`, `${protocol}//headguard-audit${host}`, ...(dotless === host ? [] : [`${protocol}//${dotless}`])];
}

function allowsCredentials(seen: Seen): boolean {
	return valuesOf(seen, "Access-Control-Allow-Credentials").includes("true");
}

function allows(seen: Seen, origin: string | undefined): boolean {
	return origin !== undefined && valuesOf(seen, ACAO).includes(origin);
}

export const corsRules: readonly Rule<Id>[] = [
	rule({
		header: ACAO,
		id: "cors/reflected-credentials",
		title: "Any origin with credentials",
		severity: "error",
		summary: "Any site may read the responses that a signed-in visitor gets.",
		check: (seen) =>
			allows(seen, FOREIGN_ORIGIN) && allowsCredentials(seen)
				? "a foreign origin is reflected with credentials, so any site may read what a visitor may. Compare the origin with a list."
				: undefined,
	}),
	rule({
		header: ACAO,
		id: "cors/reflected",
		title: "Any origin reflected",
		severity: "warning",
		summary: "The site reflects any origin, as if it knew each of them.",
		check: (seen) =>
			seen.probe === "foreign" && allows(seen, FOREIGN_ORIGIN) && !allowsCredentials(seen)
				? "a foreign origin is reflected. Send * for public data, or compare the origin with a list."
				: undefined,
	}),
	rule({
		header: ACAO,
		id: "cors/null-origin",
		title: "Origin null allowed",
		severity: "error",
		summary: "Sandboxed frames and local files of any site have the origin null.",
		check: (seen) => (partsOf(seen, ACAO).includes("null") ? "null is allowed, and any site gets that origin with a sandboxed frame. Remove it." : undefined),
	}),
	rule({
		header: ACAO,
		id: "cors/lookalike-origin",
		title: "Lookalike origin allowed",
		severity: "error",
		summary: "Origins that only resemble the allowed one are allowed.",
		check: (seen) =>
			seen.probe === "lookalike" && allows(seen, seen.sent) && seen.sent !== FOREIGN_ORIGIN
				? `${show(seen.sent)} is allowed, and anyone can register it. Compare whole origins, and escape dots.`
				: undefined,
	}),
	rule({
		header: ACAO,
		id: "cors/http-origin",
		title: "Plain http origin allowed",
		severity: "warning",
		summary: "A page on plain http, which anyone on the network can write, may read this site.",
		check: (seen) => {
			const origin = seen.secure ? valuesOf(seen, ACAO).find((value) => /^http:\/\/(?!localhost\b|127\.|\[::1\])/.test(value)) : undefined;
			return origin === undefined ? undefined : `${show(origin)} is allowed on https. Allow only its https origin.`;
		},
	}),
	rule({
		header: ACAO,
		id: "cors/wildcard-credentials",
		title: "Wildcard with credentials",
		severity: "error",
		summary: "Browsers refuse * with credentials; the configuration asks for more than is possible.",
		check: (seen) =>
			valuesOf(seen, ACAO).includes("*") && allowsCredentials(seen)
				? "browsers refuse * with Access-Control-Allow-Credentials: true. Name the origin."
				: undefined,
	}),
	rule({
		header: ACAO,
		id: "cors/multiple-acao",
		title: "Two allowed origins",
		severity: "error",
		summary: "The header has two values, and browsers accept neither.",
		check: (seen) =>
			partsOf(seen, ACAO).length > 1
				? `${show(partsOf(seen, ACAO).join(", "))}: two values, so browsers refuse the response. Send one, from the application or the proxy.`
				: undefined,
	}),
	rule({
		header: "Vary",
		id: "cors/no-vary-origin",
		title: "No Vary: Origin",
		severity: "error",
		summary: "The response depends on the origin, and caches do not know.",
		check: (seen, site) => {
			// Preflights are not cached by caches; a fixed origin does not depend on the request.
			if (seen.method === "OPTIONS" || partsOf(seen, "Vary").some((name) => /^(?:\*|origin)$/i.test(name))) return undefined;
			const [own] = valuesOf(seen, ACAO);
			const others = site.filter((one) => one.url === seen.url && one.method === seen.method && one.status === seen.status && one.sent !== seen.sent);
			const isReflected = own !== undefined && own !== "*" && own === seen.sent;
			const dependsOnOrigin = isReflected || (isAnswer(seen) && others.some((one) => allows(one, one.sent) && valuesOf(one, ACAO)[0] !== own));
			return dependsOnOrigin
				? `${ACAO} depends on the origin without Vary: Origin, so a cache may give the response to another site. Add it, also where no origin is allowed.`
				: undefined;
		},
	}),
	rule({
		header: ACAO,
		id: "cors/preflight-unhandled",
		title: "Preflight not answered",
		severity: "warning",
		summary: "The allowed origin gets no usable response to its preflight, so its requests fail.",
		check: (seen) => {
			if (seen.probe !== "allowed-preflight") return undefined;
			if (seen.status < 200 || seen.status > 299)
				return `a preflight from ${show(seen.sent)} gets ${seen.status}. Respond with 204 before authentication and routing.`;
			const isAllowed = allows(seen, seen.sent) || valuesOf(seen, ACAO).includes("*");
			return isAllowed ? undefined : `a preflight from ${show(seen.sent)} gets no ${ACAO}. Mount the CORS handler before the routes.`;
		},
	}),
	rule({
		header: ACAO,
		id: "cors/preflight-denied-leaks",
		title: "Preflight allows any origin",
		severity: "error",
		summary: "An origin that is not allowed gets a preflight response that allows it.",
		check: (seen, site) => {
			const isList = site.some((one) => one.probe === "allowed" && allows(one, one.sent));
			return seen.probe === "preflight" && isList && allows(seen, FOREIGN_ORIGIN)
				? "a preflight from a foreign origin is allowed, although the site has a list. Send no CORS header to origins that are not on it."
				: undefined;
		},
	}),
	rule({
		header: ACAO,
		id: "cors/error-bare",
		title: "Errors without CORS",
		severity: "note",
		summary: "The allowed origin cannot read errors, so its code sees a network failure.",
		check: (seen, site) => {
			const isAllowed = site.some((one) => one.probe === "allowed" && (allows(one, one.sent) || valuesOf(one, ACAO).includes("*")));
			return seen.probe === "allowed-error" && seen.status >= 400 && isAllowed && valuesOf(seen, ACAO).length === 0
				? `a ${seen.status} to ${show(seen.sent)} has no ${ACAO}. Mount the CORS handler first, and keep its headers on errors.`
				: undefined;
		},
	}),
	rule({
		header: "Access-Control-Max-Age",
		id: "cors/max-age",
		title: "Preflight cached too long",
		severity: "note",
		summary: "Browsers keep the response to a preflight for two hours at most.",
		check: (seen) => {
			const value = valuesOf(seen, "Access-Control-Max-Age").find((one) => !(Number(one) >= 0 && Number(one) <= 7200));
			return value === undefined ? undefined : `${show(value)} is negative, not a number, or more than Chromium's two hours. Send 7200 or less.`;
		},
	}),
];
