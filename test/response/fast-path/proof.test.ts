import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

const dist = join(import.meta.dirname, "../../../dist");

/** Runs in a process of its own: what is learnt there holds for the whole of it. */
async function run(script: string): Promise<unknown> {
	const { stdout } = await promisify(execFile)(process.execPath, [
		"--input-type=module",
		"--eval",
		`${PRELUDE}\n${script}\nconsole.log(JSON.stringify({ events, answers }));`,
	]);
	return JSON.parse(stdout);
}

const PRELUDE = `
import { createRequire } from "node:module";
import { createServer, OutgoingMessage, ServerResponse } from "node:http";
import { once } from "node:events";
const require = createRequire(${JSON.stringify(`${dist}/`)});
const events = [], answers = [];
const onEvent = ({ code }) => code !== "content-type/missing" && events.push(code);
/** What each of three requests gets, one after the other. */
async function ask(headers, handle) {
	const server = createServer((req, res) => { headers(req, res); handle(res); }).listen(0);
	await once(server, "listening");
	for (let i = 0; i < 3; i++) answers.push((await fetch("http://localhost:" + server.address().port)).headers.get("x-frame-options"));
	server.close();
}
`;

describe("a head that is written without the block where it was expected", () => {
	test("is one event, and from then on headers are set one by one", async () => {
		const seen = await run(`
			const { secureHeaders } = await import(${JSON.stringify(join(dist, "index.js"))});
			await ask(secureHeaders({ onEvent }), (res) => { res._storeHeader = OutgoingMessage.prototype._storeHeader; res.end("x"); });
		`);
		expect(seen).toEqual({ events: ["attach/bypassed"], answers: [null, "DENY", "DENY"] });
	});

	test("also where writeHead is not the one that was wrapped", async () => {
		const seen = await run(`
			const native = ServerResponse.prototype.writeHead;
			const { secureHeaders } = await import(${JSON.stringify(join(dist, "index.js"))});
			await ask(secureHeaders({ onEvent }), (res) => {
				res._storeHeader = OutgoingMessage.prototype._storeHeader;
				native.call(res, 200);
				res.end("x");
			});
		`);
		expect(seen).toEqual({ events: ["attach/bypassed"], answers: [null, "DENY", "DENY"] });
	});

	test("(control) a response like any other proves the block, in both copies of the library", async () => {
		const seen = await run(`
			const { secureHeaders } = await import(${JSON.stringify(join(dist, "index.js"))});
			const copy = require("./index.cjs");
			await ask(secureHeaders({ onEvent }), (res) => res.end("x"));
			await ask(copy.secureHeaders({ onEvent }), (res) => res.end("x"));
		`);
		expect(seen).toEqual({ events: [], answers: Array(6).fill("DENY") });
	});

	test("an event that writes another response is no mistake", async () => {
		const seen = await run(`
			const { secureHeaders } = await import(${JSON.stringify(join(dist, "index.js"))});
			let other;
			const headers = secureHeaders({ onEvent(event) { onEvent(event); other?.end("y"); } });
			await ask(headers, (res) => { other = new ServerResponse(res.req); headers(res.req, other); res.setHeader("X-Frame-Options", "SAMEORIGIN"); res.end("x"); });
		`);
		expect(seen).toEqual({ events: Array(3).fill("override/weaker"), answers: Array(3).fill("SAMEORIGIN") });
	});
});

test("another runtime starts on the public path", async () => {
	const seen = await run(`
		const before = ServerResponse.prototype.getHeader;
		Object.defineProperty(process.versions, "bun", { value: "1.4.5" });
		const { secureHeaders } = await import(${JSON.stringify(join(dist, "index.js"))});
		await ask(secureHeaders({ onEvent }), (res) => res.end("x"));
		answers.push(ServerResponse.prototype.getHeader === before);
	`);
	expect(seen).toEqual({ events: [], answers: ["DENY", "DENY", "DENY", true] });
});
