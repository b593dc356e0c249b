import { show } from "../../core/text.ts";
import type { cookiesExamples } from "../examples/cookies.ts";
import { type Exchange, isSharedByCaches, type Rule, type RuleParts, valuesOf } from "../types.ts";

type Id = keyof typeof cookiesExamples;

const HEADER = "Set-Cookie";
const SESSION = /sess|sid$|login|auth(?!or)|token|jwt/i;

function called(name: string): string {
	return name === "" ? "a cookie without a name" : show(name);
}

function isSession(name: string): boolean {
	return SESSION.test(name) && !/csrf|xsrf/i.test(name);
}

/** A cookie without its value, which is private. */
interface Cookie {
	readonly name: string;
	/** Lower-case attribute → its text. */
	readonly attributes: ReadonlyMap<string, string>;
	/** An attribute that appears twice. */
	readonly repeated: string | undefined;
}

function cookiesOf(exchange: Exchange): readonly Cookie[] {
	return valuesOf(exchange, HEADER).map((line) => {
		const [pair = "", ...rest] = line.split(";");
		const attributes = rest.map((part): [string, string] => {
			const [name = "", text = ""] = part.split(/=(.*)/s).map((piece) => piece.trim());
			return [name.toLowerCase(), text];
		});
		const names = attributes.map(([name]) => name);
		const repeated = names.find((name, i) => names.indexOf(name) !== i);
		// Without =, all of it is the value.
		return { name: pair.includes("=") ? (pair.split("=", 1)[0] ?? "").trim() : "", attributes: new Map(attributes), repeated };
	});
}

/** Whether the response sets the cookie. One that expires at once deletes it. */
function isSet({ attributes }: Cookie): boolean {
	const [age, expires] = [attributes.get("max-age"), attributes.get("expires")];
	return !(age !== undefined && Number(age) <= 0) && !(expires !== undefined && Date.parse(expires) < Date.now() - 60_000);
}

function cookieRule({ check, ...about }: RuleParts<Id, (cookie: Cookie, exchange: Exchange) => string | undefined>): Rule<Id> {
	return {
		...about,
		header: HEADER,
		check: (exchange) =>
			cookiesOf(exchange)
				.filter(isSet)
				.flatMap((cookie) => check(cookie, exchange) ?? []),
	};
}

const ATTRIBUTES = ["expires", "max-age", "domain", "path", "secure", "httponly", "samesite", "partitioned", "priority"];

export const cookieRules: readonly Rule<Id>[] = [
	cookieRule({
		id: "cookie/no-secure",
		title: "Cookie without Secure",
		severity: "error",
		summary: "Browsers also send the cookie over plain http.",
		check: ({ name, attributes }, { secure }) =>
			!secure || attributes.has("secure") ? undefined : `${called(name)} has no Secure, so browsers also send it over plain http. Add Secure.`,
	}),
	cookieRule({
		id: "cookie/session-no-httponly",
		title: "Session readable by scripts",
		severity: "error",
		summary: "Scripts may read the session, injected ones included.",
		check: ({ name, attributes }) =>
			isSession(name) && !attributes.has("httponly") ? `${called(name)} looks like a session and has no HttpOnly. Add HttpOnly.` : undefined,
	}),
	cookieRule({
		id: "cookie/no-samesite",
		title: "Cookie without SameSite",
		severity: "warning",
		summary: "Some browsers send the cookie with requests that other sites start.",
		check: ({ name, attributes }) => (attributes.has("samesite") ? undefined : `${called(name)} has no SameSite. Add SameSite=Lax or Strict.`),
	}),
	cookieRule({
		id: "cookie/samesite-invalid",
		title: "Unknown SameSite value",
		severity: "error",
		summary: "SameSite has a value that browsers do not know.",
		check: ({ name, attributes }) => {
			const value = attributes.get("samesite");
			return value === undefined || /^(?:lax|strict|none)$/i.test(value) ? undefined : `${called(name)} has SameSite=${show(value)}. Use Lax, Strict or None.`;
		},
	}),
	cookieRule({
		id: "cookie/samesite-none-insecure",
		title: "SameSite=None without Secure",
		severity: "error",
		summary: "Browsers refuse SameSite=None without Secure.",
		check: ({ name, attributes }) =>
			/^none$/i.test(attributes.get("samesite") ?? "") && !attributes.has("secure")
				? `${called(name)} has SameSite=None without Secure, so browsers refuse it. Add Secure.`
				: undefined,
	}),
	cookieRule({
		id: "cookie/prefix-broken",
		title: "Prefix without its attributes",
		severity: "error",
		summary: "The attributes do not match the prefix of the name, so browsers refuse the cookie.",
		check: ({ name, attributes }) => {
			const isHost = name.startsWith("__Host-");
			if (!isHost && !name.startsWith("__Secure-")) return undefined;
			const isKept = attributes.has("secure") && (!isHost || (attributes.get("path") === "/" && !attributes.has("domain")));
			return isKept ? undefined : `${called(name)} needs Secure${isHost ? ", Path=/ and no Domain" : ""}. Browsers refuse it as it is.`;
		},
	}),
	cookieRule({
		id: "cookie/loose-domain",
		title: "Cookie for all subdomains",
		severity: "warning",
		summary: "Every host below the domain gets the cookie and may set it.",
		check: ({ name, attributes }, exchange) => {
			const domain = attributes.get("domain")?.replace(/^\./, "").toLowerCase();
			const host = URL.canParse(exchange.url) ? new URL(exchange.url).hostname : "";
			return domain === undefined || domain === "" || domain === host || !host.endsWith(`.${domain}`)
				? undefined
				: `${called(name)} has Domain=${domain}, so every host below it gets the cookie. Remove Domain.`;
		},
	}),
	cookieRule({
		id: "cookie/session-no-prefix",
		title: "Session without prefix",
		severity: "note",
		summary: "Another host of the same domain may overwrite the session.",
		check: ({ name }) =>
			isSession(name) && !name.startsWith("__")
				? `${called(name)} looks like a session without a prefix. Name it ${show(`__Host-${name.replace(/[^\w.-]/g, "")}`)}, with Secure and Path=/.`
				: undefined,
	}),
	cookieRule({
		id: "cookie/shared-cacheable",
		title: "Cookie in shared cache",
		severity: "error",
		summary: "A shared cache may give the cookie to every visitor.",
		check: ({ name }, exchange) => {
			return isSharedByCaches(exchange)
				? `${called(name)} is set by a response that shared caches may store. Send Cache-Control: private or no-store.`
				: undefined;
		},
	}),
	cookieRule({
		id: "cookie/malformed",
		title: "Malformed cookie attribute",
		severity: "warning",
		summary: "Browsers do not know an attribute, or read it differently.",
		check: ({ name, attributes, repeated }) => {
			if (repeated !== undefined) return `${called(name)} has ${show(repeated)} twice; browsers read the last. Write it once.`;
			const unknown = [...attributes.keys()].find((attribute) => attribute !== "" && !ATTRIBUTES.includes(attribute));
			if (unknown !== undefined) return `${called(name)} has the attribute ${show(unknown)}, which browsers ignore. Remove it.`;
			const [expires, age] = [attributes.get("expires"), attributes.get("max-age")];
			if (expires !== undefined && Number.isNaN(Date.parse(expires)))
				return `${called(name)} has Expires=${show(expires)}, which is not a date. Write Max-Age in seconds.`;
			return age !== undefined && !/^-?\d+$/.test(age)
				? `${called(name)} has Max-Age=${show(age)}, which is not a number of seconds. Use a number.`
				: undefined;
		},
	}),
];
