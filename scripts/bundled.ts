import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A package whose code is part of dist. */
export interface Bundled {
	readonly name: string;
	readonly version: string;
	/** Its SPDX identifier. */
	readonly license: string;
	/** As the lock file writes it: the algorithm and the hash in Base64. */
	readonly integrity: string;
}

/** Data that a package contains and that has another license. */
export interface BundledData {
	readonly name: string;
	readonly from: string;
	readonly license: string;
	readonly source: string;
	readonly notice: string;
}

const DATA: readonly BundledData[] = [
	{
		name: "Public Suffix List",
		from: "tldts",
		license: "MPL-2.0",
		source: "https://publicsuffix.org/list/public_suffix_list.dat",
		notice:
			"Its Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. You can obtain a copy of the license at\nhttps://mozilla.org/MPL/2.0/, and the list at https://publicsuffix.org/list/public_suffix_list.dat.\ndist contains it in another form: as tables for the search.",
	},
];

/** Reads which packages are in dist from the lines that the build adds, and what they are from the lock file. */
export function bundledIn(dist: string): readonly Bundled[] {
	const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8"));
	const code = readdirSync(dist)
		.filter((file) => /\.c?js$/.test(file))
		.map((file) => readFileSync(join(dist, file), "utf8"))
		.join("\n");
	const names = new Set([...code.matchAll(/^\/\/ node_modules\/((?:@[^/\s]+\/)?[^/\s]+)\//gm)].map(([, name = ""]) => name));
	return [...names].sort().map((name) => {
		const { version, license, integrity } = packages[`node_modules/${name}`] ?? {};
		if (version === undefined || license === undefined || integrity === undefined) throw new Error(`the lock file does not say enough of ${name}`);
		return { name, version, license, integrity };
	});
}

export function dataIn(packages: readonly Bundled[]): readonly BundledData[] {
	return DATA.filter(({ from }) => packages.some(({ name }) => name === from));
}
