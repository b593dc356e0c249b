/** The place in a source list that is filled with the nonce of each response. */
export type NonceSlot = symbol & { readonly nonceSlot: true };

/** Registered, so that the ESM and the CJS copy of the library mean the same place. */
export const NONCE: NonceSlot = Symbol.for("headguard.csp.nonce") as NonceSlot;

/** Marks csp.hash, which is to be called where it is written; a function in a list is asked in each request. */
export const CALLED_AT_ONCE: unique symbol = Symbol.for("headguard.csp.hash") as never;

/** The keywords of CSP by name, quotes included, so that nobody types them. */
export interface CspKeywords {
	/** `'self'`: the origin of the page itself. */
	readonly self: "'self'";
	/** `'none'`: nothing at all. Stands alone. */
	readonly none: "'none'";
	/** The nonce of the response: fresh for each, read by templates from `res.locals.cspNonce`. */
	readonly nonce: NonceSlot;
	/** `'strict-dynamic'`: scripts that carry a nonce or hash may load others; hosts and `'self'` are then ignored. */
	readonly strictDynamic: "'strict-dynamic'";
	/** `'unsafe-inline'`: inline code runs, injected code too. Ignored beside a nonce or hash. */
	readonly unsafeInline: "'unsafe-inline'";
	/** `'unsafe-eval'`: strings may be run as code. */
	readonly unsafeEval: "'unsafe-eval'";
	/** `'wasm-unsafe-eval'`: WebAssembly may be compiled. */
	readonly wasmUnsafeEval: "'wasm-unsafe-eval'";
	/** `'unsafe-hashes'`: hashes also match event handlers, style attributes and javascript: URLs. */
	readonly unsafeHashes: "'unsafe-hashes'";
	/** `'report-sample'`: reports carry the first 40 characters of the blocked code. */
	readonly reportSample: "'report-sample'";
	/** `'trusted-types-eval'`: eval takes Trusted Types only. Chromium 156 let plain strings through. */
	readonly trustedTypesEval: "'trusted-types-eval'";
	/** `'inline-speculation-rules'`: inline speculation rules may be used. */
	readonly inlineSpeculationRules: "'inline-speculation-rules'";
	/** `'report-sha256'`: report the SHA-256 of each script that loads. Needs report-to. */
	readonly reportSha256: "'report-sha256'";
	/** `'report-sha384'`: as reportSha256 with SHA-384. */
	readonly reportSha384: "'report-sha384'";
	/** `'report-sha512'`: as reportSha256 with SHA-512. */
	readonly reportSha512: "'report-sha512'";
	/** `'script'`: the one value of require-trusted-types-for. */
	readonly script: "'script'";
	/** `'allow-duplicates'`: trusted-types policies of one name may be created twice. */
	readonly allowDuplicates: "'allow-duplicates'";
}

export const KEYWORDS: CspKeywords = {
	self: "'self'",
	none: "'none'",
	nonce: NONCE,
	strictDynamic: "'strict-dynamic'",
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

/** Spellings that browsers no longer know, with their successors. */
export const RETIRED_KEYWORDS: ReadonlyMap<string, string> = new Map([
	["'unsafe-hashed-attributes'", "csp.unsafeHashes"],
	["'wasm-eval'", "csp.wasmUnsafeEval"],
]);
