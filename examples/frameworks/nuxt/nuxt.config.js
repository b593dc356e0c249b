import { fromNodeMiddleware } from "h3";
import { nonceHeader } from "headguard/frameworks";
import { headers } from "./headers.js";

export default defineNuxtConfig({
	compatibilityDate: "2026-11-01",
	devtools: { enabled: false },
	routeRules: { "/static": { prerender: true } },
	nitro: {
		preset: "node-listener",
		// For `nuxt dev`.
		devHandlers: [{ handler: fromNodeMiddleware(headers) }, { handler: fromNodeMiddleware(nonceHeader("x-nonce")) }],
	},
});
