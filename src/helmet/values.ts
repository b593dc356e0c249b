import type {
	CrossOriginEmbedderPolicyOptions,
	CrossOriginOpenerPolicyOptions,
	CrossOriginResourcePolicyOptions,
	ReferrerPolicyOptions,
	StrictTransportSecurityOptions,
	XFrameOptionsOptions,
	XPermittedCrossDomainPoliciesOptions,
} from "./types.ts";

/** Options of one header → its value. Throws helmet's own error. */

const EMBEDDER_POLICIES: ReadonlySet<string> = new Set(["require-corp", "credentialless", "unsafe-none"]);

export function embedderPolicy({ policy = "require-corp" }: CrossOriginEmbedderPolicyOptions): string {
	return oneOf(EMBEDDER_POLICIES, policy, "Cross-Origin-Embedder-Policy");
}

const OPENER_POLICIES: ReadonlySet<string> = new Set(["same-origin", "same-origin-allow-popups", "noopener-allow-popups", "unsafe-none"]);

export function openerPolicy({ policy = "same-origin" }: CrossOriginOpenerPolicyOptions): string {
	return oneOf(OPENER_POLICIES, policy, "Cross-Origin-Opener-Policy");
}

const RESOURCE_POLICIES: ReadonlySet<string> = new Set(["same-origin", "same-site", "cross-origin"]);

export function resourcePolicy({ policy = "same-origin" }: CrossOriginResourcePolicyOptions): string {
	return oneOf(RESOURCE_POLICIES, policy, "Cross-Origin-Resource-Policy");
}

function oneOf(policies: ReadonlySet<string>, policy: string, header: string): string {
	if (!policies.has(policy)) throw new Error(`${header} does not support the ${JSON.stringify(policy)} policy`);
	return policy;
}

const REFERRER_TOKENS: ReadonlySet<string> = new Set([
	"no-referrer",
	"no-referrer-when-downgrade",
	"same-origin",
	"origin",
	"strict-origin",
	"origin-when-cross-origin",
	"strict-origin-when-cross-origin",
	"unsafe-url",
	"",
]);

export function referrerTokens({ policy = ["no-referrer"] }: ReferrerPolicyOptions): string {
	const tokens = typeof policy === "string" ? [policy] : policy;
	if (tokens.length === 0) throw new Error("Referrer-Policy received no policy tokens");
	const seen = new Set<string>();
	tokens.forEach((token) => {
		if (!REFERRER_TOKENS.has(token)) throw new Error(`Referrer-Policy received an unexpected policy token ${JSON.stringify(token)}`);
		if (seen.has(token)) throw new Error(`Referrer-Policy received a duplicate policy token ${JSON.stringify(token)}`);
		seen.add(token);
	});
	return tokens.join(",");
}

const YEAR = 31_536_000;

export function transportSecurity(options: StrictTransportSecurityOptions): string {
	if ("maxage" in options) throw new Error("Strict-Transport-Security received an unsupported property, `maxage`. Did you mean to pass `maxAge`?");
	if ("includeSubdomains" in options)
		throw new Error(
			'Strict-Transport-Security middleware should use `includeSubDomains` instead of `includeSubdomains`. (The correct one has an uppercase "D".)',
		);
	const { maxAge = YEAR, includeSubDomains = true, preload } = options;
	if (!(maxAge >= 0 && Number.isFinite(maxAge)))
		throw new Error(`Strict-Transport-Security: ${JSON.stringify(maxAge)} is not a valid value for maxAge. Please choose a positive integer.`);
	return `max-age=${Math.floor(maxAge)}${includeSubDomains ? "; includeSubDomains" : ""}${preload ? "; preload" : ""}`;
}

export function frameOptions({ action = "sameorigin" }: XFrameOptionsOptions): string {
	const value: unknown = typeof action === "string" ? action.toUpperCase() : action;
	if (value === "SAME-ORIGIN") return "SAMEORIGIN";
	if (value === "DENY" || value === "SAMEORIGIN") return value;
	throw new Error(`X-Frame-Options received an invalid action ${JSON.stringify(action)}`);
}

const PERMITTED_POLICIES: ReadonlySet<string> = new Set(["none", "master-only", "by-content-type", "all"]);

export function permittedPolicies({ permittedPolicies: policy = "none" }: XPermittedCrossDomainPoliciesOptions): string {
	if (!PERMITTED_POLICIES.has(policy)) throw new Error(`X-Permitted-Cross-Domain-Policies does not support ${JSON.stringify(policy)}`);
	return policy;
}
