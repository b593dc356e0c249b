/**
 * `require("headguard/helmet")` returns helmet itself, as `require("helmet")` does. A bundler writes an object with a property `default` instead,
 * and types to match. This script corrects both in the built files.
 */
import { readFileSync, writeFileSync } from "node:fs";

for (const name of ["helmet", "helmet-exact"]) {
	edit(`dist/${name}.cjs`, (code) => `${code}\nmodule.exports = Object.assign(exports.default, { default: exports.default });\n`);
	edit(`dist/${name}.d.cts`, (types) => {
		const lists = [...types.matchAll(/^export \{ (.*) \}(?: from '.*')?;$/gm)].map(([, list]) => list);
		if (lists.length !== 2) throw new Error(`dist/${name}.d.cts has ${lists.length} lists of exports`);
		// Exports from another file are imported first, under the same names.
		const [fromElsewhere, own] = lists;
		const names = [...fromElsewhere.split(", ").map((entry) => entry.split(" as ").at(-1)), ...own.split(", ")];
		return types
			.replace(/^export (?=\{.* from)/m, "import ")
			.replace(/^declare const helmet: Helmet;$/m, "declare function helmet(...options: Parameters<Helmet>): ReturnType<Helmet>;")
			.replace(/^export \{.*\};$/m, `declare namespace helmet {\n\texport { ${names.join(", ")} };\n}\n\nexport = helmet;`);
	});
}

function edit(file, change) {
	writeFileSync(file, change(readFileSync(file, "utf8")));
}
