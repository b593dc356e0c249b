/**
 * What the middleware costs per request: nanoseconds and bytes, on a real ServerResponse, in one
 * process. Candidates take turns in short rounds, so that a machine that slows down slows all of
 * them; what counts is the ratio to helmet in the same run. A candidate's cost is its time less
 * that of the same app with a middleware that does nothing.
 */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import connect from "connect";
import express from "express";
import { csp, getNonce, secureHeaders } from "headguard";
import helmet from "helmet";

const FLAGS = ["--expose-gc", "--max-semi-space-size=128"];
const ROUNDS = Number(process.env.ROUNDS ?? 60);
const REQUESTS = 2000;

// Garbage collections between two readings would hide allocations, so this runs in a process of its own flags.
if (globalThis.gc === undefined) process.exit(spawnSync(process.execPath, [...FLAGS, fileURLToPath(import.meta.url)], { stdio: "inherit" }).status ?? 1);

/** Never connected: nothing is written, and what is not Node's own response shall not look like one. */
const SOCKET = new Socket();

/** The headers of the default policy, as one would set them by hand. */
const HAND_WRITTEN = [
	[
		"Content-Security-Policy",
		"default-src 'self'; base-uri 'self'; font-src 'self' data:; form-action 'self'; frame-ancestors 'none'; img-src 'self' data:; object-src 'none'; script-src 'self'; style-src 'self'",
	],
	["Strict-Transport-Security", "max-age=31536000; includeSubDomains"],
	["X-Content-Type-Options", "nosniff"],
	["X-Frame-Options", "DENY"],
	["Referrer-Policy", "strict-origin-when-cross-origin"],
	["Permissions-Policy", secureHeadersText("permissions-policy")],
	["Cross-Origin-Opener-Policy", "same-origin"],
	["Cross-Origin-Resource-Policy", "same-origin"],
	["Origin-Agent-Cluster", "?1"],
];

const STATIC_POLICY = { contentSecurityPolicy: { directives: { scriptSrc: [csp.self], styleSrc: [csp.self] } } };
const nonceFunction = (_req, res) => `'nonce-${res.locals.cspNonce}'`;

/** Name, the candidate whose cost is 1.00, the middlewares, and what the handler does. */
const CANDIDATES = [
	{ name: "bare", middlewares: () => [(_req, _res, next) => next()] },
	{ name: "hand-written setHeader", against: "helmet", middlewares: () => [handWritten] },
	{ name: "helmet", against: "helmet", middlewares: () => [helmet()] },
	{ name: "headguard, static policy", against: "helmet", middlewares: () => [secureHeaders(STATIC_POLICY)] },
	{ name: "headguard, headerBlock: false", against: "helmet", middlewares: () => [secureHeaders({ headerBlock: false })] },
	{ name: "headguard, nonce unread", against: "helmet", middlewares: () => [secureHeaders()] },
	{
		name: "helmet + nonce",
		against: "helmet + nonce",
		middlewares: () => [randomNonce, helmet({ contentSecurityPolicy: { directives: { scriptSrc: ["'self'", nonceFunction] } } })],
	},
	{ name: "headguard, nonce read", against: "helmet + nonce", middlewares: () => [secureHeaders()], handle: (res) => getNonce(res) },
];

const STACKS = { "Express 5": express, Connect: connect };

console.log(`Node ${process.version}, ${ROUNDS} rounds of ${REQUESTS} requests. Cost of the middleware per request; ratios to helmet in the same run.\n`);
for (const [stack, create] of Object.entries(STACKS)) print(stack, await measure(create));

async function measure(create) {
	const apps = CANDIDATES.map((candidate) => ({ ...candidate, app: build(create, candidate), ns: [], bytes: [] }));
	for (const { app } of apps) for (let i = 0; i < 5; i++) await time(app);
	for (let round = 0; round < ROUNDS; round++) {
		// Another order each round: nobody always runs on the heels of the same neighbour.
		const order = apps.map((_, i) => apps[(i + round) % apps.length]);
		for (const candidate of order) candidate.ns.push(await time(candidate.app));
		if (round % 4 === 0) for (const candidate of order) candidate.bytes.push(await allocate(candidate.app));
	}
	return apps;
}

async function time(app) {
	// What the last round left to the event loop is its own affair.
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
	const res = new ServerResponse(req);
	// Without a socket the response keeps its bytes, and they are collected with it.
	app(req, res);
}

function build(create, { middlewares, handle = () => {} }) {
	const app = create();
	for (const middleware of middlewares()) app.use(middleware);
	app.use((_req, res) => {
		handle(res);
		res.setHeader("Content-Type", "text/plain");
		res.end("ok");
	});
	return app;
}

function print(stack, apps) {
	const bare = apps[0];
	const cost = (candidate, figure) => candidate[figure].map((value, round) => value - bare[figure][round]);
	const rows = apps.slice(1).map((candidate) => {
		const own = cost(candidate, "ns");
		const rival = apps.find(({ name }) => name === candidate.against);
		const ratio = median(own) / median(cost(rival, "ns"));
		const bytes = median(cost(candidate, "bytes"));
		return {
			[stack]: candidate.name,
			"ns (median)": Math.round(median(own)),
			"ns (quartiles)": `${Math.round(quantile(own, 0.25))}–${Math.round(quantile(own, 0.75))}`,
			bytes: Math.round(bytes),
			"time ratio": ratio.toFixed(2),
			"bytes ratio": (bytes / median(cost(rival, "bytes"))).toFixed(2),
			"ratio to": candidate.against,
		};
	});
	console.log(`${stack}: ${Math.round(median(bare.ns))} ns and ${Math.round(median(bare.bytes))} bytes per request without any`);
	console.table(Object.fromEntries(rows.map(({ [stack]: name, ...row }) => [name, row])));
}

function handWritten(_req, res, next) {
	for (const [name, value] of HAND_WRITTEN) res.setHeader(name, value);
	res.removeHeader("X-Powered-By");
	next();
}

function randomNonce(_req, res, next) {
	res.locals ??= {};
	res.locals.cspNonce = randomBytes(16).toString("base64");
	next();
}

function secureHeadersText(name) {
	const res = new ServerResponse(new IncomingMessage(null));
	secureHeaders()({ headers: {} }, res);
	return String(res.getHeader(name));
}

function median(values) {
	return quantile(values, 0.5);
}

function quantile(values, share) {
	const sorted = values.toSorted((a, b) => a - b);
	return sorted[Math.floor((sorted.length - 1) * share)];
}
