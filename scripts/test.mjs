/** `npm test` runs steps in parallel where possible. The type checker needs no build. */
import { spawn } from "node:child_process";

const npm = (...args) => run("npm", ["run", "--silent", ...args]);
const vitest = (...projects) => run(process.execPath, ["node_modules/vitest/vitest.mjs", "run", ...projects.flatMap((name) => ["--project", name])]);

const codes = await Promise.all([npm("build"), npm("typecheck")]);
process.exitCode = codes.find((code) => code !== 0) ?? (await vitest("unit", "alone", "process", "package"));

function run(command, args) {
	return new Promise((resolve) => {
		spawn(command, args, { stdio: "inherit", shell: process.platform === "win32" }).on("close", (code) => resolve(code ?? 1));
	});
}
