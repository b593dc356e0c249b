import type { HeaderKey } from "../../src/headers/facts.ts";

/** What a header breaks, and the options that loosen it. They are for the whole application; `headers.extend` and `headers.replace` take the same for a route. */
export interface Break {
	readonly what: string;
	readonly write: string;
}

export const BREAKS: Readonly<Partial<Record<HeaderKey, readonly Break[]>>> = {
	contentSecurityPolicy: [
		{
			what: "A script, style, image or call of another origin is blocked. Name the origin in the directive that the console names.",
			write: 'contentSecurityPolicy: { directives: { imgSrc: [csp.self, "data:", "https://img.example"], connectSrc: [csp.self, "https://api.example"] } }',
		},
		{
			what: "An inline script or style is blocked. Print the nonce on it. A page that a build makes has hashes instead.",
			write: 'contentSecurityPolicy: { directives: { scriptSrc: [csp.self, csp.hash("sha256", "start()")] } }',
		},
		{
			what: "A partner cannot frame the page. X-Frame-Options follows, and is left out.",
			write: 'contentSecurityPolicy: { directives: { frameAncestors: [csp.self, "https://partner.example"] } }',
		},
		{
			what: "A form that posts to another origin, or is redirected to one, does nothing.",
			write: 'contentSecurityPolicy: { directives: { formAction: [csp.self, "https://login.example"] } }',
		},
		{
			what: "A library sets `style` attributes in its markup.",
			write: "contentSecurityPolicy: { directives: { styleSrcAttr: [csp.unsafeInline] } }",
		},
	],
	strictTransportSecurity: [
		{
			what: "A subdomain without a certificate can no longer be reached. Browsers remember the header, so the change takes effect with the next response.",
			write: "strictTransportSecurity: { includeSubDomains: false }",
		},
		{ what: "Browsers should forget it, for example before a domain goes back to http.", write: "strictTransportSecurity: { maxAge: 0 }" },
	],
	xContentTypeOptions: [
		{
			what: "A script or style has the wrong Content-Type. Correct the type. If that is impossible, switch the header off.",
			write: "xContentTypeOptions: false",
		},
	],
	xFrameOptions: [
		{
			what: "Another site frames the page. Allow it in `frameAncestors`, and this header follows.",
			write: 'contentSecurityPolicy: { directives: { frameAncestors: ["https://partner.example"] } }',
		},
	],
	referrerPolicy: [
		{
			what: "An affiliate or analytics site needs the whole address. It then also sees what the address contains.",
			write: 'referrerPolicy: "no-referrer-when-downgrade"',
		},
	],
	permissionsPolicy: [
		{ what: "The page needs a feature that the default denies.", write: 'permissionsPolicy: { features: { camera: ["self"] } }' },
		{
			what: 'A frame needs one, for example to pay. The frame also needs `allow="payment"`.',
			write: 'permissionsPolicy: { features: { payment: ["self", "https://pay.example"] } }',
		},
	],
	crossOriginOpenerPolicy: [
		{
			what: "A login or payment popup closes and the page learns nothing: `window.open` returned a window that counts as closed, or `window.opener` is null in it.",
			write: 'crossOriginOpenerPolicy: "same-origin-allow-popups"',
		},
		{
			what: "Your page is itself the popup of another site. Loosen it on that route only.",
			write: 'crossOriginOpenerPolicy: "unsafe-none"',
		},
	],
	crossOriginEmbedderPolicy: [
		{
			what: "Images and frames of others that do not opt in are blocked. Load them without cookies instead.",
			write: 'crossOriginEmbedderPolicy: "credentialless"',
		},
	],
	crossOriginResourcePolicy: [
		{ what: "Another site, or a subdomain of yours, cannot show an image or load a script from here.", write: 'crossOriginResourcePolicy: "cross-origin"' },
		{ what: "Only your own subdomains should load it.", write: 'crossOriginResourcePolicy: "same-site"' },
	],
	originAgentCluster: [{ what: "Pages of two subdomains set `document.domain` to reach each other.", write: "originAgentCluster: false" }],
	documentIsolationPolicy: [
		{
			what: "Resources of others that do not opt in are blocked. Load them without cookies instead.",
			write: 'documentIsolationPolicy: "isolate-and-credentialless"',
		},
	],
	integrityPolicy: [
		{
			what: "A script without `integrity` is blocked. See which ones before you enforce it.",
			write: 'integrityPolicyReportOnly: { blockedDestinations: ["script"] }',
		},
	],
};
