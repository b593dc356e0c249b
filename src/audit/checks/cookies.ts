import { show } from "../../core/text.ts";
import { mdn, type Rule, type Seen, type Severity, valuesOf } from "../rule.ts";

const HEADER = "Set-Cookie";
const SESSION = /sess|sid$|login|auth|token|jwt/i;

/** A cookie without its value, which is nobody's business. */
interface Cookie {
	readonly name: string;
	/** Lower-case attribute → its text. */
	readonly attributes: ReadonlyMap<string, string>;
}

function cookiesOf(seen: Seen): readonly Cookie[] {
	return valuesOf(seen, HEADER).map((line) => {
		const [pair = "", ...rest] = line.split(";");
		const attributes = rest.map((part): [string, string] => {
			const [name = "", text = ""] = part.split(/=(.*)/s).map((piece) => piece.trim());
			return [name.toLowerCase(), text];
		});
		return { name: (pair.split("=", 1)[0] ?? "").trim(), attributes: new Map(attributes) };
	});
}

function rule(id: string, severity: Severity, summary: string, check: (cookie: Cookie, seen: Seen) => string | undefined): Rule {
	return {
		id,
		header: HEADER,
		severity,
		summary,
		link: mdn(HEADER),
		check: (seen) => cookiesOf(seen).flatMap((cookie) => check(cookie, seen) ?? []),
	};
}

export const cookieRules: readonly Rule[] = [
	rule("cookie/no-secure", "error", "The cookie is also sent over plain http.", ({ name, attributes }) =>
		attributes.has("secure") ? undefined : `${show(name)} has no Secure, so it is sent over plain http as well. Add Secure.`,
	),
	rule("cookie/session-no-httponly", "error", "Scripts may read the session, injected ones too.", ({ name, attributes }) =>
		SESSION.test(name) && !/csrf|xsrf/i.test(name) && !attributes.has("httponly")
			? `${show(name)} looks like a session and has no HttpOnly. Add HttpOnly.`
			: undefined,
	),
	rule("cookie/no-samesite", "warning", "Other sites' requests carry the cookie in some browsers.", ({ name, attributes }) =>
		attributes.has("samesite") ? undefined : `${show(name)} has no SameSite. Add SameSite=Lax or Strict.`,
	),
	rule("cookie/samesite-invalid", "error", "SameSite has a value that browsers do not know.", ({ name, attributes }) => {
		const value = attributes.get("samesite");
		return value === undefined || /^(?:lax|strict|none)$/i.test(value) ? undefined : `${show(name)} has SameSite=${show(value)}. Write Lax, Strict or None.`;
	}),
	rule("cookie/samesite-none-insecure", "error", "SameSite=None without Secure is refused by browsers.", ({ name, attributes }) =>
		/^none$/i.test(attributes.get("samesite") ?? "") && !attributes.has("secure")
			? `${show(name)} has SameSite=None without Secure, so browsers refuse it. Add Secure.`
			: undefined,
	),
	rule("cookie/prefix-broken", "error", "The name promises what the attributes do not keep; browsers refuse the cookie.", ({ name, attributes }) => {
		const isHost = name.startsWith("__Host-");
		if (!isHost && !name.startsWith("__Secure-")) return undefined;
		const isKept = attributes.has("secure") && (!isHost || (attributes.get("path") === "/" && !attributes.has("domain")));
		return isKept ? undefined : `${show(name)} needs Secure${isHost ? ", Path=/ and no Domain" : ""}. Browsers refuse it as it is.`;
	}),
];
