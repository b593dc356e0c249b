import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject } from "vitest";
import type { TestProject } from "vitest/node";

declare module "vitest" {
	interface ProvidedContext {
		readonly packed: { readonly tarball: string; readonly unpackedSize: number };
	}
}

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

let home = "";

/** Once for all files: packs what was built. */
export function setup({ provide }: TestProject): void {
	if (!existsSync("dist/index.js")) throw new Error("dist is missing. Run npm run build first.");
	home = mkdtempSync(join(tmpdir(), "headguard-packed-"));
	const [packed] = JSON.parse(execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", home], { encoding: "utf8" }));
	provide("packed", { tarball: join(home, packed.filename), unpackedSize: packed.unpackedSize });
}

export function teardown(): void {
	rmSync(home, { recursive: true, force: true });
}

/** Each file has a project of its own. */
export function installPacked(): Packed {
	const { tarball, unpackedSize } = inject("packed");
	const project = mkdtempSync(join(tmpdir(), "headguard-consumer-"));
	const folder = join(project, "node_modules", "headguard");
	mkdirSync(folder, { recursive: true });
	execFileSync("tar", ["-xzf", tarball, "--strip-components=1", "-C", folder]);
	writeFileSync(join(project, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
	return { project, tarball, folder, unpackedSize, remove: () => rmSync(project, { recursive: true, force: true }) };
}
