import node from "@astrojs/node";
import preact from "@astrojs/preact";
import { defineConfig, passthroughImageService } from "astro/config";
import { headers } from "./headers.js";

export default defineConfig({
	output: "server",
	adapter: node({ mode: "middleware" }),
	// It writes an inline script without a hash.
	devToolbar: { enabled: false },
	image: { service: passthroughImageService() },
	// Files instead of inline code, which a navigation by ClientRouter would add.
	build: { inlineStylesheets: "never" },
	vite: { build: { assetsInlineLimit: 0 } },
	security: {
		csp: {
			// Astro writes script-src and style-src, with its hashes. Headguard adds all other directives of the policy.
			styleDirective: { resources: [{ resource: "'unsafe-inline'", kind: "attribute" }] },
		},
	},
	integrations: [
		preact(),
		// For `astro dev`, whose server is Connect. First, because Vite answers preflights.
		{ name: "headers", hooks: { "astro:server:setup": ({ server }) => void server.middlewares.stack.unshift({ route: "", handle: headers }) } },
	],
});
