import { existsSync, readFileSync } from "node:fs";
import { csp, secureHeaders } from "headguard";

// What `headguard hash` found in prerendered pages.
const hashes = existsSync("hashes.json") ? JSON.parse(readFileSync("hashes.json", "utf8")) : {};

// In development, Astro sends no policy. These are its scripts for islands, as the console of the browser names them. They change with its version.
const development = {
	scriptSrc: [csp.self, "'sha256-QzWFZi+FLIx23tnm9SBU4aEgx4x8DsuASP07mfqol/c='", "'sha256-SHXg3YtOAVshUMT3f+eElYDgbV0kaujWj8DSaXSS4Vs='"],
	styleSrc: [csp.self, csp.unsafeInline],
};
const isDev = process.env.NODE_ENV === "development";

export const headers = secureHeaders({
	// Style attributes are for your own pages.
	contentSecurityPolicy: { directives: { styleSrcAttr: [csp.unsafeInline], ...(isDev ? development : {}) } },
}).extend({ contentSecurityPolicy: { directives: isDev ? {} : hashes } });
