/**
 * Many requests, flat memory: in one process and over loopback, with nonces, errors, aborted and hostile
 * requests among them. `SOAK=short` is the form that every change runs; the counts are below.
 */
import { randomBytes } from "node:crypto";
import { createServer, IncomingMessage, ServerResponse } from "node:http";
import { connect, Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import express from "express";
import * as headguard from "headguard";
import { makeProgram, randomOf, runProgram } from "./programs.js";

const { getNonce, PolicyError, protectServer, secureHeaders } = headguard;
const SHORT = process.env.SOAK === "short";
const IN_PROCESS = SHORT ? 100_000 : 1_000_000;
const LOOPBACK = SHORT ? 10_000 : 100_000;
const OPTIONS = SHORT ? 20_000 : 200_000;
const PROGRAMS = SHORT ? 10_000 : 100_000;
/** What the heap may grow by: compiled code and caches once, and no object for each round. */
const GROWTH_IN_ALL = 2 * 1024 * 1024;
const GROWTH_PER_ROUND = 4;

if (globalThis.gc === undefined) throw new Error("Run with --expose-gc: npm run test:soak.");

let failures = 0;
process.on("uncaughtException", (error) => fail(`uncaught ${error.stack}`));
process.on("unhandledRejection", (error) => fail(`unhandled ${error}`));

await inProcess();
await overLoopback();
await hostileOptions();
samePrograms();
console.log(failures === 0 ? "soak: passed" : `soak: ${failures} failures`);
process.exit(failures === 0 ? 0 : 1);

/** Each program on Express and without a framework, with headers in a block and one by one. */
function samePrograms() {
	const [inBlock, oneByOne] = ["auto", false].map((headerBlock) => ({
		headguard,
		headers: secureHeaders({ headerBlock }),
		second: secureHeaders({ headerBlock, xFrameOptions: "SAMEORIGIN", crossOriginEmbedderPolicy: true }),
	}));
	for (let seed = 1; seed <= PROGRAMS; seed++) {
		for (const stack of ["bare", "express"]) {
			const program = makeProgram(randomOf(seed * 7919));
			if (runProgram(program, { ...inBlock, stack }) !== runProgram(program, { ...oneByOne, stack }))
				fail(`program ${seed} on ${stack}: ${JSON.stringify(program)}`);
		}
	}
	console.log(`programs: ${2 * PROGRAMS} with the same answer in a block and one by one`);
}

/** Real responses without sockets, through Express: pages, nonces, overrides, 404, errors, wipes. */
async function inProcess() {
	const app = express();
	app.set("env", "test");
	app.use(secureHeaders());
	app.get("/page", (_req, res) => res.send(`<script nonce="${res.locals.cspNonce}">`));
	app.get("/wipe", (_req, res) => {
		for (const name of res.getHeaderNames()) res.removeHeader(name);
		res.end();
	});
	app.get("/locals", (_req, res) => {
		res.locals = { user: "x" };
		res.end(res.locals.cspNonce);
	});
	app.get("/throw", () => {
		throw new Error("x");
	});
	app.use(secureHeaders.errorHandler());
	app.use((_error, _req, res, _next) => res.status(500).end());
	const paths = ["/page", "/wipe", "/locals", "/throw", "/none", "/page"];
	const send = (i) => {
		// Never connected, but genuine: headers go into a block.
		const req = Object.assign(new IncomingMessage(new Socket()), { method: "GET", url: paths[i % paths.length], headers: { host: "app.example" } });
		app(req, new ServerResponse(req));
	};
	await measure("in process", IN_PROCESS, async (i) => {
		send(i);
		if (i % 500 === 0) await setImmediate();
	});
}

/** Pipelined requests on many connections; some are cut off, some are no HTTP at all. */
async function overLoopback() {
	const headers = secureHeaders();
	const nonces = new Set();
	let shared = 0;
	const server = protectServer(
		createServer((req, res) => {
			if (req.url !== "/early") headers(req, res);
			if (req.url === "/nonce") {
				const nonce = getNonce(res);
				if (nonces.has(nonce)) shared++;
				nonces.add(nonce);
				if (nonces.size > 1000) nonces.clear();
				setTimeout(() => res.end(nonce), Math.random() * 2);
			} else {
				res.end("x");
			}
		}),
		headers,
	);
	await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address();
	const batch = 20;
	const get = (path) => `GET ${path} HTTP/1.1\r\nHost: app.example\r\n\r\n`;
	await measure("over loopback", LOOPBACK / batch, async (i) => {
		const kind = i % 10;
		const bytes = kind === 0 ? randomBytes(200) : kind === 1 ? `${get("/early").repeat(3)}nonsense\r\n\r\n` : (get("/nonce") + get("/x")).repeat(batch / 2);
		await new Promise((resolve) => {
			const socket = connect(port, "127.0.0.1");
			let text = "";
			const done = () => {
				socket.destroy();
				resolve();
			};
			socket.on("error", done).on("close", done);
			socket.setTimeout(2000, done);
			socket.on("data", (chunk) => {
				text += chunk.toString("latin1");
				const answers = text.split("HTTP/1.1 ").length - 1;
				if (kind === 2 && answers > 3) done();
				if (answers < batch || !text.endsWith("x")) return;
				if (text.split("X-Frame-Options: DENY").length - 1 !== answers) fail("an answer without the policy");
				done();
			});
			socket.write(bytes);
		});
	});
	if (shared > 0) fail(`${shared} nonces were given twice`);
	server.close();
	server.closeAllConnections();
}

/** Options that no type checker has seen: a policy or a PolicyError, nothing else. */
async function hostileOptions() {
	const words = [
		"'self'",
		"self",
		"*",
		"",
		"a b",
		"a;b",
		"\n",
		"ü",
		null,
		undefined,
		5,
		{},
		[],
		true,
		false,
		() => "x",
		Symbol("x"),
		new Map(),
		Promise.resolve(),
		"x".repeat(1000),
	];
	const keys = [
		"contentSecurityPolicy",
		"strictTransportSecurity",
		"permissionsPolicy",
		"referrerPolicy",
		"reportingEndpoints",
		"nel",
		"reportTo",
		"removeHeaders",
		"lock",
		"vary",
		"secure",
		"__proto__",
		"directives",
	];
	const inner = ["directives", "features", "maxAge", "policy", "reportTo", "useDefaults", "scriptSrc", "imgSrc", "camera", "x"];
	const pick = (list) => list[Math.floor(Math.random() * list.length)];
	const value = (depth) => {
		const kind = Math.random();
		if (depth > 3 || kind < 0.4) return pick(words);
		if (kind < 0.6) return [value(depth + 1), value(depth + 1)];
		return { [pick(inner)]: value(depth + 1), [pick(inner)]: value(depth + 1) };
	};
	let refused = 0;
	await measure("hostile options", OPTIONS, async (i) => {
		try {
			secureHeaders({ [pick(keys)]: value(0), [pick(keys)]: value(0) });
		} catch (error) {
			refused++;
			if (!(error instanceof PolicyError)) fail(`not a PolicyError: ${error.stack}`);
		}
		if (i % 500 === 0) await setImmediate();
	});
	if (refused === 0 || refused === OPTIONS) fail("the option objects are all alike");
}

/** Runs `count` rounds, of which the first fifth warms up, and compares the heap before and after the rest. */
async function measure(title, count, run) {
	const warm = Math.floor(count / 5);
	for (let i = 0; i < warm; i++) await run(i);
	const before = await heap();
	for (let i = warm; i < count; i++) await run(i);
	const growth = ((await heap()) - before) / (count - warm);
	console.log(`soak: ${title}: ${count} rounds, heap growth ${growth.toFixed(2)} bytes per round`);
	if (growth * (count - warm) > GROWTH_IN_ALL && growth > GROWTH_PER_ROUND) fail(`${title}: the heap grew by ${growth.toFixed(1)} bytes per round`);
}

async function heap() {
	for (let i = 0; i < 4; i++) {
		await setImmediate();
		globalThis.gc();
	}
	return process.memoryUsage().heapUsed;
}

function fail(message) {
	failures++;
	if (failures < 10) console.error(`soak: ${message}`);
}
