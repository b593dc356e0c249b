/**
 * Measures the CPU time that each adapter costs per request, beside its sibling on the same framework, in one process. `--instructions` counts instructions with
 * valgrind instead. With a group, a name and a count, it runs that many requests. Prints JSON.
 */
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { GROUPS } from "./adapters.js";
import { instructionsOf } from "./valgrind.js";

const ROUNDS = Number(process.env.ROUNDS ?? 60);
/** Frameworks answer after promises, so as many requests are under way together. */
const AT_ONCE = 50;
const REQUESTS = 1000;
/** The compiler of V8 has done its work by then. */
const FEW = 6000;
const MANY = 12_000;
const SOCKET = new Socket();

const [first, name, count] = process.argv.slice(2);
if (count !== undefined) await requests(await started(GROUPS[first].find((candidate) => candidate.name === name)), Number(count));
else console.log(JSON.stringify(await tables(first === "--instructions" ? counted : timed)));

async function tables(measure) {
	const made = {};
	for (const [group, candidates] of Object.entries(GROUPS))
		made[measure === counted ? `Instructions per request, ${group}` : group] = await measure(candidates, group);
	return made;
}

async function timed(candidates) {
	const apps = await Promise.all(candidates.map(started));
	for (const app of apps) await requests(app, 5 * REQUESTS);
	const runs = apps.map(() => []);
	for (let round = 0; round < ROUNDS; round++) {
		// The order changes each round, so that no candidate always runs after the same one.
		for (const i of apps.map((_, at) => (at + round) % apps.length)) {
			const start = process.cpuUsage();
			await requests(apps[i], REQUESTS);
			const { user, system } = process.cpuUsage(start);
			runs[i].push(((user + system) * 1000) / REQUESTS);
		}
	}
	const costs = runs.map((own) => median(own.map((ns, round) => ns - runs[0][round])));
	return rowsOf(candidates, costs, "CPU ns");
}

async function counted(candidates, group) {
	const script = fileURLToPath(import.meta.url);
	const counts = await Promise.all(
		candidates.map(async ({ name }) => {
			const [few, many] = await Promise.all([FEW, MANY].map((count) => instructionsOf(script, group, name, count)));
			return (many - few) / (MANY - FEW);
		}),
	);
	return rowsOf(
		candidates,
		counts.map((own) => own - counts[0]),
		"instructions",
	);
}

function rowsOf(candidates, costs, unit) {
	return candidates.slice(1).map(({ name, against }, i) => {
		const rival = costs[candidates.findIndex((candidate) => candidate.name === against)];
		return { name, [unit]: Math.round(costs[i + 1]), ratio: Number((costs[i + 1] / rival).toFixed(2)), "ratio to": against };
	});
}

async function started({ create, isFetch }) {
	const answer = await create();
	return isFetch ? onFetch(answer) : onNode(answer);
}

function onNode(listener) {
	return () => {
		const fields = { method: "GET", url: "/", headers: { host: "app.example" }, rawHeaders: ["Host", "app.example"] };
		const req = Object.assign(new IncomingMessage(SOCKET), fields);
		const res = new ServerResponse(req);
		listener(req, res);
		return () => res.headersSent;
	};
}

function onFetch(fetch) {
	return () => {
		let isDone = false;
		Promise.resolve(fetch(new Request("http://app.example/"))).then((response) => {
			isDone = response.status === 200;
		});
		return () => isDone;
	};
}

async function requests(app, count) {
	for (let i = 0; i < count; i += AT_ONCE) {
		const answered = Array.from({ length: AT_ONCE }, app);
		// All promises of a framework settle before the next turn of the event loop.
		await setImmediate();
		if (!answered.every((isAnswered) => isAnswered())) throw new Error("a request was not answered");
	}
}

function median(values) {
	return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
}
