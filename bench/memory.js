/**
 * Measures what policies weigh in a process: 1, 100 and 10,000 of them, as an application has that keeps one for each tenant. Each figure is from a
 * fresh process. With a kind, a count and a file, it makes that many and answers a request with each. Prints JSON.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const COUNTS = [1, 100, 10_000];
const KINDS = {
	/** Each is parsed on its own, so that no two share a text. */
	"headguard/compiled": async (file) => {
		const { securedBy } = await import("headguard/compiled");
		const json = readFileSync(file, "utf8");
		return () => securedBy(JSON.parse(json));
	},
	headguard: async () => {
		const { secureHeaders } = await import("headguard");
		return (i) => secureHeaders({ contentSecurityPolicy: { directives: { imgSrc: ["'self'", `https://tenant${i}.example`] } } });
	},
};

const [kind, count, file] = process.argv.slice(2);
if (kind === undefined) compare();
else await weigh(await KINDS[kind](file), Number(count));

function compare() {
	const folder = mkdtempSync(join(tmpdir(), "headguard-memory-"));
	const of = (name) => join(folder, name);
	const tenant = '{ contentSecurityPolicy: { directives: { imgSrc: ["\'self\'", "https://tenant1.example"] } } }';
	writeFileSync(of("headers.mjs"), `export const options = ${tenant};`);
	execFileSync(process.execPath, [resolve("dist/cli.js"), "compile", "headers.mjs", "--out", "compiled.mjs"], { cwd: folder, stdio: "ignore" });
	const print = `import compiled from ${JSON.stringify(of("compiled.mjs"))}; console.log(JSON.stringify(compiled));`;
	writeFileSync(of("compiled.json"), execFileSync(process.execPath, ["--input-type=module", "-e", print]));
	const measure = (name, many) => {
		const args = ["--expose-gc", fileURLToPath(import.meta.url), name, String(many), of("compiled.json")];
		return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" }));
	};
	const rows = Object.keys(KINDS).flatMap((name) => COUNTS.map((many) => ({ name, policies: many, ...measure(name, many) })));
	rmSync(folder, { recursive: true });
	console.log(JSON.stringify({ "Memory of policies": rows }));
}

async function weigh(make, many) {
	const before = heap();
	const kept = Array.from({ length: many }, (_, i) => make(i));
	const made = heap();
	const socket = new Socket();
	for (const headers of kept) {
		const req = Object.assign(new IncomingMessage(socket), { method: "GET", url: "/", headers: { host: "app.example" } });
		const res = new ServerResponse(req);
		headers(req, res, () => res.end("ok"));
	}
	const answered = heap();
	const kB = (bytes) => Number((bytes / 1000).toFixed(1));
	const rss = Math.round(process.memoryUsage().rss / 1e6);
	console.log(
		JSON.stringify({
			"kB of heap": kB(made - before),
			"kB each": kB((made - before) / many),
			"kB each, after a response": kB((answered - before) / many),
			"MB of the process": rss,
		}),
	);
	if (kept.length !== many) throw new Error("the policies were collected");
}

function heap() {
	globalThis.gc();
	globalThis.gc();
	return process.memoryUsage().heapUsed;
}
