/** The headers of a request, as Node gives them. */
type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Whether a proxy says, in one of the headers that proxies use, that the client came over https. Nothing is known of who wrote the header. */
export function claimsHttps(headers: Headers): boolean {
	const text = (name: string): string => String(headers[name] ?? "").trim();
	return (
		// The first entry of a list is about the client.
		/^https[\t ]*(?:,|$)/i.test(text("x-forwarded-proto")) ||
		forwardedProto(text("forwarded")) === "https" ||
		/^on$/i.test(text("x-forwarded-ssl")) ||
		visitorScheme(text("cf-visitor")) === "https" ||
		text("x-arr-ssl") !== ""
	);
}

/** A parameter, if there is one, and what follows: `;` before another one of the same proxy, `,` before those of the next. */
const PARAMETER = /[\t ]*(?:([\w!#$%&'*+.^`|~-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*))[\t ]*)?(;|,|$)/y;

/**
 * The protocol that `Forwarded` names first, which is the one nearest to the client, in lower case. Undefined where it names none, or is
 * not well-formed: a text in quotes can hold anything, and a parameter may occur once for each proxy.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7239#section-4}
 */
function forwardedProto(value: string): string | undefined {
	let proto: string | undefined;
	let names = new Set<string>();
	PARAMETER.lastIndex = 0;
	for (;;) {
		const match = PARAMETER.exec(value);
		if (match === null) return undefined;
		const [, name, quoted, plain, end] = match;
		const lowerName = name?.toLowerCase();
		if (lowerName !== undefined) {
			if (names.has(lowerName)) return undefined;
			names.add(lowerName);
		}
		if (lowerName === "proto") proto ??= (quoted?.replace(/\\(.)/g, "$1") ?? plain)?.toLowerCase();
		if (end === "") return proto;
		if (end === ",") names = new Set();
	}
}

/** Cloudflare: `{"scheme":"https"}`. */
function visitorScheme(json: string): unknown {
	try {
		return Object(JSON.parse(json)).scheme;
	} catch {
		return undefined;
	}
}
