import { defineConfig } from "tsup";

export default defineConfig({
	entry: { index: "src/index.ts", https: "src/https.ts" },
	format: ["esm", "cjs"],
	platform: "node",
	target: "node20",
	// One PolicyError and one state table for all entries, in CJS as well.
	splitting: true,
	removeNodeProtocol: false,
	dts: { compilerOptions: { ignoreDeprecations: "6.0" } },
	clean: true,
	sourcemap: false,
	treeshake: true,
});
