/** The import direction: lower rooms never import higher ones. A room is a folder of src. The front door consists of the files in src. */
const layers = ["core", "csp", "templates", "headers", "policy", "response", "front", "testing", "devtools", "cli"];
const files = {
	core: "^src/core/",
	csp: "^src/csp/",
	templates: "^src/templates/",
	headers: "^src/headers/",
	policy: "^src/policy/",
	response: "^src/response/",
	front: "^src/(middleware|mount|https|vendors)\\.ts$|^src/(server|helmet|isolation|frameworks|register|compiled|adapters)/",
	testing: "^src/(testing|audit|edge|reports)/",
	devtools: "^src/devtools/",
	cli: "^src/cli/|^src/index\\.ts$",
};

/** A room can import its own files and those of lower rooms. */
const upward = layers.slice(0, -1).map((layer, i) => ({
	name: `${layer}-imports-nothing-above`,
	severity: "error",
	from: { path: files[layer] },
	// The compiled policy is described where it is used.
	to: { path: layers.slice(i + 1).map((above) => files[above]), pathNot: layer === "policy" ? "^src/response/wire\\.ts$" : "^$" },
}));

module.exports = {
	forbidden: [
		...upward,
		{
			name: "side-rooms-know-no-response",
			severity: "error",
			from: { path: "^src/(audit|testing|edge|reports)/" },
			// What vendors need is data.
			to: { path: [files.response, files.front], pathNot: "^src/vendors\\.ts$" },
		},
		{
			name: "the-way-of-a-response-knows-no-compiler",
			severity: "error",
			from: { path: "^src/(response|server|helmet)/" },
			to: { path: "^src/policy/|^src/headers/", pathNot: "^src/headers/(define|facts)\\.ts$" },
		},
		{
			name: "what-runs-a-compiled-policy-knows-no-compiler",
			severity: "error",
			from: { path: "^src/(compiled|adapters|mount)" },
			to: { path: "^src/policy/|^src/headers/|^src/middleware\\.ts$", pathNot: "^src/headers/(define|facts|weaker|tokens)\\.ts$" },
		},
		{
			name: "no-response-reads-templates",
			severity: "error",
			from: { path: "^src/", pathNot: "^src/(templates|audit|devtools|cli)/" },
			to: { path: files.templates },
		},
		{ name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
		{ name: "index-is-imported-by-nobody", severity: "error", from: { path: "^src/" }, to: { path: "^src/index\\.ts$" } },
		{
			name: "pure-rooms-know-no-node",
			comment: "These also run at the edge and in browsers.",
			severity: "error",
			from: {
				path: "^src/(core|csp|templates|headers|policy|edge|audit)/",
				pathNot: "^src/csp/index\\.ts$|^src/audit/(crawl/|index\\.ts$)",
			},
			to: { dependencyTypes: ["core"], dependencyTypesNot: ["type-only"] },
		},
		{
			name: "no-costly-namespaces",
			comment: "A static import builds a namespace, which loads undici or Web Crypto. Write process.getBuiltinModule, as src/response/node.ts does.",
			severity: "error",
			from: { path: "^src/", pathNot: "^src/cli/" },
			to: { path: "^(?:node:)?(?:http|https|http2|crypto)$", dependencyTypesNot: ["type-only"] },
		},
		{
			name: "no-runtime-dependencies",
			severity: "error",
			from: { path: "^src/", pathNot: "^src/cli/" },
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
