/** `npm test`: what can run at once does. The type checker needs no build, and the unit tests neither. */
import { spawn } from "node:child_process";

const npm = (...args) => run("npm", ["run", "--silent", ...args]);
const vitest = (...projects) => run(process.execPath, ["node_modules/vitest/vitest.mjs", "run", ...projects.flatMap((name) => ["--project", name])]);

await Promise.all([npm("build"), npm("typecheck")]);
await vitest("unit", "process", "package");

function run(command, args) {
	return new Promise((resolve) => {
		const child = spawn(command, args, { stdio: "inherit", shell: process.platform === "win32" });
		child.on("close", (code) => (code === 0 ? resolve() : process.exit(code ?? 1)));
	});
}
