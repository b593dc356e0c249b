import adapter from "@sveltejs/adapter-node";
import { sveltekit } from "@sveltejs/kit/vite";
import { defineConfig } from "vite";

export default defineConfig({
	plugins: [
		sveltekit({
			adapter: adapter(),
			// SvelteKit adds its nonce here. Headguard adds all other directives of the policy.
			csp: { directives: { "script-src": ["self"] } },
		}),
	],
});
