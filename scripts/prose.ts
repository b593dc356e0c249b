import type { HeaderKey } from "../src/headers/facts.ts";

/** What docs/headers.md says about a header. No program reads it. */
export interface HeaderProse {
	/** What the browser does with the header, in one sentence. */
	readonly summary: string;
	/** The reason for the default. */
	readonly why: string;
	readonly spec: string;
	/** The page to link if MDN has none for this header. */
	readonly mdn?: string;
}

const MDN = "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers";

export const PROSE: Readonly<Record<HeaderKey, HeaderProse>> = {
	contentSecurityPolicy: {
		summary: "Limits what a document can load, run, frame and submit to, and which sites can frame it.",
		why: "Allows only the site's own files, and inline code with the nonce of the response. No site can frame the page.",
		spec: "https://www.w3.org/TR/CSP3/#csp-header",
	},
	contentSecurityPolicyReportOnly: {
		summary: "Reports what a policy would block, and blocks nothing.",
		why: "Off: a trial policy is yours to write.",
		spec: "https://www.w3.org/TR/CSP3/#cspro-header",
	},
	strictTransportSecurity: {
		summary: "Makes browsers use https for this host, for the given number of seconds.",
		why: "Preload lists and auditors require one year with subdomains. preload is not set, because it takes months to undo.",
		spec: "https://www.rfc-editor.org/rfc/rfc6797#section-6.1",
	},
	xContentTypeOptions: {
		summary: "Stops browsers from guessing types: they do not use a script or style with another Content-Type.",
		why: "It has one valid value. It breaks nothing that has the right Content-Type. A page without a Content-Type appears as text, and the event content-type/missing tells you.",
		spec: "https://fetch.spec.whatwg.org/#x-content-type-options-header",
	},
	xFrameOptions: {
		summary: "Limits which sites can frame the page. Browsers that support frame-ancestors ignore it if an enforced policy has that directive.",
		why: "Derived from frame-ancestors ('none': DENY, 'self': SAMEORIGIN, an allow-list: omitted), so that the two never contradict each other.",
		spec: "https://html.spec.whatwg.org/multipage/document-lifecycle.html#the-x-frame-options-header",
	},
	referrerPolicy: {
		summary: "Limits the part of the page's address that requests and links send as Referer.",
		why: "Other sites only see the origin. no-referrer would make same-origin form posts send Origin: null, which breaks CSRF checks.",
		spec: "https://www.w3.org/TR/referrer-policy/#referrer-policy-header",
	},
	permissionsPolicy: {
		summary: "Limits which powerful features the page and its frames can use. Only Chromium-based browsers support it.",
		why: "Denies 22 features that few pages need, also to injected code and to frames.",
		spec: "https://www.w3.org/TR/permissions-policy/#permissions-policy-http-header-field",
	},
	permissionsPolicyReportOnly: {
		summary: "Reports which features a Permissions-Policy would deny, and denies nothing.",
		why: "Off: a trial policy is yours to write.",
		spec: "https://www.w3.org/TR/permissions-policy/#permissions-policy-http-header-field",
		mdn: `${MDN}/Permissions-Policy`,
	},
	crossOriginOpenerPolicy: {
		summary: "Separates the page from windows of other origins that open it or that it opens.",
		why: "Windows of other origins cannot access the page. Sign-in and payment popups need same-origin-allow-popups.",
		spec: "https://html.spec.whatwg.org/multipage/browsers.html#cross-origin-opener-policies",
	},
	crossOriginOpenerPolicyReportOnly: {
		summary: "Reports what a Cross-Origin-Opener-Policy would separate, and separates nothing.",
		why: "Off: a trial policy is yours to write.",
		spec: "https://html.spec.whatwg.org/multipage/browsers.html#cross-origin-opener-policies",
		mdn: `${MDN}/Cross-Origin-Opener-Policy`,
	},
	crossOriginEmbedderPolicy: {
		summary: "Only lets the page embed resources that opt in. Together with Cross-Origin-Opener-Policy, it isolates the page.",
		why: "Off: it blocks most third-party embeds. Turn it on if the page needs cross-origin isolation.",
		spec: "https://html.spec.whatwg.org/multipage/browsers.html#coep",
	},
	crossOriginEmbedderPolicyReportOnly: {
		summary: "Reports what a Cross-Origin-Embedder-Policy would block, and blocks nothing.",
		why: "Off: a trial policy is yours to write.",
		spec: "https://html.spec.whatwg.org/multipage/browsers.html#coep",
		mdn: `${MDN}/Cross-Origin-Embedder-Policy`,
	},
	crossOriginResourcePolicy: {
		summary: "Keeps other sites from embedding the response as an image, script, style or frame.",
		why: "Other sites can embed nothing by default. Public assets need cross-origin.",
		spec: "https://fetch.spec.whatwg.org/#cross-origin-resource-policy-header",
	},
	originAgentCluster: {
		summary: "Asks the browser for a separate process for the origin, and switches document.domain off.",
		why: "Chromium does this by default. Firefox and Safari need the header.",
		spec: "https://html.spec.whatwg.org/multipage/browsers.html#origin-keyed-agent-clusters",
	},
	documentIsolationPolicy: {
		summary: "Isolates one document (Chromium 137 and later), without conditions on its opener or its frames.",
		why: "Off: only pages that need cross-origin isolation need it, and only one engine supports it.",
		spec: "https://wicg.github.io/document-isolation-policy/",
		mdn: "https://chromestatus.com/feature/5141940204208128",
	},
	documentIsolationPolicyReportOnly: {
		summary: "Reports what a Document-Isolation-Policy would block, and blocks nothing.",
		why: "Off: a trial policy is yours to write.",
		spec: "https://wicg.github.io/document-isolation-policy/",
		mdn: "https://chromestatus.com/feature/5141940204208128",
	},
	integrityPolicy: {
		summary: "Blocks scripts that load without an integrity attribute.",
		why: "Off: first, every script tag of the site needs a hash.",
		spec: "https://www.w3.org/TR/sri-2/#integrity-policy-section",
	},
	integrityPolicyReportOnly: {
		summary: "Reports scripts that load without an integrity attribute, and blocks nothing.",
		why: "Off: a trial policy is yours to write.",
		spec: "https://www.w3.org/TR/sri-2/#integrity-policy-section",
	},
	reportingEndpoints: {
		summary: "Names the URLs that browsers send reports to. Other headers refer to the names.",
		why: "Off: browsers report nothing until you name an endpoint.",
		spec: "https://www.w3.org/TR/reporting-1/#header",
	},
	reportTo: {
		summary: "Names report collectors for NEL. All other headers use Reporting-Endpoints.",
		why: "Off: deprecated, and only needed for NEL.",
		spec: "https://www.w3.org/TR/2018/WD-reporting-1-20180925/#header",
	},
	nel: {
		summary: "Makes Chromium report failed requests to the host: DNS, TCP, TLS and http errors.",
		why: "Off: browsers remember it for each origin, and it needs a collector.",
		spec: "https://w3c.github.io/network-error-logging/#nel-response-header",
	},
	xXssProtection: {
		summary: "Switches off the script filter of old browsers, which attackers could use against the page.",
		why: "Off: current browsers do not have the filter. true sends 0, the only safe value.",
		spec: `${MDN}/X-XSS-Protection`,
	},
	xDnsPrefetchControl: {
		summary: "Controls whether browsers resolve the host names of links before a click.",
		why: "Off: not a standard, and browsers do not prefetch on https anyway.",
		spec: `${MDN}/X-DNS-Prefetch-Control`,
	},
	xDownloadOptions: {
		summary: "Kept Internet Explorer 8 from opening downloads inside the site.",
		why: "Off: current browsers ignore it.",
		spec: "https://learn.microsoft.com/archive/blogs/ie/ie8-security-part-v-comprehensive-protection",
		mdn: "https://learn.microsoft.com/archive/blogs/ie/ie8-security-part-v-comprehensive-protection",
	},
	xPermittedCrossDomainPolicies: {
		summary: "Limits which cross-domain policy files Adobe Acrobat can use.",
		why: "Off: browsers ignore it.",
		spec: `${MDN}/X-Permitted-Cross-Domain-Policies`,
	},
};
