import { CALLED_AT_ONCE, type CspKeywords, KEYWORDS } from "./keywords.ts";

/** The keywords of CSP, with their quotes, and hashes of inline code. */
export interface Csp extends CspKeywords {
	/**
	 * The hash source of one inline script, style or event handler: `'sha256-…'`.
	 *
	 * @param algorithm `"sha256"`, `"sha384"` or `"sha512"`.
	 * @param text The exact text between the tags. Each space counts. CRLF and CR count as LF, as in browsers.
	 * @example { scriptSrc: [csp.self, csp.hash("sha256", "console.log('inline')")] }
	 * @see {@link https://www.w3.org/TR/CSP3/#grammardef-hash-source}
	 */
	readonly hash: (algorithm: "sha256" | "sha384" | "sha512", text: string) => string;
}

export const csp: Csp = Object.freeze({ ...KEYWORDS, hash: Object.assign(hashSource, { [CALLED_AT_ONCE]: true }) });

function hashSource(algorithm: "sha256" | "sha384" | "sha512", text: string): string {
	if (!/^sha(?:256|384|512)$/.test(algorithm)) throw new RangeError(`csp.hash: received ${JSON.stringify(algorithm)}. Use "sha256", "sha384" or "sha512".`);
	if (typeof text !== "string") throw new TypeError(`csp.hash: received ${typeof text} as text. Write the inline code as a string.`);
	// Loaded when needed, because a static import of node:crypto loads Web Crypto.
	const { createHash } = process.getBuiltinModule("node:crypto");
	// The HTML parser normalizes newlines before the browser computes the hash.
	return `'${algorithm}-${createHash(algorithm).update(text.replace(/\r\n?/g, "\n")).digest("base64")}'`;
}
