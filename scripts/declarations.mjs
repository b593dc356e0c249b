/**
 * The ESM files use the declarations of the CJS files, so that each type exists once. An entry with a default export has separate declarations,
 * because `require` returns something else there (see callable.mjs).
 */
import { readFileSync, writeFileSync } from "node:fs";

const { exports } = JSON.parse(readFileSync("package.json", "utf8"));
const entries = Object.values(exports).flatMap(({ import: esm, require: cjs }) => (esm === undefined ? [] : [[esm.types, cjs.types, cjs.default]]));

for (const [esm, cjs, code] of entries) {
	const types = readFileSync(cjs, "utf8");
	writeFileSync(esm, / as default\b/.test(types) ? types : `export * from "./${code.replace("./dist/", "")}";\n`);
}
