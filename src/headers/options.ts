import type { ContentSecurityPolicyOptions } from "./content-security-policy/options.ts";
import type { CrossOriginEmbedderPolicy } from "./cross-origin-embedder-policy.ts";
import type { CrossOriginOpenerPolicy } from "./cross-origin-opener-policy.ts";
import type { CrossOriginResourcePolicy } from "./cross-origin-resource-policy.ts";
import type { DocumentIsolationPolicy } from "./document-isolation-policy.ts";
import type { IntegrityPolicyOptions } from "./integrity-policy.ts";
import type { NelOptions } from "./nel.ts";
import type { PermissionsPolicyOptions } from "./permissions-policy/index.ts";
import type { ReferrerPolicy } from "./referrer-policy.ts";
import type { ReportToGroup } from "./report-to.ts";
import type { ReportingEndpoints } from "./reporting-endpoints.ts";
import type { StrictTransportSecurityOptions } from "./strict-transport-security.ts";
import type { XDnsPrefetchControl } from "./x-dns-prefetch-control.ts";
import type { XFrameOptions } from "./x-frame-options.ts";
import type { XPermittedCrossDomainPolicies } from "./x-permitted-cross-domain-policies.ts";

/** What each header is to say, by the header's name in camelCase. */
export interface HeaderOptions {
	/**
	 * Limits what a document may load, run, frame, be framed by and submit to.
	 *
	 * `Content-Security-Policy: default-src 'self'; base-uri 'self'; font-src 'self' data:; form-action 'self'; frame-ancestors 'none'; img-src 'self' data:; object-src 'none'; script-src 'self' 'nonce-…'; style-src 'self' 'nonce-…'`
	 *
	 * Directives given here replace the default of the same name; the others stay. Loosening
	 * `scriptSrc` gives injected markup a way to run code.
	 *
	 * @defaultValue the policy above; nonce slots are filled only when the page reads its nonce
	 * @example { directives: { imgSrc: [csp.self, "https://img.example"] } }
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy}
	 * @see {@link https://www.w3.org/TR/CSP3/#csp-header}
	 */
	readonly contentSecurityPolicy?: boolean | ContentSecurityPolicyOptions | undefined;

	/**
	 * Reports what a policy would block, and blocks nothing: the way to try a stricter policy beside
	 * the enforced one. Starts from the same defaults. Give it `reportUri` or `reportTo`.
	 *
	 * @defaultValue false
	 * @example { directives: { styleSrc: [csp.self], reportUri: ["/_reports"] } }
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy-Report-Only}
	 * @see {@link https://www.w3.org/TR/CSP3/#cspro-header}
	 */
	readonly contentSecurityPolicyReportOnly?: boolean | ContentSecurityPolicyOptions | undefined;

	/**
	 * Makes browsers use https for this host and refuse http, for `maxAge` seconds.
	 *
	 * `Strict-Transport-Security: max-age=31536000; includeSubDomains`
	 *
	 * Not sent where the connection is known to be http, nor to localhost, loopback or an IP address.
	 * Without it the first request of a visit can be intercepted; with it a host that loses its
	 * certificate cannot be reached.
	 *
	 * @defaultValue { maxAge: 31536000, includeSubDomains: true, preload: false }
	 * @example { preload: true }
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Strict-Transport-Security}
	 * @see {@link https://www.rfc-editor.org/rfc/rfc6797#section-6.1}
	 */
	readonly strictTransportSecurity?: boolean | StrictTransportSecurityOptions | undefined;

	/**
	 * Stops browsers from guessing types: a script or style with another Content-Type is not used.
	 *
	 * `X-Content-Type-Options: nosniff`
	 *
	 * Without it an uploaded "image" can run as a script. The application cannot change the value. A page that is sent without a
	 * Content-Type appears as text, which the event `content-type/missing` tells.
	 *
	 * @defaultValue true
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-Content-Type-Options}
	 * @see {@link https://fetch.spec.whatwg.org/#x-content-type-options-header}
	 */
	readonly xContentTypeOptions?: boolean | undefined;

	/**
	 * Says who may frame the page. Current browsers take `frame-ancestors` instead, so by default this
	 * follows it: `'none'` gives `DENY`, `'self'` gives `SAMEORIGIN`, an allow-list gives no header.
	 *
	 * `X-Frame-Options: DENY`
	 *
	 * @defaultValue derived from `frame-ancestors`
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-Frame-Options}
	 * @see {@link https://html.spec.whatwg.org/multipage/document-lifecycle.html#the-x-frame-options-header}
	 */
	readonly xFrameOptions?: boolean | XFrameOptions | undefined;

	/**
	 * Limits the address that requests and links give away as Referer. A list is a list of fallbacks:
	 * browsers take the last token that they know.
	 *
	 * `Referrer-Policy: strict-origin-when-cross-origin`
	 *
	 * Looser values tell other sites which page the visitor was on. `no-referrer` makes same-origin
	 * form posts send `Origin: null`.
	 *
	 * @defaultValue "strict-origin-when-cross-origin"
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Referrer-Policy}
	 * @see {@link https://www.w3.org/TR/referrer-policy/#referrer-policy-header}
	 */
	readonly referrerPolicy?: boolean | ReferrerPolicy | undefined;

	/**
	 * Says which powerful features the page and its frames may use; Chromium-based browsers act on it.
	 * Features given here replace the default of the same name.
	 *
	 * `Permissions-Policy: accelerometer=(), camera=(), …` (22 features)
	 *
	 * A feature that is not denied may be asked for by injected code.
	 *
	 * @defaultValue 22 features denied
	 * @example { features: { camera: ["self"], geolocation: ["self", "https://maps.example"] } }
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 * @see {@link https://www.w3.org/TR/permissions-policy/#permissions-policy-http-header-field}
	 */
	readonly permissionsPolicy?: boolean | PermissionsPolicyOptions | undefined;

	/**
	 * Reports which features a Permissions-Policy would deny, and denies nothing (Chromium).
	 * @defaultValue false
	 * @see {@link https://www.w3.org/TR/permissions-policy/#permissions-policy-report-only-http-header-field}
	 */
	readonly permissionsPolicyReportOnly?: boolean | PermissionsPolicyOptions | undefined;

	/**
	 * Cuts the tie between the page and windows of other origins.
	 *
	 * `Cross-Origin-Opener-Policy: same-origin`
	 *
	 * Sign-in and payment popups that talk back need `"same-origin-allow-popups"`.
	 *
	 * @defaultValue "same-origin"
	 * @example { policy: "same-origin-allow-popups", reportTo: "coop" }
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Cross-Origin-Opener-Policy}
	 * @see {@link https://html.spec.whatwg.org/multipage/browsers.html#cross-origin-opener-policies}
	 */
	readonly crossOriginOpenerPolicy?: boolean | CrossOriginOpenerPolicy | undefined;

	/**
	 * Reports what a Cross-Origin-Opener-Policy would cut, and cuts nothing.
	 * @defaultValue false
	 * @see {@link https://html.spec.whatwg.org/multipage/browsers.html#the-coop-headers}
	 */
	readonly crossOriginOpenerPolicyReportOnly?: boolean | CrossOriginOpenerPolicy | undefined;

	/**
	 * Lets the page embed only what other origins have agreed to. With `crossOriginOpenerPolicy:
	 * "same-origin"` the page is cross-origin isolated. Blocks most third-party embeds.
	 *
	 * @defaultValue false (`true` is "require-corp")
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Cross-Origin-Embedder-Policy}
	 * @see {@link https://html.spec.whatwg.org/multipage/browsers.html#coep}
	 */
	readonly crossOriginEmbedderPolicy?: boolean | CrossOriginEmbedderPolicy | undefined;

	/**
	 * Reports what a Cross-Origin-Embedder-Policy would block, and blocks nothing.
	 * @defaultValue false
	 * @see {@link https://html.spec.whatwg.org/multipage/browsers.html#coep}
	 */
	readonly crossOriginEmbedderPolicyReportOnly?: boolean | CrossOriginEmbedderPolicy | undefined;

	/**
	 * Keeps other sites from embedding the response as image, script, style or frame.
	 *
	 * `Cross-Origin-Resource-Policy: same-origin`
	 *
	 * Assets for other sites need `"cross-origin"`.
	 *
	 * @defaultValue "same-origin"
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Cross-Origin-Resource-Policy}
	 * @see {@link https://fetch.spec.whatwg.org/#cross-origin-resource-policy-header}
	 */
	readonly crossOriginResourcePolicy?: boolean | CrossOriginResourcePolicy | undefined;

	/**
	 * Asks the browser for a process of its own for the origin, and switches `document.domain` off.
	 *
	 * `Origin-Agent-Cluster: ?1`
	 *
	 * @defaultValue true
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Origin-Agent-Cluster}
	 * @see {@link https://html.spec.whatwg.org/multipage/browsers.html#origin-keyed-agent-clusters}
	 */
	readonly originAgentCluster?: boolean | undefined;

	/**
	 * Isolates one document whatever opened or frames it (Chromium 137 and later).
	 * @defaultValue false (`true` is "isolate-and-require-corp")
	 * @see {@link https://wicg.github.io/document-isolation-policy/}
	 */
	readonly documentIsolationPolicy?: boolean | DocumentIsolationPolicy | undefined;

	/**
	 * Reports what a Document-Isolation-Policy would block, and blocks nothing.
	 * @defaultValue false
	 * @see {@link https://wicg.github.io/document-isolation-policy/}
	 */
	readonly documentIsolationPolicyReportOnly?: boolean | DocumentIsolationPolicy | undefined;

	/**
	 * Blocks scripts that load without an `integrity` attribute.
	 * @defaultValue false (`true` is { blockedDestinations: ["script"] })
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Integrity-Policy}
	 * @see {@link https://www.w3.org/TR/sri-2/#integrity-policy-section}
	 */
	readonly integrityPolicy?: boolean | IntegrityPolicyOptions | undefined;

	/**
	 * Reports scripts that load without an `integrity` attribute, and blocks nothing.
	 * @defaultValue false
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Integrity-Policy-Report-Only}
	 */
	readonly integrityPolicyReportOnly?: boolean | IntegrityPolicyOptions | undefined;

	/**
	 * Names the URLs that browsers send reports to. Every `reportTo` must be one of these names.
	 * @defaultValue false
	 * @example { default: "/_reports", csp: "https://reports.example/csp" }
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Reporting-Endpoints}
	 * @see {@link https://www.w3.org/TR/reporting-1/#header}
	 */
	readonly reportingEndpoints?: false | ReportingEndpoints | undefined;

	/**
	 * Names report collectors in the legacy syntax, for `nel` only.
	 * @defaultValue false
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Report-To}
	 */
	readonly reportTo?: false | readonly ReportToGroup[] | undefined;

	/**
	 * Makes Chromium report failed requests to the host. Persists per origin; `maxAge: 0` removes it.
	 * @defaultValue false
	 * @see {@link https://w3c.github.io/network-error-logging/#nel-response-header}
	 */
	readonly nel?: false | NelOptions | undefined;

	/**
	 * `true` sends `X-XSS-Protection: 0`, which switches off the filter of old browsers. No other value
	 * is safe, and no living browser reads it.
	 * @defaultValue false
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-XSS-Protection}
	 */
	readonly xXssProtection?: boolean | undefined;

	/**
	 * Whether browsers resolve the host names of links before a click.
	 * @defaultValue false (`true` is "off")
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-DNS-Prefetch-Control}
	 */
	readonly xDnsPrefetchControl?: boolean | XDnsPrefetchControl | undefined;

	/**
	 * `true` sends `X-Download-Options: noopen`, for Internet Explorer 8.
	 * @defaultValue false
	 */
	readonly xDownloadOptions?: boolean | undefined;

	/**
	 * Which cross-domain policy files Adobe clients may use.
	 * @defaultValue false (`true` is "none")
	 */
	readonly xPermittedCrossDomainPolicies?: boolean | XPermittedCrossDomainPolicies | undefined;
}
