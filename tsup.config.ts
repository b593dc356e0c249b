import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { BuildOptions, Plugin } from "esbuild";
import { defineConfig } from "tsup";
import { oneChunkEach } from "./scripts/chunks.ts";

const library = {
	index: "src/index.ts",
	https: "src/https.ts",
	vendors: "src/vendors.ts",
	audit: "src/audit/index.ts",
	testing: "src/testing/index.ts",
	edge: "src/edge/index.ts",
	reports: "src/reports/index.ts",
	helmet: "src/helmet/index.ts",
	"helmet-exact": "src/helmet/exact.ts",
	devtools: "src/devtools/index.ts",
	isolation: "src/isolation/index.ts",
	frameworks: "src/frameworks/index.ts",
};
/**
 * What runs a compiled policy, without the compiler, which the engine contains. They share the state of responses with the engine as all copies of
 * the library do. The first is one file, because it is for cold starts: each further one costs some of the time that it saves.
 */
const compiled = { compiled: "src/compiled/index.ts" };
const onFetch = { fetch: "src/adapters/fetch.ts", hono: "src/adapters/hono.ts" };
/** What is on top of `headguard/compiled`, and loads it. */
const onCompiled = { fastify: "src/adapters/fastify.ts", koa: "src/adapters/koa.ts" };
/** Each command and the preload are ESM alone. Each command is a file of its own, with the libraries that it needs: the package has no dependencies. */
const withCommand = { ...library, cli: "src/cli/main.ts", "devtools-room": "src/devtools/room.ts", register: "src/register/index.ts" };
/**
 * The first keeps a policy on responses, and is all that an entry without the compiler loads of this library. The second adds the compiler. The others
 * are for entries and commands of their own rooms.
 */
const engines = [
	["src/mount.ts", "src/server/index.ts", "src/csp/incomplete.ts", "src/csp/serialize.ts", "src/core/exempt.ts", "src/core/read.ts", "src/core/request.ts"],
	[library.index, "src/core/", "src/csp/match.ts"],
	[library.reports],
	[library.edge],
	[library.audit],
	[library.helmet],
];

/** Imports a file as its text, as Vitest does with the same ending. */
const asText: Plugin = {
	name: "as-text",
	setup(build) {
		build.onResolve({ filter: /\?raw$/ }, ({ path, importer }) => ({ path: resolve(dirname(importer), path), namespace: "as-text" }));
		// The path keeps the ending, because tsup has a loader for every path that ends with .css.
		build.onLoad({ filter: /.*/, namespace: "as-text" }, ({ path }) => ({ contents: readFileSync(path.slice(0, -"?raw".length), "utf8"), loader: "text" }));
	},
};

/** What devtools loads later is there once, as ESM, which CommonJS can import. It is as large as all else that CommonJS needs. */
const roomOfEsm: Plugin = {
	name: "room-of-esm",
	setup(build) {
		build.onResolve({ filter: /^\.\/room\.ts$/ }, () => ({ path: "./devtools-room.js", external: true }));
	},
};

/** The compiled entry is a file beside these, which an application may have loaded anyway. */
const beside = (path: string): Plugin => ({
	name: "beside-compiled",
	setup(build) {
		build.onResolve({ filter: /\/compiled\/index\.ts$/ }, () => ({ path, external: true }));
	},
});

const common = {
	platform: "node",
	target: "node20",
	removeNodeProtocol: false,
	sourcemap: false,
	treeshake: { moduleSideEffects: "no-external" },
	// One PolicyError and one state table for all entries, in CJS as well.
	splitting: true,
	esbuildOptions(options: BuildOptions): void {
		// Names stay: stack traces are read by people. A shorter syntax would cost function expressions theirs.
		options.minifyWhitespace = true;
		// Node shows the line that threw.
		options.lineLimit = 200;
	},
} as const;

export default defineConfig([
	{
		...common,
		entry: withCommand,
		format: ["esm"],
		// Says which packages are in which file.
		metafile: true,
		esbuildPlugins: [asText, oneChunkEach(engines, Object.values(withCommand))],
	},
	{
		...common,
		entry: library,
		format: ["cjs"],
		esbuildPlugins: [roomOfEsm, asText, oneChunkEach(engines, Object.values(library))],
	},
	{ ...common, entry: compiled, format: ["esm", "cjs"], splitting: false },
	{ ...common, entry: onFetch, format: ["esm", "cjs"] },
	{ ...common, entry: onCompiled, format: ["esm"], splitting: false, esbuildPlugins: [beside("./compiled.js")] },
	{ ...common, entry: onCompiled, format: ["cjs"], splitting: false, esbuildPlugins: [beside("./compiled.cjs")] },
	{
		entry: { ...library, ...compiled, ...onFetch, ...onCompiled },
		// Those of the ESM files are made from these: scripts/declarations.mjs.
		format: ["cjs"],
		dts: { only: true, compilerOptions: { ignoreDeprecations: "6.0" } },
	},
]);
