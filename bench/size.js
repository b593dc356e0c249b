/** What the import of the root entry costs: milliseconds in a fresh process, and bytes as one minified file. Prints JSON. */
import { execFileSync } from "node:child_process";
import { gzipSync } from "node:zlib";
import { buildSync } from "esbuild";

const ENTRIES = { helmet: "node_modules/helmet/index.mjs", headguard: "dist/index.js" };
const RUNS = 15;

const times = Object.fromEntries(Object.keys(ENTRIES).map((name) => [name, []]));
for (let i = 0; i < RUNS; i++) for (const [name, file] of Object.entries(ENTRIES)) times[name].push(importTime(file));

const rows = Object.entries(ENTRIES).map(([name, file]) => {
	const { contents } = buildSync({ entryPoints: [file], bundle: true, minify: true, platform: "node", format: "esm", write: false }).outputFiles[0];
	const ms = times[name].sort((a, b) => a - b)[Math.floor(RUNS / 2)];
	return {
		name,
		"import ms": Number(ms.toFixed(1)),
		"minified kB": Number((contents.length / 1000).toFixed(1)),
		"gzip kB": Number((gzipSync(contents).length / 1000).toFixed(1)),
	};
});
console.log(JSON.stringify({ "Root entry": rows }));

/** After the modules of Node that every server has loaded. */
function importTime(file) {
	const code = `import "node:http"; import "node:crypto"; const start = performance.now(); await import(${JSON.stringify(new URL(`../${file}`, import.meta.url).href)}); console.log(performance.now() - start);`;
	return Number(execFileSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8" }));
}
