import type { ConnectionAllowlistOptions } from "./connection-allowlist.ts";
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

/** The options of the headers, by header name in camelCase. */
export interface HeaderOptions {
	/**
	 * Limits what a document may load and run, where it may send forms, and which sites may frame it.
	 *
	 * `Content-Security-Policy: default-src 'self'; base-uri 'self'; font-src 'self' data:; form-action 'self'; frame-ancestors 'none'; img-src 'self' data:; object-src 'none'; script-src 'self' 'nonce-…'; style-src 'self' 'nonce-…'`
	 *
	 * Your directives replace the defaults of the same name. The other defaults stay. A looser `scriptSrc` lets injected markup run code.
	 *
	 * @defaultValue the policy above. It contains a nonce only if the page reads it
	 * @example { directives: { imgSrc: [csp.self, "https://img.example"] } }
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy}
	 * @see {@link https://www.w3.org/TR/CSP3/#csp-header}
	 */
	readonly contentSecurityPolicy?: boolean | ContentSecurityPolicyOptions | undefined;

	/**
	 * Reports what a policy would block, and blocks nothing. Use it to test a stricter policy next to the enforced one. It has the same defaults, and
	 * needs `reportUri` or `reportTo`.
	 *
	 * @defaultValue false
	 * @example { directives: { styleSrc: [csp.self], reportUri: ["/_reports"] } }
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy-Report-Only}
	 * @see {@link https://www.w3.org/TR/CSP3/#cspro-header}
	 */
	readonly contentSecurityPolicyReportOnly?: boolean | ContentSecurityPolicyOptions | undefined;

	/**
	 * Makes browsers use https only for this host, for `maxAge` seconds.
	 *
	 * `Strict-Transport-Security: max-age=31536000; includeSubDomains`
	 *
	 * headguard does not send it over connections that are known to be http, or for localhost, loopback and IP addresses. Without it, an attacker can
	 * intercept the first request of a visit. With it, a host without a valid certificate cannot be reached.
	 *
	 * @defaultValue { maxAge: 31536000, includeSubDomains: true, preload: false }
	 * @example { preload: true }
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Strict-Transport-Security}
	 * @see {@link https://www.rfc-editor.org/rfc/rfc6797#section-6.1}
	 */
	readonly strictTransportSecurity?: boolean | StrictTransportSecurityOptions | undefined;

	/**
	 * Stops browsers from guessing types. They do not run a script or use a style with another Content-Type.
	 *
	 * `X-Content-Type-Options: nosniff`
	 *
	 * Without it, an uploaded "image" can run as a script. The application cannot change the value. Browsers show a page without a Content-Type
	 * as text. The event `content-type/missing` reports it.
	 *
	 * @defaultValue true
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-Content-Type-Options}
	 * @see {@link https://fetch.spec.whatwg.org/#x-content-type-options-header}
	 */
	readonly xContentTypeOptions?: boolean | undefined;

	/**
	 * Limits who may frame the page. Current browsers use `frame-ancestors` instead. By default, this header follows it: `'none'` becomes `DENY`,
	 * `'self'` becomes `SAMEORIGIN`, and with other sources the header is not sent.
	 *
	 * `X-Frame-Options: DENY`
	 *
	 * @defaultValue derived from `frame-ancestors`
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-Frame-Options}
	 * @see {@link https://html.spec.whatwg.org/multipage/document-lifecycle.html#the-x-frame-options-header}
	 */
	readonly xFrameOptions?: boolean | XFrameOptions | undefined;

	/**
	 * Limits the address that requests and links send as Referer. In a list, browsers use the last value that they support.
	 *
	 * `Referrer-Policy: strict-origin-when-cross-origin`
	 *
	 * With looser values, other sites learn which page the visitor was on. With `no-referrer`, forms that post to the same origin send `Origin: null`.
	 *
	 * @defaultValue "strict-origin-when-cross-origin"
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Referrer-Policy}
	 * @see {@link https://www.w3.org/TR/referrer-policy/#referrer-policy-header}
	 */
	readonly referrerPolicy?: boolean | ReferrerPolicy | undefined;

	/**
	 * Limits which powerful features the page and its frames may use, in Chromium-based browsers. Your features replace the defaults of the same name.
	 *
	 * `Permissions-Policy: accelerometer=(), camera=(), …` (22 features)
	 *
	 * Injected code can request a feature that is not denied.
	 *
	 * @defaultValue 22 features denied
	 * @example { features: { camera: ["self"], geolocation: ["self", "https://maps.example"] } }
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Permissions-Policy}
	 * @see {@link https://www.w3.org/TR/permissions-policy/#permissions-policy-http-header-field}
	 */
	readonly permissionsPolicy?: boolean | PermissionsPolicyOptions | undefined;

	/**
	 * Reports which features a Permissions-Policy would deny, and denies nothing. Only Chromium supports it.
	 * @defaultValue false
	 * @see {@link https://www.w3.org/TR/permissions-policy/#permissions-policy-report-only-http-header-field}
	 */
	readonly permissionsPolicyReportOnly?: boolean | PermissionsPolicyOptions | undefined;

	/**
	 * Separates the page from windows of other origins that open it or that it opens.
	 *
	 * `Cross-Origin-Opener-Policy: same-origin`
	 *
	 * Sign-in and payment popups that send messages to the page need `"same-origin-allow-popups"`.
	 *
	 * @defaultValue "same-origin"
	 * @example { policy: "same-origin-allow-popups", reportTo: "coop" }
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Cross-Origin-Opener-Policy}
	 * @see {@link https://html.spec.whatwg.org/multipage/browsers.html#cross-origin-opener-policies}
	 */
	readonly crossOriginOpenerPolicy?: boolean | CrossOriginOpenerPolicy | undefined;

	/**
	 * Reports what a Cross-Origin-Opener-Policy would separate, and separates nothing.
	 * @defaultValue false
	 * @see {@link https://html.spec.whatwg.org/multipage/browsers.html#the-coop-headers}
	 */
	readonly crossOriginOpenerPolicyReportOnly?: boolean | CrossOriginOpenerPolicy | undefined;

	/**
	 * Blocks resources of other origins that do not allow it with Cross-Origin-Resource-Policy or CORS. That blocks most embeds of third parties.
	 * Together with `crossOriginOpenerPolicy: "same-origin"`, the page is cross-origin isolated, and can use `SharedArrayBuffer`.
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
	 * Keeps other origins from loading the response as an image, script or style.
	 *
	 * `Cross-Origin-Resource-Policy: same-origin`
	 *
	 * Use `"cross-origin"` for files that other sites may load.
	 *
	 * @defaultValue "same-origin"
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Cross-Origin-Resource-Policy}
	 * @see {@link https://fetch.spec.whatwg.org/#cross-origin-resource-policy-header}
	 */
	readonly crossOriginResourcePolicy?: boolean | CrossOriginResourcePolicy | undefined;

	/**
	 * Requests a separate process for the origin, and disables `document.domain`.
	 *
	 * `Origin-Agent-Cluster: ?1`
	 *
	 * @defaultValue true
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Origin-Agent-Cluster}
	 * @see {@link https://html.spec.whatwg.org/multipage/browsers.html#origin-keyed-agent-clusters}
	 */
	readonly originAgentCluster?: boolean | undefined;

	/**
	 * Makes the document cross-origin isolated, whichever windows open or frame it. Chromium 137 and later support it.
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
	 * Lets the page connect only to its own origin and to the URL patterns that you list. It covers requests of any kind, WebSockets, prefetches,
	 * navigations, popups, redirects and WebRTC. Unlike a content security policy, it also covers links and `location`, so a page with it can only
	 * open addresses in the list. Chromium 152 and later support it.
	 *
	 * If the value is malformed, Chromium blocks every connection.
	 *
	 * @experimental The header is a draft, and one engine supports it. The option may change in a minor version.
	 * @defaultValue false (`true` is { allow: ["response-origin"] })
	 * @example { allow: ["response-origin", "https://api.example/*"] }
	 * @see {@link https://w3c.github.io/connection-allowlists/}
	 */
	readonly connectionAllowlist?: boolean | ConnectionAllowlistOptions | undefined;

	/**
	 * Reports which connections a Connection-Allowlist would block, and blocks nothing.
	 * @experimental As `connectionAllowlist`.
	 * @defaultValue false
	 * @see {@link https://w3c.github.io/connection-allowlists/}
	 */
	readonly connectionAllowlistReportOnly?: boolean | ConnectionAllowlistOptions | undefined;

	/**
	 * The URLs that browsers send reports to, by name. Every `reportTo` must be one of these names.
	 * @defaultValue false
	 * @example { default: "/_reports", csp: "https://reports.example/csp" }
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Reporting-Endpoints}
	 * @see {@link https://www.w3.org/TR/reporting-1/#header}
	 */
	readonly reportingEndpoints?: false | ReportingEndpoints | undefined;

	/**
	 * The URLs that browsers send reports to, in the legacy syntax that `nel` needs.
	 * @defaultValue false
	 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Report-To}
	 */
	readonly reportTo?: false | readonly ReportToGroup[] | undefined;

	/**
	 * Makes Chromium report failed requests to the host. The browser keeps it for each origin. `maxAge: 0` removes it.
	 * @defaultValue false
	 * @see {@link https://w3c.github.io/network-error-logging/#nel-response-header}
	 */
	readonly nel?: false | NelOptions | undefined;

	/**
	 * `true` sends `X-XSS-Protection: 0`, which switches off the filter of old browsers. Other values are not safe. Current browsers ignore the header.
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
