import { readFileSync } from "node:fs";
import { type Bundled, bundledIn, dataIn } from "./bundled.ts";

/** The software bill of materials, in CycloneDX 1.6. It has no date and no serial number, so that the same build gives the same file. */
export function sbom(dist: string): string {
	const { name, version, license, description } = JSON.parse(readFileSync("package.json", "utf8"));
	const packages = bundledIn(dist);
	const data = dataIn(packages);
	const root = purl(name, version);
	const bill = {
		$schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
		bomFormat: "CycloneDX",
		specVersion: "1.6",
		version: 1,
		metadata: { component: { type: "library", "bom-ref": root, name, version, description, licenses: licensed(license), purl: root } },
		components: [
			...packages.map(component),
			...data.map((one) => ({
				type: "data",
				"bom-ref": one.source,
				name: one.name,
				licenses: licensed(one.license),
				externalReferences: [{ type: "distribution", url: one.source }],
			})),
		],
		dependencies: [
			{ ref: root, dependsOn: packages.map((one) => purl(one.name, one.version)) },
			...packages.map((one) => ({
				ref: purl(one.name, one.version),
				dependsOn: [...needed(one, packages), ...data.filter(({ from }) => from === one.name).map(({ source }) => source)],
			})),
			...data.map(({ source }) => ({ ref: source })),
		],
	};
	return `${JSON.stringify(bill)}\n`;
}

function component({ name, version, license, integrity }: Bundled): object {
	const [group, short] = name.startsWith("@") ? name.split("/") : [undefined, name];
	return {
		type: "library",
		"bom-ref": purl(name, version),
		...(group === undefined ? {} : { group }),
		name: short,
		version,
		hashes: [{ alg: "SHA-512", content: Buffer.from(integrity.replace("sha512-", ""), "base64").toString("hex") }],
		licenses: licensed(license),
		purl: purl(name, version),
	};
}

/** The packages in dist that a package depends on. */
function needed({ name }: Bundled, packages: readonly Bundled[]): readonly string[] {
	const { packages: locked } = JSON.parse(readFileSync("package-lock.json", "utf8"));
	const names = Object.keys(locked[`node_modules/${name}`].dependencies ?? {});
	return packages.filter((one) => names.includes(one.name)).map((one) => purl(one.name, one.version));
}

function licensed(id: string): readonly object[] {
	return [{ license: { id } }];
}

function purl(name: string, version: string): string {
	return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}
