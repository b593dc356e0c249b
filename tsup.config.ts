import { defineConfig } from "tsup";

const common = {
	platform: "node",
	target: "node20",
	removeNodeProtocol: false,
	sourcemap: false,
	treeshake: true,
} as const;

export default defineConfig([
	{
		...common,
		entry: {
			index: "src/index.ts",
			https: "src/https.ts",
			vendors: "src/vendors.ts",
			audit: "src/audit/index.ts",
			testing: "src/testing/index.ts",
			edge: "src/edge/index.ts",
			reports: "src/reports/index.ts",
			helmet: "src/helmet/index.ts",
			"helmet-exact": "src/helmet/exact.ts",
		},
		format: ["esm", "cjs"],
		// One PolicyError and one state table for all entries, in CJS as well.
		splitting: true,
		dts: { compilerOptions: { ignoreDeprecations: "6.0" } },
	},
	{
		...common,
		entry: { cli: "src/cli/main.ts" },
		format: ["esm"],
		// Each command in a file of its own, with the libraries that it needs: the package has no dependencies.
		splitting: true,
		outExtension: () => ({ js: ".js" }),
	},
]);
