/**
 * The same apps over a real connection, each in a process of its own, so that a reading is about the server and not about the client: CPU time of
 * the server per request, and requests per second and latency, in interleaved rounds. Prints JSON.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import autocannon from "autocannon";
import { BARE, CANDIDATES, PAGES } from "./candidates.js";

const ROUNDS = Number(process.env.LOOPBACK_ROUNDS ?? 7);
const REQUESTS = 4000;
const NAMES = ["helmet", "headguard, nonce unread", "headguard, headerBlock: false", "helmet + nonce", "headguard, nonce read"];

const apps = [BARE, ...CANDIDATES.filter(({ name }) => NAMES.includes(name))];
const tables = { "HTTP/1.1, Express 5": await compare("", apps, askHttp1) };
for (const [title, candidates] of Object.entries(PAGES)) tables[`HTTP/1.1, Express 5 with EJS: ${title}`] = await compare(title, candidates, askHttp1);
tables["HTTP/2, Connect"] = await compare("http2", apps, askHttp2);
console.log(JSON.stringify(tables));

async function compare(group, candidates, ask) {
	const running = await Promise.all(candidates.map(({ name }) => start(group, name)));
	for (let round = 0; round <= ROUNDS; round++) {
		// The order turns, so that none always follows the same one.
		for (let i = 0; i < running.length; i++) {
			const one = running[(i + round) % running.length];
			const before = await cpuOf(one);
			const reading = await ask(one.port);
			const after = await cpuOf(one);
			// The first round warms up.
			if (round > 0) one.readings.push([(after - before) / REQUESTS, ...reading]);
		}
	}
	for (const { child } of running) child.kill();
	return finish(running);
}

async function askHttp1(port) {
	const { requests, duration, latency } = await autocannon({ url: `http://127.0.0.1:${port}`, connections: 20, amount: REQUESTS });
	return [requests.total / duration, latency.p50, latency.p99];
}

/** The public path, because HTTP/2 has no block. */
async function askHttp2(port) {
	const session = connectHttp2(`http://127.0.0.1:${port}`);
	const started = performance.now();
	const times = [];
	const worker = async () => {
		while (times.length < REQUESTS) {
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

async function start(group, name) {
	const child = fork("bench/loopback-server.js", [group, name]);
	const [{ port }] = await once(child, "message");
	return { name, child, port, readings: [] };
}

/** Microseconds of CPU time that the server has used. */
async function cpuOf({ child }) {
	child.send("cpu");
	const [{ cpu }] = await once(child, "message");
	return cpu;
}

function finish(running) {
	const figure = ({ readings }, i) => readings.map((reading) => reading[i]).sort((a, b) => a - b)[Math.floor(readings.length / 2)];
	const bare = running[0];
	return running.map((one) => ({
		name: one.name,
		"none's CPU to its": Number((figure(bare, 0) / figure(one, 0)).toFixed(2)),
		"CPU µs": Number(figure(one, 0).toFixed(1)),
		"requests/s to none": Number((figure(one, 1) / figure(bare, 1)).toFixed(2)),
		"requests/s": Math.round(figure(one, 1)),
		"p50 ms": Number(figure(one, 2).toFixed(2)),
		"p99 ms": Number(figure(one, 3).toFixed(2)),
	}));
}
