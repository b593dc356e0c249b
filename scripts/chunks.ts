import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { buildSync, type Metafile, type Plugin } from "esbuild";

/**
 * Puts the modules that entries share into one file. esbuild makes a chunk for each set of entries that reach a module, which were nine for the
 * root alone. Here, an entry that reaches one module of an engine reaches all of them, so that the engine is one chunk.
 *
 * @param engines in order, each a list of modules or folders. An engine contains what these load, except what an earlier one contains.
 */
export function oneChunkEach(engines: readonly (readonly string[])[], entries: readonly string[]): Plugin {
	const { inputs } = buildSync({
		entryPoints: [...entries],
		bundle: true,
		splitting: true,
		platform: "node",
		format: "esm",
		outdir: "dist",
		// Texts have no modules.
		external: ["*?raw"],
		metafile: true,
		write: false,
	}).metafile;
	const loadedLater = Object.values(inputs).flatMap(({ imports }) => imports.filter(({ kind }) => kind === "dynamic-import").map(({ path }) => path));
	const starts = new Set([...entries, ...loadedLater]);
	const taken = new Set<string>();
	const chunks = engines.map((parts) => {
		const roots = Object.keys(inputs).filter((path) => parts.some((part) => path === part || (part.endsWith("/") && path.startsWith(part))));
		const modules = roots.flatMap((root) => [...reached(inputs, root)]).filter((path) => !taken.has(path));
		for (const path of modules) taken.add(path);
		return new Set(modules);
	});
	return {
		name: "one-chunk-each",
		setup(build) {
			build.initialOptions.logOverride = { ...build.initialOptions.logOverride, "ignored-bare-import": "silent" };
			build.onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
				const start = relative(process.cwd(), path);
				if (!starts.has(start)) return undefined;
				const own = reached(inputs, start);
				const modules = chunks.filter((chunk) => [...own].some((module) => chunk.has(module))).flatMap((chunk) => [...chunk]);
				const imports = modules.filter((module) => module !== start).map((module) => `import ${JSON.stringify(`${process.cwd()}/${module}`)};`);
				return { contents: `${readFileSync(path, "utf8")}\n${imports.join("\n")}\n`, loader: "ts" };
			});
		},
	};
}

/** The modules that are loaded with a module, including itself, and not those that it loads later. */
function reached(inputs: Metafile["inputs"], path: string, seen: Set<string> = new Set()): Set<string> {
	if (seen.has(path) || inputs[path] === undefined) return seen;
	seen.add(path);
	for (const { path: next, kind } of inputs[path].imports) if (kind === "import-statement") reached(inputs, next, seen);
	return seen;
}
