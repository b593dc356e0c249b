/**
 * Every directive of CSP Level 3 as data: what kind of value it takes, which directive governs a
 * request when it is absent (CSP3 §6.8.4), and which keywords act in it (CSP3 §2.3.1).
 */
export interface Directive {
	/**
	 * `sources` and `ancestors`: source lists. `tokens`: words of a closed set, may be empty.
	 * `policies`: Trusted Types policy names. `flag`: no value. `uris`: URI references. `endpoint`: one name.
	 */
	readonly kind: "sources" | "ancestors" | "tokens" | "policies" | "flag" | "uris" | "endpoint";
	/** The directives that stand in when this one is absent, nearest first. Empty: nothing does. */
	readonly fallback: readonly string[];
	/** Keywords that act in this directive, beside 'self' and 'none'. */
	readonly keywords: readonly string[];
	/** Nonces match here. */
	readonly nonce: boolean;
	/** Hashes match here. */
	readonly hash: boolean;
	/** Browsers ignore the directive in a report-only policy. */
	readonly enforcedOnly: boolean;
	/** Browsers ignore the directive in a meta element (CSP3 §3.3). */
	readonly headerOnly: boolean;
}

const INLINE = ["'unsafe-inline'", "'report-sample'"] as const;
const EVAL = ["'unsafe-eval'", "'wasm-unsafe-eval'", "'trusted-types-eval'"] as const;
const REPORT_HASH = ["'report-sha256'", "'report-sha384'", "'report-sha512'"] as const;
const LOADING = ["'strict-dynamic'", "'inline-speculation-rules'", ...REPORT_HASH] as const;

const plain = (...fallback: string[]): Directive => define("sources", fallback);
const script = (fallback: readonly string[], keywords: readonly string[], nonce: boolean): Directive => ({
	...define("sources", fallback),
	keywords: [...INLINE, "'unsafe-hashes'", ...keywords],
	nonce,
	hash: true,
});

export type DirectiveName =
	| FetchDirective
	| "base-uri"
	| "form-action"
	| "frame-ancestors"
	| "sandbox"
	| "require-trusted-types-for"
	| "trusted-types"
	| "upgrade-insecure-requests"
	| "report-uri"
	| "report-to";

type FetchDirective =
	| "default-src"
	| "script-src"
	| "script-src-elem"
	| "script-src-attr"
	| "style-src"
	| "style-src-elem"
	| "style-src-attr"
	| "img-src"
	| "font-src"
	| "media-src"
	| "connect-src"
	| "object-src"
	| "manifest-src"
	| "frame-src"
	| "worker-src"
	| "child-src"
	| "fenced-frame-src";

const SANDBOX_TOKENS = [
	"allow-downloads",
	"allow-forms",
	"allow-modals",
	"allow-orientation-lock",
	"allow-pointer-lock",
	"allow-popups",
	"allow-popups-to-escape-sandbox",
	"allow-presentation",
	"allow-same-origin",
	"allow-scripts",
	"allow-storage-access-by-user-activation",
	"allow-top-navigation",
	"allow-top-navigation-by-user-activation",
	"allow-top-navigation-to-custom-protocols",
];

export const DIRECTIVES: ReadonlyMap<string, Directive> = new Map(
	Object.entries({
		"default-src": script([], [...EVAL, ...LOADING], true),
		"script-src": script(["default-src"], [...EVAL, ...LOADING], true),
		// eval is governed by script-src, never by -elem or -attr.
		"script-src-elem": script(["script-src", "default-src"], LOADING, true),
		// A nonce never matches an attribute; a hash does beside 'unsafe-hashes'.
		"script-src-attr": script(["script-src", "default-src"], [], false),
		"style-src": script(["default-src"], [], true),
		"style-src-elem": script(["style-src", "default-src"], [], true),
		"style-src-attr": script(["style-src", "default-src"], [], false),
		"img-src": plain("default-src"),
		"font-src": plain("default-src"),
		"media-src": plain("default-src"),
		"connect-src": plain("default-src"),
		"object-src": plain("default-src"),
		"manifest-src": plain("default-src"),
		"frame-src": plain("child-src", "default-src"),
		"worker-src": plain("child-src", "script-src", "default-src"),
		"child-src": plain("default-src"),
		"fenced-frame-src": plain("frame-src", "child-src", "default-src"),
		"base-uri": plain(),
		"form-action": plain(),
		"frame-ancestors": { ...define("ancestors", []), headerOnly: true },
		sandbox: { ...define("tokens", []), enforcedOnly: true, headerOnly: true },
		"require-trusted-types-for": define("tokens", []),
		"trusted-types": define("policies", []),
		"upgrade-insecure-requests": { ...define("flag", []), enforcedOnly: true },
		"report-uri": { ...define("uris", []), headerOnly: true },
		"report-to": define("endpoint", []),
	} satisfies Record<DirectiveName, Directive>),
);

/** The closed set of a `tokens` directive. */
export const TOKENS: ReadonlyMap<string, readonly string[]> = new Map([
	["sandbox", SANDBOX_TOKENS],
	["require-trusted-types-for", ["'script'"]],
]);

/** What a meta element cannot say. */
export const HEADER_ONLY_DIRECTIVES: readonly string[] = [...DIRECTIVES].filter(([, { headerOnly }]) => headerOnly).map(([name]) => name);

/** Names that were in CSP once, or never became effective, with what to do instead. */
export const RETIRED: ReadonlyMap<string, string> = new Map([
	["block-all-mixed-content", "Browsers block or upgrade mixed content by themselves; write upgradeInsecureRequests: true, or leave it out."],
	["disown-opener", "Use the option crossOriginOpenerPolicy."],
	["navigate-to", "No browser has it; formAction limits forms, and nothing limits links."],
	["plugin-types", "Write objectSrc: [csp.none]."],
	["prefetch-src", "Prefetches are governed by defaultSrc."],
	["referrer", "Use the option referrerPolicy."],
	["reflected-xss", "No browser has such a filter any more; leave it out."],
	["require-sri-for", "Use the option integrityPolicy."],
	["webrtc", "No browser enforces it yet; leave it out."],
]);

export function isSourceList({ kind }: Directive): boolean {
	return kind === "sources" || kind === "ancestors";
}

function define(kind: Directive["kind"], fallback: readonly string[]): Directive {
	return { kind, fallback, keywords: [], nonce: false, hash: false, enforcedOnly: false, headerOnly: false };
}
