import { defineConfig } from "vitest/config";

export default defineConfig({
	test: {
		include: ["test/**/*.test.ts"],
		exclude: ["test/browser/**", "test/edge/**", "test/soak/**"],
		coverage: { include: ["src/**"], reporter: ["text-summary", "html"] },
		testTimeout: 30_000,
	},
});
