import { execFile } from "node:child_process";
import { availableParallelism } from "node:os";
import { promisify } from "node:util";

/** One thread, and the same order of everything, so that two counts differ by what was run. */
const NODE = [process.execPath, "--predictable", "--predictable-gc-schedule", "--hash-seed=1", "--random-seed=1"];

/** One process for each core. More of them would only take turns. */
const waiting = [];
let free = availableParallelism();

/** Instructions of a process of Node with these arguments. Other load on the machine does not affect them. */
export async function instructionsOf(...args) {
	if (free === 0) await new Promise((resolve) => waiting.push(resolve));
	else free--;
	try {
		return await counted(args);
	} finally {
		const next = waiting.shift();
		if (next === undefined) free++;
		else next();
	}
}

async function counted(args) {
	const tool = ["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", "--smc-check=all-non-file"];
	const { stderr } = await promisify(execFile)("valgrind", [...tool, ...NODE, ...args.map(String)]);
	const found = /I\s+refs:\s+([\d,]+)/.exec(stderr)?.[1];
	if (found === undefined) throw new Error(`valgrind counted nothing: ${stderr.slice(-300)}`);
	return Number(found.replaceAll(",", ""));
}
