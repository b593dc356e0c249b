import type { HeaderKey } from "../src/headers/facts.ts";

/** What docs/headers.md says of a header, and no program reads. */
export interface HeaderProse {
	/** What the browser does with it, in one sentence. */
	readonly summary: string;
	/** Why the default is what it is. */
	readonly why: string;
	readonly spec: string;
	/** Where MDN has no page of the header's own. */
	readonly mdn?: string;
}

const MDN = "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers";

export const PROSE: Readonly<Record<HeaderKey, HeaderProse>> = {
	contentSecurityPolicy: {
		summary: "Limits what a document may load, run, frame, be framed by and submit to.",
		why: "Only the site's own files, and inline code that carries the nonce of the response; nobody may frame the page.",
		spec: "https://www.w3.org/TR/CSP3/#csp-header",
	},
	contentSecurityPolicyReportOnly: {
		summary: "Reports what a policy would block, and blocks nothing.",
		why: "Off: a trial policy is yours to write.",
		spec: "https://www.w3.org/TR/CSP3/#cspro-header",
	},
	strictTransportSecurity: {
		summary: "Makes browsers use https for this host, for the given number of seconds.",
		why: "A year with sub-domains is what preload lists and auditors ask for; preload itself takes months to undo and is one word away.",
		spec: "https://www.rfc-editor.org/rfc/rfc6797#section-6.1",
	},
	xContentTypeOptions: {
		summary: "Stops browsers from guessing a type: a script or style with another Content-Type is not used.",
		why: "It has one legal value, and no correct site breaks under it.",
		spec: "https://fetch.spec.whatwg.org/#x-content-type-options-header",
	},
	xFrameOptions: {
		summary: "Says who may frame the page; browsers that know frame-ancestors ignore it beside an enforced policy.",
		why: "Derived from frame-ancestors ('none': DENY, 'self': SAMEORIGIN, an allow-list: omitted), so that the two never disagree.",
		spec: "https://html.spec.whatwg.org/multipage/document-lifecycle.html#the-x-frame-options-header",
	},
	referrerPolicy: {
		summary: "Limits the address that requests and links of the page give away as Referer.",
		why: "Other sites see the origin only. no-referrer would make same-origin form posts send Origin: null, which breaks CSRF checks.",
		spec: "https://www.w3.org/TR/referrer-policy/#referrer-policy-header",
	},
	permissionsPolicy: {
		summary: "Says which powerful features the page and its frames may use; Chromium-based browsers act on it.",
		why: "22 features that few pages need are denied, to injected code and to frames as well.",
		spec: "https://www.w3.org/TR/permissions-policy/#permissions-policy-http-header-field",
	},
	permissionsPolicyReportOnly: {
		summary: "Reports which features a Permissions-Policy would deny, and denies nothing.",
		why: "Off: a trial policy is yours to write.",
		spec: "https://www.w3.org/TR/permissions-policy/#permissions-policy-http-header-field",
		mdn: `${MDN}/Permissions-Policy`,
	},
	crossOriginOpenerPolicy: {
		summary: "Cuts the tie between the page and windows of other origins that open it or that it opens.",
		why: "No foreign window can reach in. Sign-in and payment popups need same-origin-allow-popups.",
		spec: "https://html.spec.whatwg.org/multipage/browsers.html#cross-origin-opener-policies",
	},
	crossOriginOpenerPolicyReportOnly: {
		summary: "Reports what a Cross-Origin-Opener-Policy would cut, and cuts nothing.",
		why: "Off: a trial policy is yours to write.",
		spec: "https://html.spec.whatwg.org/multipage/browsers.html#cross-origin-opener-policies",
		mdn: `${MDN}/Cross-Origin-Opener-Policy`,
	},
	crossOriginEmbedderPolicy: {
		summary: "Lets the page embed only what other origins have agreed to, which together with Cross-Origin-Opener-Policy isolates it.",
		why: "Off: it blocks most third-party embeds. Turn it on where the page needs cross-origin isolation.",
		spec: "https://html.spec.whatwg.org/multipage/browsers.html#coep",
	},
	crossOriginEmbedderPolicyReportOnly: {
		summary: "Reports what a Cross-Origin-Embedder-Policy would block, and blocks nothing.",
		why: "Off: a trial policy is yours to write.",
		spec: "https://html.spec.whatwg.org/multipage/browsers.html#coep",
		mdn: `${MDN}/Cross-Origin-Embedder-Policy`,
	},
	crossOriginResourcePolicy: {
		summary: "Keeps other sites from embedding the response as image, script, style or frame.",
		why: "Nothing leaves the origin unasked. Public assets need cross-origin.",
		spec: "https://fetch.spec.whatwg.org/#cross-origin-resource-policy-header",
	},
	originAgentCluster: {
		summary: "Asks the browser to give the origin a process of its own, and switches document.domain off.",
		why: "Chromium does so anyway; Firefox and Safari do when asked.",
		spec: "https://html.spec.whatwg.org/multipage/browsers.html#origin-keyed-agent-clusters",
	},
	documentIsolationPolicy: {
		summary: "Isolates one document (Chromium 137 and later), without conditions on its opener or its frames.",
		why: "Off: needed only for what wants cross-origin isolation, and one engine has it.",
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
		why: "Off: every script tag of the site must carry a hash first.",
		spec: "https://www.w3.org/TR/sri-2/#integrity-policy-section",
	},
	integrityPolicyReportOnly: {
		summary: "Reports scripts that load without an integrity attribute, and blocks nothing.",
		why: "Off: a trial policy is yours to write.",
		spec: "https://www.w3.org/TR/sri-2/#integrity-policy-section",
	},
	reportingEndpoints: {
		summary: "Names the URLs that browsers send reports to; other headers refer to the names.",
		why: "Off: nothing is reported until you say where to.",
		spec: "https://www.w3.org/TR/reporting-1/#header",
	},
	reportTo: {
		summary: "Names report collectors for NEL; every other header uses Reporting-Endpoints.",
		why: "Off: deprecated, and needed for NEL only.",
		spec: "https://www.w3.org/TR/2018/WD-reporting-1-20180925/#header",
	},
	nel: {
		summary: "Makes Chromium report failed requests to the host: DNS, TCP, TLS and http errors.",
		why: "Off: it persists per origin and needs a collector.",
		spec: "https://w3c.github.io/network-error-logging/#nel-response-header",
	},
	xXssProtection: {
		summary: "Switches off the script filter of old browsers, which could be turned against the page.",
		why: "Off: no living browser has the filter. true sends 0, the only safe value.",
		spec: `${MDN}/X-XSS-Protection`,
	},
	xDnsPrefetchControl: {
		summary: "Says whether browsers resolve the host names of links before a click.",
		why: "Off: not a standard, and browsers do not prefetch on https anyway.",
		spec: `${MDN}/X-DNS-Prefetch-Control`,
	},
	xDownloadOptions: {
		summary: "Kept Internet Explorer 8 from opening downloads inside the site.",
		why: "Off: no living browser reads it.",
		spec: "https://learn.microsoft.com/archive/blogs/ie/ie8-security-part-v-comprehensive-protection",
		mdn: "https://learn.microsoft.com/archive/blogs/ie/ie8-security-part-v-comprehensive-protection",
	},
	xPermittedCrossDomainPolicies: {
		summary: "Says which cross-domain policy files Adobe Acrobat may use; browsers do not read it.",
		why: "Off: no browser reads it.",
		spec: `${MDN}/X-Permitted-Cross-Domain-Policies`,
	},
};
