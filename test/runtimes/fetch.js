/**
 * headguard/fetch and headguard/hono with a compiled policy, on the server of the runtime that runs this: Bun, Deno, or Node with
 * @hono/node-server. With the path of a workerd binary, it starts that instead.
 */
import { isDeepStrictEqual } from "node:util";
import { COMPLETED, FULL } from "./expected.js";
import { serveApp } from "./fetch-server.js";
import { askAt } from "./wire.js";

const ROWS = [
	["a page", { path: "/page" }],
	["HEAD", { path: "/page", method: "HEAD" }],
	["json", { path: "/json" }],
	["404", { path: "/missing" }, { status: 404 }],
	["an error", { path: "/error" }, { status: 500, "Cache-Control": "no-store" }, "/hono"],
	["a redirect, whose headers cannot be changed", { path: "/redirect" }, { status: 302 }],
	["304", { path: "/304" }, { status: 304, "Content-Security-Policy": undefined }],
	["an own value, a locked header and X-Powered-By", { path: "/own" }, { "X-Frame-Options": "SAMEORIGIN" }],
	["the bare policy of a framework", { path: "/bare" }, { "Content-Security-Policy": COMPLETED }],
	["a stream", { path: "/stream" }],
];

const { name, port, close } = await serveApp(process.argv[2]);
let failed = 0;
let passed = 0;
for (const adapter of ["/fetch", "/hono"]) {
	for (const [title, { path, method }, { status = 200, ...own } = {}, only = adapter] of ROWS) {
		if (only !== adapter) continue;
		const answer = await askAt(port, { method, path: adapter + path });
		const expected = { ...FULL, "X-Powered-By": undefined, "Cache-Control": undefined, ...own };
		check(`${adapter}: ${title}`, [answer.status, linesOf(answer, expected)], [status, expected]);
	}
	const seen = new Set();
	for (let i = 0; i < 3; i++) {
		const answer = await askAt(port, { path: `${adapter}/nonce` });
		const nonce = /[\w-]{22}/.exec(answer.body)?.[0];
		seen.add(nonce);
		const csp = FULL["Content-Security-Policy"].replace(/(?<=(?:script|style)-src 'self')/g, ` 'nonce-${nonce}'`);
		const expected = { ...FULL, "Content-Security-Policy": csp, "Cache-Control": "private" };
		check(`${adapter}: the nonce is in the policy`, linesOf(answer, expected), expected);
	}
	check(`${adapter}: each response has a nonce of its own`, seen.size, 3);
}
const bare = await askAt(port, { path: "/none/page" });
check(
	"without an adapter there is nothing (control)",
	[bare.status, linesOf(bare, FULL)],
	[200, Object.fromEntries(Object.keys(FULL).map((key) => [key, undefined]))],
);
console.log(`${name}, fetch and hono: ${passed} passed, ${failed} failed`);
await close();
process.exit(failed === 0 ? 0 : 1);

/** A header of one line as its text. One of several lines as a list, which is never expected. */
function linesOf(answer, expected) {
	return Object.fromEntries(
		Object.keys(expected).map((header) => {
			const lines = answer.get(header);
			return [header, lines.length < 2 ? lines[0] : lines];
		}),
	);
}

function check(row, received, expected) {
	if (isDeepStrictEqual(received, expected)) {
		passed++;
		return;
	}
	failed++;
	console.log(`FAILED ${row}\n       expected ${JSON.stringify(expected)}\n       received ${JSON.stringify(received)}`);
}
