import type { RawSource } from "./grammar.ts";
import { CALLED_AT_ONCE, type CspKeywords, KEYWORDS } from "./keywords.ts";

type Algorithm = "sha256" | "sha384" | "sha512";

/** The keywords of CSP, with their quotes, hashes, and a way out for what this version does not know. */
export interface Csp extends CspKeywords {
	/**
	 * The hash source of one inline script, style or event handler: `'sha256-…'`.
	 *
	 * @param algorithm `"sha256"`, `"sha384"` or `"sha512"`.
	 * @param text The exact text between the tags. Each space counts. CRLF and CR count as LF, as in browsers.
	 * @example { scriptSrc: [csp.self, csp.hash("sha256", "console.log('inline')")] }
	 * @see {@link https://www.w3.org/TR/CSP3/#grammardef-hash-source}
	 */
	readonly hash: (algorithm: Algorithm, text: string) => string;
	/**
	 * The hash source of the address of one script: `'url-sha256-…'`. Experimental: Chromium matches it behind a flag. Without the flag, Chromium
	 * matches nothing by it, and still ignores the hosts and `'self'` next to it. Other browsers ignore it.
	 *
	 * @param algorithm `"sha256"`, `"sha384"` or `"sha512"`.
	 * @param address An absolute URL, or the path of a script of the site itself. A fragment does not count. Redirects of the address are followed.
	 * @example { scriptSrc: [csp.nonce, csp.urlHash("sha256", "https://js.partner.example/tag.js?id=1")] }
	 * @see {@link https://github.com/w3c/webappsec-csp/pull/784}
	 */
	readonly urlHash: (algorithm: Algorithm, address: string) => string;
	/**
	 * The hash source of code for `eval()`, or of a string for `setTimeout()`: `'eval-sha256-…'`. Experimental: Chromium matches it behind a flag.
	 * Without the flag, Chromium matches nothing by it, and still ignores `'unsafe-eval'` next to it. Other browsers ignore it.
	 *
	 * @param algorithm `"sha256"`, `"sha384"` or `"sha512"`.
	 * @param code The exact string. Each character counts, line ends included.
	 * @example { scriptSrc: [csp.self, csp.evalHash("sha256", "1 + 1")] }
	 * @see {@link https://github.com/w3c/webappsec-csp/pull/784}
	 */
	readonly evalHash: (algorithm: Algorithm, code: string) => string;
	/**
	 * A source or token that this version does not know. headguard only checks its syntax, and warns about it.
	 *
	 * @param text One word of a policy, with its quotes if it has some.
	 * @example { scriptSrc: [csp.self, csp.raw("'brand-new-keyword'")] }
	 */
	readonly raw: (text: string) => RawSource;
}

export const csp: Csp = Object.freeze({
	...KEYWORDS,
	hash: inOptions(hashSource),
	urlHash: inOptions(urlHash),
	evalHash: inOptions(evalHash),
	raw: inOptions(raw),
});

function inOptions<Call extends object>(call: Call): Call {
	return Object.assign(call, { [CALLED_AT_ONCE]: true });
}

function hashSource(algorithm: Algorithm, text: string): string {
	check("hash", algorithm, text, "text", "the inline code");
	// The HTML parser normalizes newlines before the browser computes the hash.
	return sourceOf("", algorithm, text.replace(/\r\n?/g, "\n"));
}

function urlHash(algorithm: Algorithm, address: string): string {
	check("urlHash", algorithm, address, "address", "the URL of the script");
	const isPath = /^\/(?![/\\])/.test(address);
	const base = "https://site.invalid";
	const url = URL.canParse(address, isPath ? base : undefined) ? new URL(address, isPath ? base : undefined) : undefined;
	if (url === undefined || !/^https?:$/.test(url.protocol))
		throw new TypeError(`csp.urlHash: received ${JSON.stringify(address)}. Write an absolute URL, or a path that starts with a slash.`);
	url.hash = "";
	return sourceOf("url-", algorithm, isPath ? url.href.slice(base.length) : url.href);
}

function evalHash(algorithm: Algorithm, code: string): string {
	check("evalHash", algorithm, code, "code", "the string that runs");
	return sourceOf("eval-", algorithm, code);
}

function raw(text: string): RawSource {
	if (typeof text !== "string") throw new TypeError(`csp.raw: received ${typeof text} as text. Write the source as a string.`);
	return Object.freeze({ raw: text });
}

function check(name: string, algorithm: string, text: unknown, parameter: string, meaning: string): void {
	if (!/^sha(?:256|384|512)$/.test(algorithm)) throw new RangeError(`csp.${name}: received ${JSON.stringify(algorithm)}. Use "sha256", "sha384" or "sha512".`);
	if (typeof text !== "string") throw new TypeError(`csp.${name}: received ${typeof text} as ${parameter}. Write ${meaning} as a string.`);
}

function sourceOf(prefix: string, algorithm: Algorithm, text: string): string {
	// Loaded when needed, because a static import of node:crypto loads Web Crypto.
	const { createHash } = process.getBuiltinModule("node:crypto");
	return `'${prefix}${algorithm}-${createHash(algorithm).update(text).digest("base64")}'`;
}
