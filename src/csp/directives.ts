import type { Issues } from "../core/issue.ts";
import { camel } from "../core/text.ts";

/** A directive of CSP Level 3: its kind of value, its fallback (CSP3 §6.8.4), and the keywords that have an effect in it (CSP3 §2.3.1). */
export interface Directive {
	/**
	 * `sources` and `ancestors`: source lists. `tokens`: words of a closed set, possibly empty. `policies`: names of Trusted Types policies. `flag`:
	 * no value. `uris`: URI references. `endpoint`: one name.
	 */
	readonly kind: "sources" | "ancestors" | "tokens" | "policies" | "flag" | "uris" | "endpoint";
	/** The directives that apply if this one is absent, nearest first. */
	readonly fallback: readonly string[];
	/** Keywords that have an effect here, besides 'self' and 'none'. */
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
const LOADING = ["'strict-dynamic'", "'strict-dynamic-url'", "'inline-speculation-rules'", ...REPORT_HASH] as const;

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
	"allow-same-site-none-cookies",
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
		// A nonce never matches an attribute. A hash does, with 'unsafe-hashes'.
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

/** Directives that have no effect in a meta element. */
export const HEADER_ONLY_DIRECTIVES: readonly string[] = [...DIRECTIVES].filter(([, { headerOnly }]) => headerOnly).map(([name]) => name);

/** Names that were part of CSP once, or never had an effect. Each with what to write instead, or undefined if nothing replaces it. */
export const RETIRED: ReadonlyMap<string, string | undefined> = new Map([
	["block-all-mixed-content", "upgradeInsecureRequests: true"],
	["disown-opener", "the option crossOriginOpenerPolicy"],
	["navigate-to", "formAction, which limits forms"],
	["plugin-types", "objectSrc: [csp.none]"],
	["policy-uri", "the policy itself"],
	["prefetch-src", "defaultSrc, which governs prefetches"],
	["referrer", "the option referrerPolicy"],
	["reflected-xss", undefined],
	["require-sri-for", "the option integrityPolicy"],
	["webrtc", undefined],
]);

/** Issues of a directive, in an object of directives. */
export function at(issues: Issues, name: string): Issues {
	return issues.at(camel(name), name);
}

/** Whether a kind of hash matches in a directive. Those of addresses and of code for eval only concern scripts. */
export function takesHash({ hash, keywords }: Directive, kind: string): boolean {
	return kind === "hash" ? hash : keywords.includes(kind === "url-hash" ? "'strict-dynamic-url'" : "'unsafe-eval'");
}

export function isSourceList({ kind }: Directive): boolean {
	return kind === "sources" || kind === "ancestors";
}

function define(kind: Directive["kind"], fallback: readonly string[]): Directive {
	return { kind, fallback, keywords: [], nonce: false, hash: false, enforcedOnly: false, headerOnly: false };
}
