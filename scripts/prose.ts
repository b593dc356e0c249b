import type { HeaderKey } from "../src/headers/facts.ts";

/** What docs/headers.md says about a header. No program reads it. */
export interface HeaderProse {
	/** The reason for the default. */
	readonly why: string;
	readonly spec: string;
	/** The page to link if MDN has none for this header. */
	readonly mdn?: string;
}

const MDN = "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers";

export const PROSE: Readonly<Record<HeaderKey, HeaderProse>> = {
	contentSecurityPolicy: {
		why: "Allows only the site's own files, and inline code with the nonce of the response. No site can frame the page.",
		spec: "https://www.w3.org/TR/CSP3/#csp-header",
	},
	contentSecurityPolicyReportOnly: {
		why: "Off: it only reports, and you choose what to try.",
		spec: "https://www.w3.org/TR/CSP3/#cspro-header",
	},
	strictTransportSecurity: {
		why: "Preload lists and auditors require one year with subdomains. preload is not set, because it takes months to undo.",
		spec: "https://www.rfc-editor.org/rfc/rfc6797#section-6.1",
	},
	xContentTypeOptions: {
		why: "It has one valid value. It breaks nothing that has the right Content-Type. A page without a Content-Type appears as text, and the event content-type/missing tells you.",
		spec: "https://fetch.spec.whatwg.org/#x-content-type-options-header",
	},
	xFrameOptions: {
		why: "Derived from frame-ancestors ('none': DENY, 'self': SAMEORIGIN, an allow-list: omitted), so that the two never contradict each other.",
		spec: "https://html.spec.whatwg.org/multipage/document-lifecycle.html#the-x-frame-options-header",
	},
	referrerPolicy: {
		why: "Other sites only see the origin. no-referrer would make same-origin form posts send Origin: null, which breaks CSRF checks.",
		spec: "https://www.w3.org/TR/referrer-policy/#referrer-policy-header",
	},
	permissionsPolicy: {
		why: "Denies 22 features that few pages need, also to injected code and to frames.",
		spec: "https://www.w3.org/TR/permissions-policy/#permissions-policy-http-header-field",
	},
	permissionsPolicyReportOnly: {
		why: "Off: it only reports, and you choose what to try.",
		spec: "https://www.w3.org/TR/permissions-policy/#permissions-policy-http-header-field",
		mdn: `${MDN}/Permissions-Policy`,
	},
	crossOriginOpenerPolicy: {
		why: "Windows of other origins cannot access the page. Sign-in and payment popups need same-origin-allow-popups.",
		spec: "https://html.spec.whatwg.org/multipage/browsers.html#cross-origin-opener-policies",
	},
	crossOriginOpenerPolicyReportOnly: {
		why: "Off: it only reports, and you choose what to try.",
		spec: "https://html.spec.whatwg.org/multipage/browsers.html#cross-origin-opener-policies",
		mdn: `${MDN}/Cross-Origin-Opener-Policy`,
	},
	crossOriginEmbedderPolicy: {
		why: "Off: it blocks most third-party embeds. Turn it on if the page needs cross-origin isolation.",
		spec: "https://html.spec.whatwg.org/multipage/browsers.html#coep",
	},
	crossOriginEmbedderPolicyReportOnly: {
		why: "Off: it only reports, and you choose what to try.",
		spec: "https://html.spec.whatwg.org/multipage/browsers.html#coep",
		mdn: `${MDN}/Cross-Origin-Embedder-Policy`,
	},
	crossOriginResourcePolicy: {
		why: "By default, no other origin can load a response, not even a subdomain. Public assets need cross-origin.",
		spec: "https://fetch.spec.whatwg.org/#cross-origin-resource-policy-header",
	},
	originAgentCluster: {
		why: "Chromium does this by default. Firefox and Safari need the header.",
		spec: "https://html.spec.whatwg.org/multipage/browsers.html#origin-keyed-agent-clusters",
	},
	documentIsolationPolicy: {
		why: "Off: only pages that need cross-origin isolation need it, and only one engine supports it.",
		spec: "https://wicg.github.io/document-isolation-policy/",
		mdn: "https://chromestatus.com/feature/5141940204208128",
	},
	documentIsolationPolicyReportOnly: {
		why: "Off: it only reports, and you choose what to try.",
		spec: "https://wicg.github.io/document-isolation-policy/",
		mdn: "https://chromestatus.com/feature/5141940204208128",
	},
	integrityPolicy: {
		why: "Off: every script tag of the site needs an `integrity` attribute first.",
		spec: "https://www.w3.org/TR/sri-2/#integrity-policy-section",
	},
	integrityPolicyReportOnly: {
		why: "Off: it only reports, and you choose what to try.",
		spec: "https://www.w3.org/TR/sri-2/#integrity-policy-section",
	},
	connectionAllowlist: {
		why: "Off: a draft that only Chromium supports. It also limits links, forms and redirects, so each site must list where its pages may go.",
		spec: "https://w3c.github.io/connection-allowlists/",
		mdn: "https://w3c.github.io/connection-allowlists/",
	},
	connectionAllowlistReportOnly: {
		why: "Off: it only reports, and you choose what to try.",
		spec: "https://w3c.github.io/connection-allowlists/",
		mdn: "https://w3c.github.io/connection-allowlists/",
	},
	reportingEndpoints: {
		why: "Off: browsers report nothing until you name an endpoint.",
		spec: "https://www.w3.org/TR/reporting-1/#header",
	},
	reportTo: {
		why: "Off: deprecated, and only needed for NEL.",
		spec: "https://www.w3.org/TR/2018/WD-reporting-1-20180925/#header",
	},
	nel: {
		why: "Off: browsers remember it for each origin, and it needs a collector.",
		spec: "https://w3c.github.io/network-error-logging/#nel-response-header",
	},
	xXssProtection: {
		why: "Off: current browsers do not have the filter. true sends 0, the only safe value.",
		spec: `${MDN}/X-XSS-Protection`,
	},
	xDnsPrefetchControl: {
		why: "Off: not a standard, and browsers do not prefetch on https anyway.",
		spec: `${MDN}/X-DNS-Prefetch-Control`,
	},
	xDownloadOptions: {
		why: "Off: current browsers ignore it.",
		spec: "https://learn.microsoft.com/archive/blogs/ie/ie8-security-part-v-comprehensive-protection",
		mdn: "https://learn.microsoft.com/archive/blogs/ie/ie8-security-part-v-comprehensive-protection",
	},
	xPermittedCrossDomainPolicies: {
		why: "Off: browsers ignore it.",
		spec: `${MDN}/X-Permitted-Cross-Domain-Policies`,
	},
};
