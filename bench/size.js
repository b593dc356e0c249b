/** The bytes that an application ships when it bundles an entry: one minified file. Prints JSON. */
import { gzipSync } from "node:zlib";
import { buildSync } from "esbuild";

const ENTRIES = {
	helmet: "node_modules/helmet/index.mjs",
	headguard: "dist/index.js",
	"headguard/helmet": "dist/helmet.js",
	"headguard/compiled": "dist/compiled.js",
	"headguard/fetch": "dist/fetch.js",
	"headguard/hono": "dist/hono.js",
	"headguard/fastify": "dist/fastify.js",
	"headguard/koa": "dist/koa.js",
};

const rows = Object.entries(ENTRIES).map(([name, file]) => {
	const { contents } = buildSync({ entryPoints: [file], bundle: true, minify: true, platform: "node", format: "esm", write: false }).outputFiles[0];
	return { name, "minified kB": Number((contents.length / 1000).toFixed(1)), "gzip kB": Number((gzipSync(contents).length / 1000).toFixed(1)) };
});
console.log(JSON.stringify({ "Bundled entries": rows }));
