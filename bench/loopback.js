/** The same app over a real connection: requests per second and latency, in interleaved rounds. Prints JSON. */
import { once } from "node:events";
import { createServer } from "node:http";
import { connect as connectHttp2, createServer as createHttp2 } from "node:http2";
import autocannon from "autocannon";
import { BARE, build, CANDIDATES, PAGES, STACKS } from "./candidates.js";

const ROUNDS = Number(process.env.LOOPBACK_ROUNDS ?? 5);
const SECONDS = 1;
const NAMES = ["helmet", "headguard, nonce unread", "headguard, headerBlock: false", "helmet + nonce", "headguard, nonce read"];
const HTTP2_REQUESTS = 3000;

const apps = [BARE, ...CANDIDATES.filter(({ name }) => NAMES.includes(name))];
const tables = { "HTTP/1.1, Express 5": await overHttp1(apps) };
for (const [title, candidates] of Object.entries(PAGES)) tables[`HTTP/1.1, Express 5 with EJS: ${title}`] = await overHttp1(candidates);
console.log(JSON.stringify({ ...tables, "HTTP/2, Connect": await overHttp2() }));

async function overHttp1(candidates) {
	const running = await Promise.all(candidates.map((candidate) => start(createServer(build(STACKS["Express 5"], candidate)), candidate)));
	for (let round = 0; round <= ROUNDS; round++) {
		for (const one of running) {
			const { requests, latency } = await autocannon({ url: `http://127.0.0.1:${one.port}`, connections: 20, duration: SECONDS });
			// The first round warms up.
			if (round > 0) one.readings.push([requests.average, latency.p50, latency.p99]);
		}
	}
	return finish(running);
}

/** The public path, because HTTP/2 has no block. */
async function overHttp2() {
	const running = await Promise.all(apps.map((candidate) => start(createHttp2(build(STACKS.Connect, candidate)), candidate)));
	for (let round = 0; round <= ROUNDS; round++) {
		for (const one of running) {
			const reading = await askHttp2(one.port);
			if (round > 0) one.readings.push(reading);
		}
	}
	return finish(running);
}

async function askHttp2(port) {
	const session = connectHttp2(`http://127.0.0.1:${port}`);
	const started = performance.now();
	const times = [];
	const worker = async () => {
		while (times.length < HTTP2_REQUESTS) {
			const asked = performance.now();
			const stream = session.request({ ":path": "/" });
			stream.resume();
			await once(stream, "close");
			times.push(performance.now() - asked);
		}
	};
	await Promise.all(Array.from({ length: 20 }, worker));
	const seconds = (performance.now() - started) / 1000;
	session.close();
	times.sort((a, b) => a - b);
	return [times.length / seconds, times[Math.floor(times.length * 0.5)], times[Math.floor(times.length * 0.99)]];
}

async function start(server, { name }) {
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	return { name, server, port: server.address().port, readings: [] };
}

function finish(running) {
	for (const { server } of running) server.close();
	const figure = (readings, i) => readings.map((reading) => reading[i]).sort((a, b) => a - b)[Math.floor(readings.length / 2)];
	const bare = figure(running[0].readings, 0);
	return running.map(({ name, readings }) => ({
		name,
		"requests/s to none": Number((figure(readings, 0) / bare).toFixed(2)),
		"requests/s": Math.round(figure(readings, 0)),
		"p50 ms": Number(figure(readings, 1).toFixed(2)),
		"p99 ms": Number(figure(readings, 2).toFixed(2)),
	}));
}
