/**
 * Counts instructions per request with valgrind, which other load on the machine does not affect. With a name and a count, it runs that many
 * requests. Without them, it counts the difference of two runs for each candidate. Prints JSON.
 */
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { BARE, build, CANDIDATES, STACKS } from "./candidates.js";
import { instructionsOf } from "./valgrind.js";

const SCRIPT = fileURLToPath(import.meta.url);
const FEW = 10_000;
const MANY = 20_000;
const NAMES = ["helmet", "headguard, nonce unread", "headguard, headerBlock: false", "headguard/helmet"].concat([
	"helmet + nonce",
	"headguard, nonce read",
	"headguard/helmet + nonce",
]);
const candidates = [BARE, ...CANDIDATES.filter(({ name }) => NAMES.includes(name))];

const [name, count] = process.argv.slice(2);
if (name === undefined) await compare();
else
	await run(
		build(
			STACKS.Connect,
			candidates.find((candidate) => candidate.name === name),
		),
		Number(count),
	);

async function run(app, requests) {
	const socket = new Socket();
	for (let i = 0; i < requests; i++) {
		const req = Object.assign(new IncomingMessage(socket), { method: "GET", url: "/", headers: { host: "app.example" } });
		app(req, new ServerResponse(req));
		if (i % 5000 === 0) await setImmediate();
	}
}

async function compare() {
	const [bare, ...counts] = await Promise.all(
		candidates.map(async ({ name }) => ((await instructionsOf(SCRIPT, name, MANY)) - (await instructionsOf(SCRIPT, name, FEW))) / (MANY - FEW)),
	);
	const rows = candidates.slice(1).map(({ name, against }, i) => {
		const rival = counts[candidates.findIndex((candidate) => candidate.name === against) - 1] - bare;
		return { name, instructions: Math.round(counts[i] - bare), against, ratio: Number(((counts[i] - bare) / rival).toFixed(2)) };
	});
	console.log(JSON.stringify({ "Instructions per request on Connect": rows }));
}
