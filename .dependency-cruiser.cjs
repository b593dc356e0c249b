/** The import direction of the house: lower rooms never import higher ones. */
const layers = ["core", "headers", "policy", "compile", "apply", "middleware", "helmet", "audit", "testing", "edge", "reports", "index", "cli"];
const files = {
	core: "^src/core/",
	headers: "^src/headers/",
	policy: "^src/(presets|options|settings|policy|override)\\.ts$",
	compile: "^src/compile\\.ts$",
	apply: "^src/(apply|ask|header-block|layers|seal|response|nonce|events|transport)\\.ts$",
	middleware: "^src/(middleware|locals|csp|server|server-http2|https|sources)\\.ts$|^src/adapters/",
	helmet: "^src/helmet/",
	audit: "^src/audit/",
	testing: "^src/testing/",
	edge: "^src/edge/",
	reports: "^src/reports/",
	index: "^src/index\\.ts$",
	cli: "^src/cli/",
};

/** A room may import its own and those below it. */
const upward = layers.slice(0, -1).map((layer, i) => ({
	name: `${layer}-imports-nothing-above`,
	severity: "error",
	from: { path: files[layer] },
	to: { path: layers.slice(i + 1).map((above) => files[above]) },
}));

module.exports = {
	forbidden: [
		...upward,
		{
			name: "audit-knows-no-server",
			severity: "error",
			from: { path: [files.audit, files.testing, files.edge, files.reports] },
			to: { path: [files.apply, files.middleware, files.helmet] },
		},
		{ name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
		{ name: "index-is-imported-by-nobody", severity: "error", from: { path: "^src/" }, to: { path: "^src/index\\.ts$" } },
		{
			name: "pure-rooms-know-no-node",
			comment: "These also run at the edge and in browsers.",
			severity: "error",
			from: {
				path: "^src/(core|headers)/|^src/(presets|settings|policy|override|compile)\\.ts$|^src/(audit|edge)/",
				pathNot: "^src/audit/(probe|request|domain|index)\\.ts$",
			},
			to: { dependencyTypes: ["core"], dependencyTypesNot: ["type-only"] },
		},
		{
			name: "no-runtime-dependencies",
			severity: "error",
			from: { path: "^src/", pathNot: files.cli },
			to: { path: "node_modules", dependencyTypesNot: ["type-only"] },
		},
		{ name: "every-source-file-has-a-room", severity: "error", from: { path: "^src/", pathNot: Object.values(files) }, to: {} },
	],
	options: {
		tsConfig: { fileName: "tsconfig.json" },
		tsPreCompilationDeps: true,
		doNotFollow: { path: "node_modules" },
		enhancedResolveOptions: { extensions: [".ts"] },
	},
};
