/**
 * The types of functions of the request are Express's where those are installed. In declarations an import that cannot be resolved
 * is an error unless it is marked, and the bundler of declarations drops the mark; so it is set in the built files. Imports of nothing,
 * which the bundler leaves in files that re-export such types, are taken out.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

for (const name of readdirSync("dist").filter((file) => /\.d\.c?ts$/.test(file))) {
	const types = readFileSync(`dist/${name}`, "utf8");
	writeFileSync(`dist/${name}`, types.replace(/^import 'express';\n/gm, "").replace(/^(?=import .* from 'express';$)/gm, "// @ts-ignore\n"));
}
