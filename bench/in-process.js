/**
 * Measures what a middleware costs per request: nanoseconds and bytes, on a genuine ServerResponse, in one process. Candidates take turns in short
 * rounds, so that a machine that slows down slows all of them. Compare the ratios to helmet in the same run. The cost of a candidate is its time
 * minus that of the same app with a middleware that does nothing. Prints JSON. Run it with --expose-gc --max-semi-space-size=128, because a
 * collection between two readings would hide allocations.
 */
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { BARE, build, CANDIDATES, GROWTH, STACKS } from "./candidates.js";

const ROUNDS = Number(process.env.ROUNDS ?? 60);
const REQUESTS = 2000;

/** Never connected, so nothing is written. It is a real Socket, because headguard treats mocks in another way. */
const SOCKET = new Socket();

const tables = {};
for (const [stack, create] of Object.entries(STACKS)) tables[stack] = await measure(create, CANDIDATES);
tables["Growth on Connect"] = await measure(STACKS.Connect, GROWTH);
console.log(JSON.stringify(tables));

async function measure(create, candidates) {
	const apps = [BARE, ...candidates].map((candidate) => ({ ...candidate, app: build(create, candidate), ns: [], bytes: [] }));
	for (const { app } of apps) for (let i = 0; i < 5; i++) await time(app);
	for (let round = 0; round < ROUNDS; round++) {
		// The order changes each round, so that no candidate always runs after the same one.
		const order = apps.map((_, i) => apps[(i + round) % apps.length]);
		for (const candidate of order) candidate.ns.push(await time(candidate.app));
		if (round % 4 === 0) for (const candidate of order) candidate.bytes.push(await allocate(candidate.app));
	}
	return rows(apps);
}

async function time(app) {
	// The event loop must finish the work of the last round first.
	await setImmediate();
	const start = process.hrtime.bigint();
	for (let i = 0; i < REQUESTS; i++) request(app);
	return Number(process.hrtime.bigint() - start) / REQUESTS;
}

async function allocate(app) {
	await setImmediate();
	globalThis.gc();
	const before = process.memoryUsage().heapUsed;
	for (let i = 0; i < 200; i++) request(app);
	return (process.memoryUsage().heapUsed - before) / 200;
}

function request(app) {
	const req = new IncomingMessage(SOCKET);
	req.method = "GET";
	req.url = "/";
	req.headers = { host: "app.example" };
	// Without a connection, the response keeps its bytes until it is collected.
	app(req, new ServerResponse(req));
}

function rows([bare, ...apps]) {
	const cost = (candidate, figure) => candidate[figure].map((value, round) => value - bare[figure][round]);
	return apps.map((candidate) => {
		const own = cost(candidate, "ns");
		const bytes = median(cost(candidate, "bytes"));
		const row = {
			name: candidate.name,
			ns: Math.round(median(own)),
			quartiles: [0.25, 0.75].map((part) => Math.round(quantile(own, part))),
			bytes: Math.round(bytes),
		};
		const rival = apps.find(({ name }) => name === candidate.against);
		if (rival === undefined) return row;
		const ratio = (a, b) => Number((a / b).toFixed(2));
		return { ...row, against: rival.name, time: ratio(median(own), median(cost(rival, "ns"))), memory: ratio(bytes, median(cost(rival, "bytes"))) };
	});
}

function median(values) {
	return quantile(values, 0.5);
}

function quantile(values, part) {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.floor((sorted.length - 1) * part)];
}
