/**
 * Random programs of what an application does to a response, run with headers written as a block and without:
 * whatever the program, the two answers must be the same.
 */
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import express from "express";

const NAMES = ["Content-Type", "X-Own", "Set-Cookie", "Vary", "Cache-Control", "Content-Security-Policy", "x-frame-options", "X-Powered-By"].concat([
	"Strict-Transport-Security",
	"Cross-Origin-Opener-Policy",
	"X-Content-Type-Options",
	"ETag",
	"Transfer-Encoding",
	"Connection",
	"x-own",
	"X-OWN",
	"set-cookie",
	"content-security-policy",
	"STRICT-TRANSPORT-SECURITY",
	"Content-Length",
	"content-length",
]);
const VALUES = [
	"a",
	"",
	"DENY",
	"same-origin",
	"default-src 'none'",
	["a", "b"],
	["a", "a"],
	"max-age=0",
	"private",
	"public",
	5,
	"chunked",
	"close",
	"bad\nvalue",
	" ",
	["", "b"],
	"img-src 'self'",
];
const STATUSES = [200, 201, 204, 301, 304, 304, 404, 500, 999, 99, "x"];

/** A small generator of random numbers with a seed: a failure can be run again. */
export function randomOf(seed) {
	let state = seed >>> 0 || 1;
	return (below) => {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		return (state >>> 0) % below;
	};
}

export function makeProgram(random) {
	const one = (list) => list[random(list.length)];
	const fields = () => Array.from({ length: random(3) }, () => [one(NAMES), one(VALUES)]);
	const head = () => {
		const form = random(7);
		const status = one(STATUSES);
		if (form === 0) return [status];
		if (form === 1) return [status, "Reason"];
		if (form === 2) return [status, Object.fromEntries(fields())];
		if (form === 3) return [status, "Reason", Object.fromEntries(fields())];
		if (form === 4) return [status, fields().flat()];
		if (form === 5) return [status, fields()];
		return [status, undefined, Object.fromEntries(fields())];
	};
	const steps = [
		() => ["setHeader", one(NAMES), one(VALUES)],
		() => ["setHeader", one(NAMES), one(VALUES)],
		() => ["appendHeader", one(NAMES), one(VALUES)],
		() => ["removeHeader", one(NAMES)],
		() => ["wipe"],
		() => ["old", one([null, {}, { "X-Own": "1" }, { "x-frame-options": "DENY" }])],
		() => ["getHeader", "Content-Security-Policy"],
		() => ["nonce"],
		() => ["locals"],
		() => ["statusCode", one(STATUSES)],
		() => ["writeHead", ...head()],
		() => ["write", "chunk"],
		() => ["flushHeaders"],
		() => ["again"],
		() => ["override"],
		() => ["throw"],
	];
	return Array.from({ length: random(8) }, () => one(steps)());
}

/** What comes of it, as text: the answer's first line, its header lines by name, its body, and what was thrown. */
export function runProgram(program, { headguard, headers, second, stack }) {
	const socket = new Socket();
	const req = new IncomingMessage(socket);
	Object.assign(req, { method: "GET", url: "/", httpVersionMajor: 1, httpVersionMinor: 1, headers: { host: "app.example" } });
	const res = new ServerResponse(req);
	const said = [];
	const act = (req, res) => {
		for (const step of program) {
			try {
				// Node keeps the arrays that it is given, and appends to them.
				perform(structuredClone(step), req, res, headguard, second, said);
			} catch (error) {
				if (error.message === "thrown") throw error;
				said.push(`${step[0]}: ${error.code ?? error.message}`);
			}
		}
		res.end("end");
	};
	try {
		run(stack, headers, act)(req, res);
	} catch (error) {
		said.push(`out: ${error.message}`);
		if (!res.headersSent) res.statusCode = 500;
		res.end();
	}
	return outcome(res, said);
}

const apps = new Map();
let current;

/** Express takes its time to be made; one app serves all programs of one middleware. */
function run(stack, headers, act) {
	if (stack === "bare") {
		return (req, res) => {
			headers(req, res);
			act(req, res);
		};
	}
	current = act;
	if (!apps.has(headers)) {
		const app = express();
		app.set("env", "test");
		app.use(headers, (req, res) => current(req, res));
		apps.set(headers, app);
	}
	return apps.get(headers);
}

function perform([name, ...args], req, res, { getNonce }, second, said) {
	if (name === "wipe") for (const one of res.getHeaderNames()) res.removeHeader(one);
	else if (name === "old") {
		// The accessor of old applications, gone in Node 24.
		if ("_headers" in res) res._headers = args[0];
	} else if (name === "nonce") getNonce(res);
	else if (name === "locals") said.push(String(res.locals?.cspNonce).length);
	else if (name === "statusCode") res.statusCode = args[0];
	else if (name === "again") second(req, res, () => {});
	else if (name === "override") second.override(res, { contentSecurityPolicy: { directives: { imgSrc: ["https://img.example"] } } });
	else if (name === "throw") throw new Error("thrown");
	else if (name === "getHeader") said.push(String(res.getHeader(args[0])).replace(/'nonce-[\w-]{22}'/g, "N"));
	else res[name](...args);
}

function outcome(res, said) {
	const bytes = res.outputData.map(({ data }) => String(data)).join("");
	const [head = "", ...body] = (bytes === "" ? String(res._header) : bytes).split("\r\n\r\n");
	const [first, ...lines] = head.split("\r\n");
	const sorted = lines.filter((line) => !line.startsWith("Date:")).sort();
	return [first, ...sorted, "", body.join("\r\n\r\n"), ...said, `keep-alive ${res.shouldKeepAlive}`].join("\n").replace(/'nonce-[\w-]{22}'/g, "N");
}
