/**
 * Functions of the request have Express's types if they are installed. In declarations, an import that cannot be resolved is an error unless it is
 * marked. The bundler of declarations drops the mark, so this script sets it in the built files. It also removes imports without names, which the
 * bundler leaves in files that re-export such types.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

for (const name of readdirSync("dist").filter((file) => /\.d\.c?ts$/.test(file))) {
	const types = readFileSync(`dist/${name}`, "utf8");
	writeFileSync(`dist/${name}`, types.replace(/^import 'express';\n/gm, "").replace(/^(?=import .* from 'express';$)/gm, "// @ts-ignore\n"));
}
