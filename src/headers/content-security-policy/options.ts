import type { CspDirectives } from "./directive-options.ts";

/** @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy} */
export interface ContentSecurityPolicyOptions {
	/**
	 * Start from the default directives (or those of the preset) and replace the ones given here.
	 * `false` starts from nothing.
	 * @defaultValue true
	 */
	readonly useDefaults?: boolean | undefined;
	/**
	 * What may be loaded, run, framed and submitted.
	 * @defaultValue the default directives
	 * @example { imgSrc: [csp.self, "https://img.example"], objectSrc: null }
	 */
	readonly directives?: CspDirectives | undefined;
	/**
	 * More policies beside the first, in the same header. What a page does must be allowed by each of
	 * them, so they only restrict further. Nothing is filled in by defaults.
	 *
	 * Attempts to frame the page are reported through `report-uri` alone, which `report-to` silences in its
	 * own policy: a second one is the way to hear of them.
	 *
	 * @defaultValue []
	 * @example [{ frameAncestors: [csp.none], reportUri: "/_reports" }]
	 * @see {@link https://www.w3.org/TR/CSP3/#multiple-policies}
	 */
	readonly also?: readonly CspDirectives[] | undefined;
	/**
	 * What happens to a policy that the application sets itself. By default one with neither default-src nor
	 * frame-ancestors, as frameworks that make nonces write it, is completed: the directives of this policy that it
	 * neither has nor governs are added. Any other is kept. `"complete"` completes every one, `"keep"` keeps every one
	 * but the bare policy of a framework's own error page.
	 *
	 * @defaultValue undefined
	 * @example "keep"
	 */
	readonly onOther?: "complete" | "keep" | undefined;
}
