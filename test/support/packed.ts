import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The packed tarball, installed as a user has it: in a project of its own. */
export interface Packed {
	readonly project: string;
	readonly tarball: string;
	/** What was unpacked. */
	readonly folder: string;
	/** Bytes of all files together. */
	readonly unpackedSize: number;
	remove(): void;
}

export function installPacked(): Packed {
	if (!existsSync("dist/index.js")) throw new Error("dist is missing. Run npm run build first.");
	const project = mkdtempSync(join(tmpdir(), "headguard-consumer-"));
	const folder = join(project, "node_modules", "headguard");
	const [packed] = JSON.parse(execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", project], { encoding: "utf8" }));
	const tarball = join(project, packed.filename);
	mkdirSync(folder, { recursive: true });
	execFileSync("tar", ["-xzf", tarball, "--strip-components=1", "-C", folder]);
	writeFileSync(join(project, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
	return { project, tarball, folder, unpackedSize: packed.unpackedSize, remove: () => rmSync(project, { recursive: true, force: true }) };
}
