/** Generates THIRD-PARTY-LICENSES.txt: the licenses of the packages that the command bundles. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export function licensesPage(dist: string): string {
	const code = readdirSync(dist)
		.filter((file) => /\.c?js$/.test(file))
		.map((file) => readFileSync(join(dist, file), "utf8"))
		.join("\n");
	const names = new Set([...code.matchAll(/^\/\/ node_modules\/((?:@[^/\s]+\/)?[^/\s]+)\//gm)].map(([, name = ""]) => name));
	const sections = [...names].sort().map((name) => `${name}\n\n${licenseOf(name).trim()}\n`);
	return `Code of these packages is part of dist (the command line tool; no module that an application imports has any).\n\n${sections.join(`\n${"-".repeat(80)}\n\n`)}`;
}

function licenseOf(name: string): string {
	const folder = join("node_modules", name);
	const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
	if (file === undefined) throw new Error(`${name} has no licence file`);
	return readFileSync(join(folder, file), "utf8");
}

if (process.argv[1]?.endsWith("licenses.ts")) writeFileSync("THIRD-PARTY-LICENSES.txt", licensesPage("dist"));
