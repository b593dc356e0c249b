import { show } from "../../core/text.ts";
import type { corsExamples } from "../examples/cors.ts";
import { type Exchange, isAnswer, partsOf, type Rule, rule, valuesOf } from "../types.ts";

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

function allowsCredentials(exchange: Exchange): boolean {
	return valuesOf(exchange, "Access-Control-Allow-Credentials").includes("true");
}

function allows(exchange: Exchange, origin: string | undefined): boolean {
	return origin !== undefined && valuesOf(exchange, ACAO).includes(origin);
}

export const corsRules: readonly Rule<Id>[] = [
	rule({
		header: ACAO,
		id: "cors/reflected-credentials",
		title: "Any origin with credentials",
		severity: "error",
		summary: "Any site may read the responses that a signed-in visitor gets.",
		check: (exchange) =>
			allows(exchange, FOREIGN_ORIGIN) && allowsCredentials(exchange)
				? "a foreign origin is reflected with credentials, so any site may read what a visitor may. Compare the origin with a list."
				: undefined,
	}),
	rule({
		header: ACAO,
		id: "cors/reflected",
		title: "Any origin reflected",
		severity: "warning",
		summary: "The site reflects any origin, as if it knew each of them.",
		check: (exchange) =>
			exchange.probe === "foreign" && allows(exchange, FOREIGN_ORIGIN) && !allowsCredentials(exchange)
				? "a foreign origin is reflected. Send * for public data, or compare the origin with a list."
				: undefined,
	}),
	rule({
		header: ACAO,
		id: "cors/null-origin",
		title: "Origin null allowed",
		severity: "error",
		summary: "Sandboxed frames and local files of any site have the origin null.",
		check: (exchange) =>
			partsOf(exchange, ACAO).includes("null") ? "null is allowed, and any site gets that origin with a sandboxed frame. Remove it." : undefined,
	}),
	rule({
		header: ACAO,
		id: "cors/lookalike-origin",
		title: "Lookalike origin allowed",
		severity: "error",
		summary: "Origins that only resemble the allowed one are allowed.",
		check: (exchange) =>
			exchange.probe === "lookalike" && allows(exchange, exchange.sent) && exchange.sent !== FOREIGN_ORIGIN
				? `${show(exchange.sent)} is allowed, and anyone can register it. Compare whole origins, and escape dots.`
				: undefined,
	}),
	rule({
		header: ACAO,
		id: "cors/http-origin",
		title: "Plain http origin allowed",
		severity: "warning",
		summary: "A page on plain http, which anyone on the network can write, may read this site.",
		check: (exchange) => {
			const origin = exchange.secure ? valuesOf(exchange, ACAO).find((value) => /^http:\/\/(?!localhost\b|127\.|\[::1\])/.test(value)) : undefined;
			return origin === undefined ? undefined : `${show(origin)} is allowed on https. Allow only its https origin.`;
		},
	}),
	rule({
		header: ACAO,
		id: "cors/wildcard-credentials",
		title: "Wildcard with credentials",
		severity: "error",
		summary: "Browsers refuse * with credentials; the configuration asks for more than is possible.",
		check: (exchange) =>
			valuesOf(exchange, ACAO).includes("*") && allowsCredentials(exchange)
				? "browsers refuse * with Access-Control-Allow-Credentials: true. Name the origin."
				: undefined,
	}),
	rule({
		header: ACAO,
		id: "cors/multiple-acao",
		title: "Two allowed origins",
		severity: "error",
		summary: "The header has two values, and browsers accept neither.",
		check: (exchange) =>
			partsOf(exchange, ACAO).length > 1
				? `${show(partsOf(exchange, ACAO).join(", "))}: two values, so browsers refuse the response. Send one, from the application or the proxy.`
				: undefined,
	}),
	rule({
		header: "Vary",
		id: "cors/no-vary-origin",
		title: "No Vary: Origin",
		severity: "error",
		summary: "The response depends on the origin, and caches do not know.",
		check: (exchange, exchanges) => {
			// Preflights are not cached by caches; a fixed origin does not depend on the request.
			if (exchange.method === "OPTIONS" || partsOf(exchange, "Vary").some((name) => /^(?:\*|origin)$/i.test(name))) return undefined;
			const [own] = valuesOf(exchange, ACAO);
			const others = exchanges.filter(
				(one) => one.url === exchange.url && one.method === exchange.method && one.status === exchange.status && one.sent !== exchange.sent,
			);
			const isReflected = own !== undefined && own !== "*" && own === exchange.sent;
			const dependsOnOrigin = isReflected || (isAnswer(exchange) && others.some((one) => allows(one, one.sent) && valuesOf(one, ACAO)[0] !== own));
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
		check: (exchange) => {
			if (exchange.probe !== "allowed-preflight") return undefined;
			if (exchange.status < 200 || exchange.status > 299)
				return `a preflight from ${show(exchange.sent)} gets ${exchange.status}. Respond with 204 before authentication and routing.`;
			const isAllowed = allows(exchange, exchange.sent) || valuesOf(exchange, ACAO).includes("*");
			return isAllowed ? undefined : `a preflight from ${show(exchange.sent)} gets no ${ACAO}. Mount the CORS handler before the routes.`;
		},
	}),
	rule({
		header: ACAO,
		id: "cors/preflight-denied-leaks",
		title: "Preflight allows any origin",
		severity: "error",
		summary: "An origin that is not allowed gets a preflight response that allows it.",
		check: (exchange, exchanges) => {
			const isList = exchanges.some((one) => one.probe === "allowed" && allows(one, one.sent));
			return exchange.probe === "preflight" && isList && allows(exchange, FOREIGN_ORIGIN)
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
		check: (exchange, exchanges) => {
			const isAllowed = exchanges.some((one) => one.probe === "allowed" && (allows(one, one.sent) || valuesOf(one, ACAO).includes("*")));
			return exchange.probe === "allowed-error" && exchange.status >= 400 && isAllowed && valuesOf(exchange, ACAO).length === 0
				? `a ${exchange.status} to ${show(exchange.sent)} has no ${ACAO}. Mount the CORS handler first, and keep its headers on errors.`
				: undefined;
		},
	}),
	rule({
		header: "Access-Control-Max-Age",
		id: "cors/max-age",
		title: "Preflight cached too long",
		severity: "note",
		summary: "Browsers keep the response to a preflight for two hours at most.",
		check: (exchange) => {
			const value = valuesOf(exchange, "Access-Control-Max-Age").find((one) => !(Number(one) >= 0 && Number(one) <= 7200));
			return value === undefined ? undefined : `${show(value)} is negative, not a number, or more than Chromium's two hours. Send 7200 or less.`;
		},
	}),
];
