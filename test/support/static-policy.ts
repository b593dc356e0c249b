import { compile } from "../../src/policy/compile.ts";
import { createPolicy } from "../../src/policy/create.ts";
import type { SecureHeadersOptions } from "../../src/policy/options.ts";

/** A policy without a nonce, with the characters that formats of configuration quote. */
export const STATIC: SecureHeadersOptions = {
	contentSecurityPolicy: {
		useDefaults: false,
		directives: {
			defaultSrc: ["'self'"],
			scriptSrc: ["'self'", "https://cdn.example.com/a%20b/"],
			objectSrc: ["'none'"],
			baseUri: ["'none'"],
			formAction: ["'self'"],
			frameAncestors: ["'none'"],
			reportUri: ["/csp-report"],
		},
	},
	permissionsPolicy: { features: { geolocation: ["self", "https://maps.example.com"], camera: [] } },
	reportingEndpoints: { csp: "https://r.example.com/csp?a=1&b=%41" },
} as never;

/** What the edge is to send for it, by names in lower case. */
export const STATIC_TEXTS: ReadonlyMap<string, string> = new Map(
	compile(createPolicy(STATIC)).blocks[3]?.headers.map(({ name, text }) => [name.toLowerCase(), text] as const),
);
