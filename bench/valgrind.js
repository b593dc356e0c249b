import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Instructions of a process, which other load on the machine does not affect. */
export async function instructionsOf(script, ...args) {
	const tool = ["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", "--smc-check=all-non-file"];
	const { stderr } = await promisify(execFile)("valgrind", [...tool, process.execPath, "--single-threaded", script, ...args.map(String)]);
	const found = /I\s+refs:\s+([\d,]+)/.exec(stderr)?.[1];
	if (found === undefined) throw new Error(`valgrind counted nothing: ${stderr.slice(-300)}`);
	return Number(found.replaceAll(",", ""));
}
