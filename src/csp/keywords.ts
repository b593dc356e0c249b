/** The place of the nonce in a source list. Each response has its own nonce. */
export type NonceSlot = symbol & { readonly nonceSlot: true };

/** Registered, so that the ESM and the CJS copies of the library share it. */
export const NONCE: NonceSlot = Symbol.for("headguard.csp.nonce") as NonceSlot;

/** Marks the functions of csp, which you call in the options. Other functions in a list are called in each request. */
export const CALLED_AT_ONCE: unique symbol = Symbol.for("headguard.csp.hash") as never;

/** The keywords of CSP by name, with their quotes. */
export interface CspKeywords {
	/** `'self'`: the origin of the page itself. */
	readonly self: "'self'";
	/** `'none'`: nothing. Write it alone. */
	readonly none: "'none'";
	/** The nonce of the response, which templates read from `res.locals.cspNonce`. It is new in each response. */
	readonly nonce: NonceSlot;
	/** `'strict-dynamic'`: scripts with a nonce or hash may load others. Browsers then ignore hosts and `'self'`. */
	readonly strictDynamic: "'strict-dynamic'";
	/** `'strict-dynamic-url'`: the same next to csp.urlHash, without an effect on hosts. Experimental: only Chromium knows it, behind a flag. */
	readonly strictDynamicUrl: "'strict-dynamic-url'";
	/** `'unsafe-inline'`: inline code runs, including injected code. Ignored next to a nonce or hash. */
	readonly unsafeInline: "'unsafe-inline'";
	/** `'unsafe-eval'`: strings can run as code. */
	readonly unsafeEval: "'unsafe-eval'";
	/** `'wasm-unsafe-eval'`: WebAssembly can be compiled. */
	readonly wasmUnsafeEval: "'wasm-unsafe-eval'";
	/** `'unsafe-hashes'`: hashes also match event handlers, style attributes and javascript: URLs. */
	readonly unsafeHashes: "'unsafe-hashes'";
	/** `'report-sample'`: reports contain the first 40 characters of the blocked code. */
	readonly reportSample: "'report-sample'";
	/** `'trusted-types-eval'`: eval accepts Trusted Types only. Chromium 156 also accepted plain strings. */
	readonly trustedTypesEval: "'trusted-types-eval'";
	/** `'inline-speculation-rules'`: inline speculation rules are allowed. */
	readonly inlineSpeculationRules: "'inline-speculation-rules'";
	/** `'report-sha256'`: the browser reports the SHA-256 of each script that loads. Needs report-to. */
	readonly reportSha256: "'report-sha256'";
	/** `'report-sha384'`: the same with SHA-384. */
	readonly reportSha384: "'report-sha384'";
	/** `'report-sha512'`: the same with SHA-512. */
	readonly reportSha512: "'report-sha512'";
	/** `'script'`: the only value of require-trusted-types-for. */
	readonly script: "'script'";
	/** `'allow-duplicates'`: scripts may create two Trusted Types policies with the same name. */
	readonly allowDuplicates: "'allow-duplicates'";
}

export const KEYWORDS: CspKeywords = {
	self: "'self'",
	none: "'none'",
	nonce: NONCE,
	strictDynamic: "'strict-dynamic'",
	strictDynamicUrl: "'strict-dynamic-url'",
	unsafeInline: "'unsafe-inline'",
	unsafeEval: "'unsafe-eval'",
	wasmUnsafeEval: "'wasm-unsafe-eval'",
	unsafeHashes: "'unsafe-hashes'",
	reportSample: "'report-sample'",
	trustedTypesEval: "'trusted-types-eval'",
	inlineSpeculationRules: "'inline-speculation-rules'",
	reportSha256: "'report-sha256'",
	reportSha384: "'report-sha384'",
	reportSha512: "'report-sha512'",
	script: "'script'",
	allowDuplicates: "'allow-duplicates'",
};

/** Keyword text (quoted, lower case) → how to write it in code. */
export const KEYWORD_NAMES: ReadonlyMap<string, string> = new Map(
	Object.entries(KEYWORDS).flatMap(([name, text]) => (typeof text === "string" ? [[text, `csp.${name}`] as const] : [])),
);

/** Keywords that browsers no longer support, with their successors. */
export const RETIRED_KEYWORDS: ReadonlyMap<string, string> = new Map([
	["'unsafe-hashed-attributes'", "csp.unsafeHashes"],
	["'wasm-eval'", "csp.wasmUnsafeEval"],
]);
