import { show } from "../../core/text.ts";
import { isSharedByCaches, type Rule, rule, type Seen, type Severity, valuesOf } from "../types.ts";

const HEADER = "Set-Cookie";
const SESSION = /sess|sid$|login|auth(?!or)|token|jwt/i;

function called(name: string): string {
	return name === "" ? "a cookie without a name" : show(name);
}

function isSession(name: string): boolean {
	return SESSION.test(name) && !/csrf|xsrf/i.test(name);
}

/** A cookie without its value, which is nobody's business. */
interface Cookie {
	readonly name: string;
	/** Lower-case attribute → its text. */
	readonly attributes: ReadonlyMap<string, string>;
	/** An attribute that stands twice. */
	readonly repeated: string | undefined;
}

function cookiesOf(seen: Seen): readonly Cookie[] {
	return valuesOf(seen, HEADER).map((line) => {
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

/** Not taken back: a cookie that ends at once holds nothing. */
function isSet({ attributes }: Cookie): boolean {
	const [age, expires] = [attributes.get("max-age"), attributes.get("expires")];
	return !(age !== undefined && Number(age) <= 0) && !(expires !== undefined && Date.parse(expires) < Date.now() - 60_000);
}

function cookieRule(id: string, severity: Severity, summary: string, check: (cookie: Cookie, seen: Seen) => string | undefined): Rule {
	return {
		...rule(HEADER, id, severity, summary, () => undefined),
		check: (seen) =>
			cookiesOf(seen)
				.filter(isSet)
				.flatMap((cookie) => check(cookie, seen) ?? []),
	};
}

const ATTRIBUTES = ["expires", "max-age", "domain", "path", "secure", "httponly", "samesite", "partitioned", "priority"];

export const cookieRules: readonly Rule[] = [
	cookieRule("cookie/no-secure", "error", "The cookie is also sent over plain http.", ({ name, attributes }, { secure }) =>
		!secure || attributes.has("secure") ? undefined : `${called(name)} has no Secure, so it is sent over plain http as well. Add Secure.`,
	),
	cookieRule("cookie/session-no-httponly", "error", "Scripts may read the session, injected ones too.", ({ name, attributes }) =>
		isSession(name) && !attributes.has("httponly") ? `${called(name)} looks like a session and has no HttpOnly. Add HttpOnly.` : undefined,
	),
	cookieRule("cookie/no-samesite", "warning", "Other sites' requests carry the cookie in some browsers.", ({ name, attributes }) =>
		attributes.has("samesite") ? undefined : `${called(name)} has no SameSite. Add SameSite=Lax or Strict.`,
	),
	cookieRule("cookie/samesite-invalid", "error", "SameSite has a value that browsers do not know.", ({ name, attributes }) => {
		const value = attributes.get("samesite");
		return value === undefined || /^(?:lax|strict|none)$/i.test(value) ? undefined : `${called(name)} has SameSite=${show(value)}. Write Lax, Strict or None.`;
	}),
	cookieRule("cookie/samesite-none-insecure", "error", "SameSite=None without Secure is refused by browsers.", ({ name, attributes }) =>
		/^none$/i.test(attributes.get("samesite") ?? "") && !attributes.has("secure")
			? `${called(name)} has SameSite=None without Secure, so browsers refuse it. Add Secure.`
			: undefined,
	),
	cookieRule("cookie/prefix-broken", "error", "The name promises what the attributes do not keep; browsers refuse the cookie.", ({ name, attributes }) => {
		const isHost = name.startsWith("__Host-");
		if (!isHost && !name.startsWith("__Secure-")) return undefined;
		const isKept = attributes.has("secure") && (!isHost || (attributes.get("path") === "/" && !attributes.has("domain")));
		return isKept ? undefined : `${called(name)} needs Secure${isHost ? ", Path=/ and no Domain" : ""}. Browsers refuse it as it is.`;
	}),
	cookieRule("cookie/loose-domain", "warning", "Every host of the domain gets the cookie, and may set it.", ({ name, attributes }, seen) => {
		const domain = attributes.get("domain")?.replace(/^\./, "").toLowerCase();
		const host = URL.canParse(seen.url) ? new URL(seen.url).hostname : "";
		return domain === undefined || domain === "" || domain === host || !host.endsWith(`.${domain}`)
			? undefined
			: `${called(name)} has Domain=${domain}, so every host below it gets the cookie. Leave Domain out.`;
	}),
	cookieRule("cookie/session-no-prefix", "note", "A host of the same domain may overwrite the session.", ({ name }) =>
		isSession(name) && !name.startsWith("__")
			? `${called(name)} looks like a session without a prefix. Name it ${show(`__Host-${name.replace(/[^\w.-]/g, "")}`)}, with Secure and Path=/.`
			: undefined,
	),
	cookieRule("cookie/shared-cacheable", "error", "A shared cache may hand the cookie to everybody.", ({ name }, seen) => {
		return isSharedByCaches(seen) ? `${called(name)} is set by a response that shared caches may keep. Send Cache-Control: private, or no-store.` : undefined;
	}),
	cookieRule("cookie/malformed", "warning", "An attribute is not one that browsers know, or not as they read it.", ({ name, attributes, repeated }) => {
		if (repeated !== undefined) return `${called(name)} has ${show(repeated)} twice; browsers read the last. Write it once.`;
		const unknown = [...attributes.keys()].find((attribute) => attribute !== "" && !ATTRIBUTES.includes(attribute));
		if (unknown !== undefined) return `${called(name)} has the attribute ${show(unknown)}, which browsers ignore. Leave it out.`;
		const [expires, age] = [attributes.get("expires"), attributes.get("max-age")];
		if (expires !== undefined && Number.isNaN(Date.parse(expires)))
			return `${called(name)} has Expires=${show(expires)}, which is no date. Write Max-Age in seconds.`;
		return age !== undefined && !/^-?\d+$/.test(age) ? `${called(name)} has Max-Age=${show(age)}, which is no number of seconds. Write one.` : undefined;
	}),
];
