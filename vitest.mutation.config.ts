import { defineConfig } from "vitest/config";

/** The suites that run on the source alone: no build, no other processes. */
export default defineConfig({
	test: {
		include: ["test/*.test.ts", "test/{csp,express,headers}/*.test.ts"],
		exclude: ["test/docs.test.ts", "test/examples.test.ts", "test/server-http2.test.ts"],
		testTimeout: 10_000,
	},
});
