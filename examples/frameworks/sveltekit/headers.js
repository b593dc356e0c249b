import { existsSync, readFileSync } from "node:fs";
import { csp, secureHeaders } from "headguard";

// What `headguard hash` found in prerendered pages.
const hashes = existsSync("hashes.json") ? JSON.parse(readFileSync("hashes.json", "utf8")) : {};

// In development, Vite adds styles to the page.
const development = { styleSrc: [csp.self, csp.unsafeInline] };
const isDev = process.env.NODE_ENV === "development";

export const headers = secureHeaders({
	// src/app.html has a style attribute, and SvelteKit adds one for screen readers.
	contentSecurityPolicy: { directives: { styleSrcAttr: [csp.unsafeInline], ...(isDev ? development : {}) } },
}).extend({ contentSecurityPolicy: { directives: isDev ? {} : hashes } });
