/**
 * The ESM files are typed by the declarations of the CJS ones, so that each type is written, and exists, once. An entry with a default
 * export has declarations of its own: what `require` gives is another thing there (see callable.mjs).
 */
import { readFileSync, writeFileSync } from "node:fs";

const { exports } = JSON.parse(readFileSync("package.json", "utf8"));
const entries = Object.values(exports).flatMap(({ import: esm, require: cjs }) => (esm === undefined ? [] : [[esm.types, cjs.types, cjs.default]]));

for (const [esm, cjs, code] of entries) {
	const types = readFileSync(cjs, "utf8");
	writeFileSync(esm, / as default\b/.test(types) ? types : `export * from "./${code.replace("./dist/", "")}";\n`);
}
