/**
 * Fails if a request or the start of a process costs more than its limit, in units that noise does not affect: bytes allocated and, with valgrind,
 * instructions, as ratios to helmet or to the framework's own middleware in the same run. The limits are generous. RESULTS.md has the figures.
 * `--quick` leaves out adapters and starts, which take minutes.
 */
import { execFileSync, spawnSync } from "node:child_process";

const BYTES = {
	"headguard/helmet": 0.6,
	"headguard/helmet + nonce": 1,
	"headguard, static policy": 0.5,
	"headguard, nonce unread": 0.5,
	"headguard, nonce read": 0.5,
	"headguard, headerBlock: false": 1.4,
};
const INSTRUCTIONS = {
	"headguard/helmet": 0.5,
	"headguard/helmet + nonce": 0.9,
	"headguard, nonce unread": 0.3,
	"headguard, nonce read": 0.35,
	"headguard, headerBlock: false": 1.8,
};
/** Of each adapter on a framework. On the fetch API, both pay for each `Headers.set`. */
const ADAPTERS = { Koa: 0.5, Fastify: 0.5, "Hono on fetch": 2, "Hono on node:http": 0.5 };
const STARTS = { headguard: 15.5, "headguard/helmet": 6.5, "headguard/compiled": 6.5 };

let failures = 0;
const ask = (args) => JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8", env: { ...process.env, ROUNDS: "12" } }));
const tables = ask(["--expose-gc", "--max-semi-space-size=128", "bench/in-process.js"]);
for (const [stack, rows] of Object.entries(tables)) for (const { name, memory } of rows) check(`${stack}: bytes`, name, memory, BYTES[name]);
if (spawnSync("valgrind", ["--version"]).status === 0) {
	for (const { name, ratio } of Object.values(ask(["bench/instructions.js"]))[0]) check("instructions", name, ratio, INSTRUCTIONS[name]);
	if (!process.argv.includes("--quick")) slow();
} else console.log("valgrind is not here: instructions are not counted");
process.exitCode = failures === 0 ? 0 : 1;

function slow() {
	for (const [group, rows] of Object.entries(ask(["bench/adapter-cost.js", "--instructions"])))
		for (const row of rows.filter(({ name }) => name.startsWith("headguard")))
			check(group, row.name, row.ratio, ADAPTERS[group.replace("Instructions per request, ", "")], row["ratio to"]);
	for (const [group, rows] of Object.entries(ask(["bench/start-up.js", "--instructions"])))
		for (const row of rows) check(group, row.name, row["to helmet"], STARTS[row.name]);
}

function check(what, name, ratio, bound, rival = "helmet") {
	if (bound === undefined || ratio === undefined) return;
	const holds = ratio <= bound;
	if (!holds) failures++;
	console.log(`${holds ? "ok  " : "FAIL"} ${what}, ${name}: ${ratio} of ${rival}, at most ${bound}`);
}
