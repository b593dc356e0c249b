import { randomUUID } from "node:crypto";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import react from "@vitejs/plugin-react";
import vue from "@vitejs/plugin-vue";

export default {
	plugins: [react(), vue(), svelte()],
	// Vite writes this slot wherever a nonce belongs. It is new in each build, and no browser sees it.
	html: { cspNonce: randomUUID() },
	// An app of each, so that one server tests all three.
	build: { rolldownOptions: { input: ["index.html", "vue/index.html", "svelte/index.html"] } },
};
