/** The words of the headers that have one word, from strict to loose. The only copy of these lists. */
export const OPENER_TOKENS = ["same-origin", "same-origin-allow-popups", "noopener-allow-popups", "unsafe-none"] as const;
export const EMBEDDER_TOKENS = ["require-corp", "credentialless", "unsafe-none"] as const;
export const RESOURCE_TOKENS = ["same-origin", "same-site", "cross-origin"] as const;
export const ISOLATION_TOKENS = ["isolate-and-require-corp", "isolate-and-credentialless", "none"] as const;
export const FRAME_TOKENS = ["DENY", "SAMEORIGIN"] as const;
export const REFERRER_TOKENS = [
	"no-referrer",
	"same-origin",
	"strict-origin",
	"strict-origin-when-cross-origin",
	"origin",
	"origin-when-cross-origin",
	"no-referrer-when-downgrade",
	"unsafe-url",
] as const;

/** What Integrity-Policy can block. */
export const INTEGRITY_DESTINATIONS = ["script", "style"] as const;

/** In Connection-Allowlist: the origin of the response. Anything else is a URL pattern. */
export const RESPONSE_ORIGIN = "response-origin";

/** The parameters of Connection-Allowlist that say whether a way to other addresses is open. */
export const CONNECTION_SWITCHES = ["redirects", "webrtc"] as const;

/** What they say. */
export const CONNECTION_TOKENS = ["block", "allow"] as const;

/** What Clear-Site-Data can clear. */
export const CLEARED_TYPES = ["cache", "cookies", "storage", "executionContexts", "clientHints", "prefetchCache", "prerenderCache", "*"] as const;

/** These send paths to other sites, or origins over plain http. */
export const UNSAFE_REFERRER_TOKENS: readonly string[] = REFERRER_TOKENS.slice(REFERRER_TOKENS.indexOf("origin"));

/** The token that browsers use: the last one that they support. */
export function effectiveReferrerToken(value: string): string | undefined {
	const tokens = value.split(",").map((token) => token.trim().toLowerCase());
	return tokens.findLast((token) => (REFERRER_TOKENS as readonly string[]).includes(token));
}
