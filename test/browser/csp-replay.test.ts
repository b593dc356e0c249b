import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import engines from "../../scripts/engines.json" with { type: "json" };
import type { DirectiveName } from "../../src/csp/directives.ts";
import type { CspModel } from "../../src/csp/model.ts";
import { parse } from "../../src/csp/serialize.ts";
import { type ReportRecord, recordsOf } from "../../src/reports/record.ts";
import { hashOf, isReported } from "../../src/reports/suggest/replay.ts";
import { ENGINES, type Window } from "../support/engines.ts";
import type { Engine } from "../support/inline-code.ts";
import { type Names, serveNames } from "../support/names.ts";

/** A page that does what pages do, some of it from another host. A policy that only reports lets all of it happen. */
const PAGE = (other: string): string => `<!doctype html><meta charset="utf-8"><title>page</title>
<script>
	window.seen = [];
	document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI, sample, documentURI, disposition }) =>
		seen.push({ "effective-directive": effectiveDirective, "blocked-uri": blockedURI, "script-sample": sample, "document-uri": documentURI, disposition }));
</script>
<script>inline = 1</script>
<style>p { color: red }</style>
<link rel="stylesheet" href="/self.css"><link rel="stylesheet" href="${other}/dir/other.css">
<script src="/self.js"></script><script src="${other}/dir/other.js"></script>
<img src="/self.png"><img src="${other}/dir/other.png"><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">
<video src="${other}/other.webm"></video>
<iframe src="/frame"></iframe><iframe src="${other}/frame"></iframe>
<object data="${other}/object.svg" type="image/svg+xml"></object>
<p style="color: blue" onclick="handler()">text
<script>
	try { eval("1"); } catch {}
	try { new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])); } catch {}
	fetch("/self.json").catch(() => {});
	fetch("${other}/dir/other.json", { mode: "no-cors" }).catch(() => {});
	new Worker(URL.createObjectURL(new Blob(["1"], { type: "text/javascript" })));
	new Worker("/worker.js");
	new FontFace("x", "url(${other}/x.woff2)").load().catch(() => {});
	new FontFace("y", "url(data:font/woff2;base64,AA==)").load().catch(() => {});
	const late = document.createElement("script");
	late.src = "${other}/dir/late.js";
	document.body.append(late);
</script>`;

let names: Names;
let server: Server;
let port = 0;
let policy = "";
beforeAll(async () => {
	server = createServer((req, res) => {
		if (req.url !== "/") {
			res.setHeader("Content-Type", /\.js/.test(req.url ?? "") ? "text/javascript" : /\.css/.test(req.url ?? "") ? "text/css" : "text/html");
			return res.end();
		}
		res.setHeader("Content-Type", "text/html");
		res.setHeader("Content-Security-Policy-Report-Only", policy);
		return res.end(PAGE(`http://b.example:${port}`));
	}).listen(0, "127.0.0.1");
	await new Promise((resolve) => server.once("listening", resolve));
	port = (server.address() as AddressInfo).port;
	names = await serveNames({ [`app.example:${port}`]: port, [`b.example:${port}`]: port });
});
afterAll(() => {
	names.close();
	server.close();
});

/** What an engine reports of the page under a policy. */
async function reportsUnder(window: Window, text: string): Promise<readonly ReportRecord[]> {
	policy = text;
	await window.open(`http://app.example:${port}/`);
	await wait(150);
	const seen = JSON.parse(await window.read<string>("JSON.stringify(window.seen)")) as readonly object[];
	return seen.flatMap((report) => recordsOf({ "csp-report": report }, { most: 1, samples: true, unsaid: "enforce" }));
}

const nameOf = ({ directive, blocked, sample = "" }: ReportRecord): string => [directive, blocked, sample].join(" ");

/** The same numbers in each run. */
function randomOf(seed: number): (below: number) => number {
	let state = seed;
	return (below) => {
		state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
		return Math.floor((state / 2_147_483_648) * below);
	};
}

const DIRECTIVES = ["default-src", "script-src", "script-src-elem", "script-src-attr", "style-src", "style-src-elem", "style-src-attr"].concat([
	"img-src",
	"font-src",
	"media-src",
	"connect-src",
	"object-src",
	"frame-src",
	"child-src",
	"worker-src",
]);
const HASHES = [hashOf("inline = 1"), "'nonce-abc'", "'strict-dynamic'", "'unsafe-hashes'"];

/** Chromium takes all of them. The others show what is theirs in fewer, because each page costs them more. */
const SOME = 24;

const FALLBACKS: Readonly<Partial<Record<Engine, readonly string[]>>> = engines.csp.samplesAskedByFallback;
const STARS: Readonly<Partial<Record<Engine, Readonly<Record<string, readonly string[]>>>>> = engines.csp.starAlsoAllows;

/** Reports everything, with samples. */
const everythingIn = (engine: Engine): string => ["default-src", ...(FALLBACKS[engine] ?? [])].map((name) => `${name} 'none' 'report-sample'`).join("; ");

/** The replay answers for the strictest engine. */
function isLetInByStar(engine: Engine, { directive, blocked }: ReportRecord, model: CspModel): boolean {
	return STARS[engine]?.[directive]?.includes(`${blocked}:`) === true && model.get(directive as DirectiveName)?.includes("*") === true;
}

describe.each(ENGINES)("in $name", ({ name: engine, start }) => {
	let window: Window;
	beforeAll(async () => {
		window = await start(names);
	});
	afterAll(() => window?.close());

	test("what the replay says would be reported is what the engine reports", { timeout: 300_000 }, async () => {
		const everything = await reportsUnder(window, everythingIn(engine));
		const names = new Set(everything.map(nameOf));
		expect(names.size).toBeGreaterThan(engine === "WebKit" ? 20 : 22);
		const other = `http://b.example:${port}`;
		const sources = [
			"'self'",
			"'none'",
			"*",
			"data:",
			"blob:",
			"http:",
			other,
			`${other}/dir/`,
			"b.example:*",
			"'unsafe-inline'",
			"'unsafe-eval'",
			"'wasm-unsafe-eval'",
		];
		const policies = [
			"script-src 'self' 'unsafe-inline'",
			`default-src 'self' ${other}`,
			`script-src 'strict-dynamic' 'nonce-abc' ${other} 'self'; img-src *`,
			`script-src 'unsafe-inline' ${HASHES[0]}`,
			"style-src 'unsafe-inline' 'nonce-abc'; style-src-attr 'unsafe-inline'",
			"script-src 'none'; script-src-elem *; script-src-attr 'unsafe-inline'; child-src blob:",
			"img-src; default-src *",
			"connect-src 'none'",
		];
		const random = randomOf(42);
		const pick = (list: readonly string[]): string => list[random(list.length)] as string;
		for (let i = 0; i < 60; i++) {
			const parts = Array.from({ length: 1 + random(4) }, () => {
				const words = Array.from({ length: 1 + random(3) }, () => (random(8) === 0 ? pick(HASHES) : pick(sources)));
				return `${pick(DIRECTIVES)} ${words.join(" ")}`;
			});
			policies.push(parts.join("; "));
		}
		const differences: string[] = [];
		let [reported, silent] = [0, 0];
		for (const text of engine === "Chromium" ? policies : policies.slice(0, SOME)) {
			// Samples are asked for where they may stand, so that what is inline can be told apart.
			const sampled = text.replace(/((?:default|script|style)-src(?:-elem|-attr)?)(?= |;|$)/g, "$1 'report-sample'");
			const model = parse(sampled);
			const seen = new Set((await reportsUnder(window, sampled)).map(nameOf));
			for (const record of everything) {
				const expected = isReported(model, record);
				if (expected) reported++;
				else silent++;
				// Whether a script loaded it, which 'strict-dynamic' allows, stands in no report: it counts as reported.
				if (expected && !seen.has(nameOf(record)) && sampled.includes("'strict-dynamic'") && /^(?:script-src-elem|worker-src) /.test(nameOf(record))) continue;
				const isTold = seen.has(nameOf(record)) || (engine in FALLBACKS && expected && seen.has(nameOf({ ...record, sample: "" })));
				if (!isTold && isLetInByStar(engine, record, model)) continue;
				if (expected !== isTold) differences.push(`${sampled}: ${nameOf(record)}: ${engine} ${expected ? "is silent" : "reports"}`);
			}
		}
		expect(differences).toEqual([]);
		const least = engine === "Chromium" ? 300 : 100;
		expect([reported > least, silent > least]).toEqual([true, true]);
	});
});
