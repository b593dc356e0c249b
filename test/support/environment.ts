import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";

/** The Node of this process, or a newer one for an app whose `engines` want more. */
export function environmentOf(folder: string): NodeJS.ProcessEnv {
	const { engines } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { readonly engines?: { readonly node?: string } };
	const wanted = Number(/\d+/.exec(engines?.node ?? "")?.[0] ?? 0);
	if (Number.parseInt(process.versions.node, 10) >= wanted) return process.env;
	const version = "24.21.0";
	const name = `node-${process.platform}-${process.arch}`;
	const home = join(tmpdir(), "headguard-frameworks", `node-${version}`);
	if (!existsSync(home)) {
		// Test files run at the same time: none may see a half of it.
		const temporary = mkdtempSync(join(tmpdir(), "headguard-node-"));
		execFileSync("npm", ["install", "--silent", "--no-save", "--prefix", temporary, `${name}@${version}`]);
		mkdirSync(dirname(home), { recursive: true });
		if (existsSync(home)) rmSync(temporary, { recursive: true });
		else renameSync(temporary, home);
	}
	return { ...process.env, PATH: `${join(home, "node_modules", name, "bin")}${delimiter}${process.env["PATH"]}` };
}
