/**
 * A million reports through an application: memory stays flat, everything accepted is in the file, and pages are answered meanwhile.
 * Then a flood of as much as this machine sends, with the limits that everybody has.
 */
import { fork } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readStore } from "headguard/reports";

const REPORTS = 1_000_000;
/** Reports a second that are sent: what the first part states. */
const RATE = 20_000;
const FLOOD_MS = 5000;
/** Chromium sends at most so many in one request. */
const EACH = 100;
const GROWTH = 3 * 1024 * 1024;

let failures = 0;
const fail = (message) => {
	failures++;
	console.error(`soak: ${message}`);
};
const folder = mkdtempSync(join(tmpdir(), "soak-reports-"));
await million();
await flood();
rmSync(folder, { recursive: true });
console.log(failures === 0 ? "soak: reports passed" : `soak: ${failures} failures`);
process.exit(failures === 0 ? 0 : 1);

async function million() {
	const app = await start("million.jsonl", 10_000_000);
	const quiet = await latency(app, 2000);
	const heaps = [];
	const times = [];
	const began = performance.now();
	let isSending = true;
	const watching = (async () => {
		while (isSending) times.push(await timed(app));
	})();
	for (let sent = 0; sent < REPORTS; sent += EACH) {
		// In step with the clock: what is late is caught up with.
		const due = began + (sent / RATE) * 1000;
		if (due > performance.now()) await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
		await post(app, bodyOf(sent));
		if ((sent / EACH) % (REPORTS / EACH / 10) === 0) heaps.push(await get(app, "/stats"));
	}
	const seconds = (performance.now() - began) / 1000;
	isSending = false;
	await watching;
	const stats = await get(app, "/stats");
	const growth = stats.heap - heaps[2].heap;
	const { clusters, dropped, unreadable } = await readStore(app.store);
	const stored = clusters.reduce((sum, { count }) => sum + count, 0);
	const left = [...dropped.values()].reduce((sum, count) => sum + count, 0);
	const beside = percentiles(times);
	console.log(
		`soak: ${stats.received} reports at ${Math.round(REPORTS / seconds)} a second: memory ${(growth / 1024).toFixed(0)} kB more than after the first fifth, file ${statSync(app.store).size} bytes; a page takes ${show(beside)}, without reports ${show(quiet)}`,
	);
	if (stats.received !== REPORTS || stats.failed !== 0) fail(`${stats.received} received, ${stats.failed} failed`);
	if (growth > GROWTH) fail(`memory grew by ${growth} bytes`);
	if (stored + left !== REPORTS || unreadable !== 0) fail(`${stored} in the file and ${left} left out are not ${REPORTS}; ${unreadable} unreadable`);
	if (statSync(app.store).size > 16_000_000) fail("the file has outgrown its limit");
	app.process.kill();
}

async function flood() {
	const app = await start("flood.jsonl", 100);
	const quiet = await latency(app, 2000);
	let requests = 0;
	const end = performance.now() + FLOOD_MS;
	const body = bodyOf(0);
	const flooding = Promise.all(
		Array.from({ length: 16 }, async () => {
			while (performance.now() < end) {
				await post(app, body);
				requests++;
			}
		}),
	);
	const beside = await latency(app, FLOOD_MS);
	await flooding;
	const { accepted, dropped, failed } = await get(app, "/stats");
	console.log(
		`soak: flood of ${Math.round((requests * EACH) / (FLOOD_MS / 1000))} reports a second: ${accepted} accepted, ${dropped.rate} requests and reports dropped; a page takes ${show(beside)}, without the flood ${show(quiet)}`,
	);
	// A thousand at once, and a hundred in each second.
	if (accepted > 1000 + (FLOOD_MS / 1000 + 3) * 100 || failed > 0) fail(`${accepted} accepted, ${failed} failed`);
	app.process.kill();
}

/** Half of them are the same few, as from real pages; the others are made up, each another one. */
function bodyOf(from) {
	const reports = Array.from({ length: EACH }, (_, i) => {
		const n = from + i;
		const isReal = n % 2 === 0;
		return {
			type: "csp-violation",
			age: 10,
			url: "https://www.example.com/",
			user_agent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
			body: {
				documentURL: `https://www.example.com/${isReal ? `page/${n % 20}` : `made-up-${n}`}?q=${n}`,
				referrer: "",
				blockedURL: isReal ? `https://cdn-${n % 10}.example/asset.js` : `https://host-${n}.example/x/${n}.png?x=${n}`,
				effectiveDirective: isReal ? "script-src-elem" : "img-src",
				originalPolicy: "default-src 'self'; base-uri 'self'; script-src 'self' 'nonce-c2VjcmV0c2VjcmV0'; report-to default",
				disposition: "enforce",
				sourceFile: "https://www.example.com/app.js",
				lineNumber: 12,
				columnNumber: 7,
				statusCode: 200,
				sample: "",
			},
		};
	});
	return JSON.stringify(reports);
}

async function start(name, perSecond) {
	const store = join(folder, name);
	const child = fork(new URL("reports-app.js", import.meta.url), [store, String(perSecond)], { execArgv: ["--expose-gc"] });
	child.on("exit", (code) => {
		if (code !== null) fail(`the application ended with ${code}`);
	});
	const port = await new Promise((resolve) => child.once("message", resolve));
	return { process: child, port, store, agent: new Agent({ keepAlive: true }) };
}

function send({ port, agent }, options, body) {
	return new Promise((resolve, reject) => {
		const req = request({ host: "127.0.0.1", port, agent, ...options }, (res) => {
			const chunks = [];
			res.on("data", (chunk) => chunks.push(chunk));
			res.on("end", () => resolve({ status: res.statusCode, text: Buffer.concat(chunks).toString() }));
		});
		req.on("error", reject);
		req.end(body);
	});
}

async function post(app, body) {
	const { status } = await send(app, { method: "POST", path: "/_reports", headers: { "Content-Type": "application/reports+json" } }, body);
	if (status !== 204) fail(`a report was answered by ${status}`);
}

async function get(app, path) {
	return JSON.parse((await send(app, { path })).text);
}

/** Milliseconds for one page. */
async function timed(app) {
	const before = performance.now();
	const { status } = await send(app, { path: "/" });
	if (status !== 200) fail(`a page was answered by ${status}`);
	const time = performance.now() - before;
	await new Promise((resolve) => setTimeout(resolve, 5));
	return time;
}

async function latency(app, milliseconds) {
	const times = [];
	const end = performance.now() + milliseconds;
	while (performance.now() < end) times.push(await timed(app));
	return percentiles(times);
}

function percentiles(times) {
	const sorted = [...times].sort((a, b) => a - b);
	return [0.5, 0.99].map((share) => sorted[Math.floor(sorted.length * share)]);
}

function show([half, most]) {
	return `${half.toFixed(1)} ms (99 %: ${most.toFixed(1)} ms)`;
}
