import { show } from "../../core/text.ts";
import { isAnswer, mdn, partsOf, type Rule, rule, type Seen, valuesOf } from "../types.ts";

const ACAO = "Access-Control-Allow-Origin";

/** The origin that a foreign site would send. */
export const FOREIGN_ORIGIN = "https://headguard-audit.example";

/** Origins that a careless comparison takes for the allowed one: prefix, suffix, a dot that stands for any character. */
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

export const corsRules: readonly Rule[] = [
	rule(ACAO, "cors/reflected-credentials", "error", "Any site may read the answers that a signed-in visitor gets.", (seen) =>
		allows(seen, FOREIGN_ORIGIN) && allowsCredentials(seen)
			? "a foreign origin is reflected, with credentials: any site may read what a visitor may. Compare the origin with a list."
			: undefined,
	),
	rule(ACAO, "cors/reflected", "warning", "Any origin is reflected, as if each were known.", (seen) =>
		seen.probe === "foreign" && allows(seen, FOREIGN_ORIGIN) && !allowsCredentials(seen)
			? "a foreign origin is reflected. Send * for what is public, or compare the origin with a list."
			: undefined,
	),
	rule(ACAO, "cors/null-origin", "error", "Sandboxed frames and files of any site have the origin null.", (seen) =>
		partsOf(seen, ACAO).includes("null") ? "null is allowed, which any site can have by a sandboxed frame. Leave it out." : undefined,
	),
	rule(ACAO, "cors/lookalike-origin", "error", "Origins that only look like the allowed one are let in.", (seen) =>
		seen.probe === "lookalike" && allows(seen, seen.sent) && seen.sent !== FOREIGN_ORIGIN
			? `${show(seen.sent)} is let in, which anybody may register. Compare whole origins, and escape dots.`
			: undefined,
	),
	rule(ACAO, "cors/http-origin", "warning", "A page on plain http, which anybody on the way may write, may read this site.", (seen) => {
		const origin = seen.secure ? valuesOf(seen, ACAO).find((value) => /^http:\/\/(?!localhost\b|127\.|\[::1\])/.test(value)) : undefined;
		return origin === undefined ? undefined : `${show(origin)} is allowed on https. Allow its https origin only.`;
	}),
	rule(ACAO, "cors/wildcard-credentials", "error", "* with credentials is refused by browsers; somebody meant more than is possible.", (seen) =>
		valuesOf(seen, ACAO).includes("*") && allowsCredentials(seen)
			? "* beside Access-Control-Allow-Credentials: true, which browsers refuse. Name the origin."
			: undefined,
	),
	rule(ACAO, "cors/multiple-acao", "error", "Two values, of which browsers take none.", (seen) =>
		partsOf(seen, ACAO).length > 1
			? `${show(partsOf(seen, ACAO).join(", "))}: two values, so browsers refuse the answer. Send one, from the application or the proxy.`
			: undefined,
	),
	rule(
		"Vary",
		"cors/no-vary-origin",
		"error",
		"The answer depends on the origin, and caches are not told.",
		(seen, site) => {
			// Preflights are not cached by caches; a fixed origin does not depend on the request.
			if (seen.method === "OPTIONS" || partsOf(seen, "Vary").some((name) => /^(?:\*|origin)$/i.test(name))) return undefined;
			const [own] = valuesOf(seen, ACAO);
			const others = site.filter((one) => one.url === seen.url && one.method === seen.method && one.status === seen.status && one.sent !== seen.sent);
			const isReflected = own !== undefined && own !== "*" && own === seen.sent;
			const dependsOnOrigin = isReflected || (isAnswer(seen) && others.some((one) => allows(one, one.sent) && valuesOf(one, ACAO)[0] !== own));
			return dependsOnOrigin
				? `${ACAO} depends on the origin without Vary: Origin, so a cache may hand the answer to another site. Add it, also where no origin is allowed.`
				: undefined;
		},
		mdn("Vary"),
	),
	rule(ACAO, "cors/preflight-unhandled", "warning", "The allowed origin gets no usable answer to its preflight, so its requests fail.", (seen) => {
		if (seen.probe !== "allowed-preflight") return undefined;
		if (seen.status < 200 || seen.status > 299)
			return `a preflight of ${show(seen.sent)} is answered by ${seen.status}. Answer 204 before authentication and routing.`;
		const isAllowed = allows(seen, seen.sent) || valuesOf(seen, ACAO).includes("*");
		return isAllowed ? undefined : `a preflight of ${show(seen.sent)} gets no ${ACAO}. Mount the CORS handler before the routes.`;
	}),
	rule(ACAO, "cors/preflight-denied-leaks", "error", "A preflight of an origin that is not allowed gets permission all the same.", (seen, site) => {
		const isList = site.some((one) => one.probe === "allowed" && allows(one, one.sent));
		return seen.probe === "preflight" && isList && allows(seen, FOREIGN_ORIGIN)
			? "a preflight of a foreign origin is allowed, though the site has a list. Send no CORS header to origins that are not on it."
			: undefined;
	}),
	rule(ACAO, "cors/error-bare", "note", "The allowed origin cannot read errors, so its code sees a network failure.", (seen, site) => {
		const isAllowed = site.some((one) => one.probe === "allowed" && (allows(one, one.sent) || valuesOf(one, ACAO).includes("*")));
		return seen.probe === "allowed-error" && seen.status >= 400 && isAllowed && valuesOf(seen, ACAO).length === 0
			? `a ${seen.status} to ${show(seen.sent)} has no ${ACAO}. Mount the CORS handler first, and keep its headers on errors.`
			: undefined;
	}),
	rule(
		"Access-Control-Max-Age",
		"cors/max-age",
		"note",
		"Browsers keep the answer to a preflight for two hours at most.",
		(seen) => {
			const value = valuesOf(seen, "Access-Control-Max-Age").find((one) => !(Number(one) >= 0 && Number(one) <= 7200));
			return value === undefined ? undefined : `${show(value)} is negative, no number, or more than Chromium's two hours. Send 7200 or less.`;
		},
		mdn("Access-Control-Max-Age"),
	),
];
