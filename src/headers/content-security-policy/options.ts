import type { RawSource } from "../../csp/grammar.ts";
import type { CspDirectives } from "./directive-options.ts";

/** The words of a directive that this version does not know. `true` is none. */
type UnknownDirective = true | string | RawSource | readonly (string | RawSource)[];

/** @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy} */
export interface ContentSecurityPolicyOptions {
	/**
	 * Whether `directives` replaces single directives of the default, or of the preset. With `false`, the policy has only your directives.
	 * @defaultValue true
	 */
	readonly useDefaults?: boolean | undefined;
	/**
	 * Limits what the page may load, run, frame and submit.
	 * @defaultValue the default directives
	 * @example { imgSrc: [csp.self, "https://img.example"], objectSrc: null }
	 */
	readonly directives?: CspDirectives | undefined;
	/**
	 * Directives that this version does not know, by their exact names, each with its words, or `true` for no words. headguard only checks their
	 * syntax, and warns about them. It cannot tell what they restrict, so no override adds to them.
	 * @defaultValue {}
	 * @example { "brand-new-src": [csp.self, "https://new.example"] }
	 */
	readonly allowUnknownDirectives?: Readonly<Record<string, UnknownDirective | null | undefined>> | undefined;
	/**
	 * More policies in the same header, without defaults. Every policy must allow what the page does, so more policies restrict more.
	 *
	 * Browsers report attempts to frame the page only to `report-uri`, and ignore that in a policy with `report-to`. Use another policy to receive
	 * these reports.
	 *
	 * @defaultValue []
	 * @example [{ frameAncestors: [csp.none], reportUri: "/_reports" }]
	 * @see {@link https://www.w3.org/TR/CSP3/#multiple-policies}
	 */
	readonly also?: readonly CspDirectives[] | undefined;
	/**
	 * What happens to a policy that the application sets. By default, headguard completes one with neither default-src nor frame-ancestors, such as
	 * those of frameworks that make nonces: it adds the directives that the policy neither has nor governs. Other policies stay as they are.
	 * `"complete"` completes every policy. `"keep"` keeps every policy, except for that of a framework's own error page.
	 *
	 * @defaultValue undefined
	 * @example "keep"
	 */
	readonly onOther?: "complete" | "keep" | undefined;
}
