/** Generates THIRD-PARTY-LICENSES.txt, the licenses of what the command bundles, and sbom.cdx.json, the list of it. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundledIn, dataIn } from "./bundled.ts";
import { sbom } from "./sbom.ts";

export function licensesPage(dist: string): string {
	const packages = bundledIn(dist);
	const sections = [
		...packages.map(({ name, license }) => `${name} (${license})\n\n${licenseOf(name).trim()}\n`),
		...dataIn(packages).map(({ name, from, license, notice }) => `${name}, in ${from} (${license})\n\n${notice}\n`),
	];
	return `Code and data of these packages are part of dist (the command line tool; no module that an application imports has any).\n\n${sections.join(`\n${"-".repeat(80)}\n\n`)}`;
}

function licenseOf(name: string): string {
	const folder = join("node_modules", name);
	const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
	if (file === undefined) throw new Error(`${name} has no licence file`);
	return readFileSync(join(folder, file), "utf8");
}

if (process.argv[1]?.endsWith("licenses.ts")) {
	writeFileSync("THIRD-PARTY-LICENSES.txt", licensesPage("dist"));
	writeFileSync("sbom.cdx.json", sbom("dist"));
}
