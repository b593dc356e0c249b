import type { Camel } from "../../core/text.ts";
import type { DirectiveName } from "../../csp/directives.ts";
import type { SourceFunction } from "../../csp/grammar.ts";
import type { NonceSlot } from "../../csp/keywords.ts";

/**
 * A source expression: a keyword from `csp`, a hash, a scheme with its colon, or a host; or a function of
 * the request that gives some. Functions are asked before the handlers run; when one fails, the rest of
 * the list stays in force and the error goes to `next`. A nonce that a function gives (`'nonce-…'`) becomes
 * that of the response.
 */
export type CspSource = string | NonceSlot | SourceFunction;

type Ancestor = string | SourceFunction;

type SpecialValues = {
	readonly "frame-ancestors": Ancestor | readonly Ancestor[] | ReadonlySet<Ancestor>;
	readonly sandbox: readonly string[] | ReadonlySet<string>;
	readonly "require-trusted-types-for": string | readonly string[];
	readonly "trusted-types": string | readonly string[] | ReadonlySet<string>;
	readonly "upgrade-insecure-requests": true;
	readonly "report-uri": string | readonly string[];
	readonly "report-to": string;
};

type DirectiveValue<Name extends DirectiveName> = Name extends keyof SpecialValues
	? SpecialValues[Name]
	: CspSource | readonly CspSource[] | ReadonlySet<CspSource>;

/**
 * Directives by name, camelCase or kebab-case. A value replaces the default of that directive;
 * `null` leaves the directive out.
 */
export type CspDirectives = {
	readonly [Name in DirectiveName as Name | Camel<Name>]?: DirectiveValue<Name> | null | undefined;
};

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
}
