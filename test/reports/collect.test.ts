import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import express from "express";
import express4 from "express4";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { csp } from "../../src/index.ts";
import { type CollectOptions, collectReports, NOISE, type ReportCollector, type ReportRecord } from "../../src/reports/index.ts";
import { noiseOf } from "../../src/reports/noise.ts";
import { recordsOf } from "../../src/reports/record.ts";
import { runs } from "../support/runs.ts";

interface Sample {
	readonly name: string;
	readonly requests: readonly { readonly type: string; readonly body: string }[];
}
/** Captured from browsers. */
const SAMPLES: readonly Sample[] = JSON.parse(readFileSync("test/fixtures/reports.json", "utf8"));

const READ = { most: 100, samples: false, unsaid: "enforce" } as const;
const CSP = {
	"csp-report": {
		"document-uri": "https://a.example/p?token=1#x",
		"effective-directive": "script-src-elem",
		"blocked-uri": "https://b.example/x.js?key=2",
		disposition: "report",
	},
};

describe("noise", () => {
	const reported = (changes: Partial<ReportRecord>): ReportRecord => ({
		...(recordsOf(CSP, READ)[0] as ReportRecord),
		...changes,
	});
	test.each<[Partial<ReportRecord>, string | undefined]>([
		[{ source: "webkit-masked-url://hidden/" }, "extension"],
		[{ blocked: "android-webview" }, "webview"],
		[{ blocked: "android-webview-video-poster" }, "webview"],
		[{ blocked: "ms-appx-web" }, "app"],
		[{ blocked: "intent://scan/" }, "app"],
		[{ blocked: "bytedance" }, "app"],
		[{ document: "capacitor://localhost/" }, "app"],
		[{ document: "android-app://com.example/" }, "app"],
		[{ source: "fbapp://x/" }, "app"],
		[{ document: "file:///x" }, "local-copy"],
		[{ blocked: "https://translate.google.com.evil.example/x.js" }, undefined],
		[{ blocked: "https://translate.google.co.uk/x.js" }, "translated"],
		[{ document: "https://a-example.translate.goog/" }, "translated"],
		[{ document: "https://xtranslate.goog/" }, undefined],
		[{ blocked: "https://translatoruser.evil.example/" }, undefined],
		[{ blocked: "https://www.translatoruser.com/" }, "translated"],
		[{ blocked: "https://web.archive.org.evil.example/" }, undefined],
		[{ source: "https://notsuperfish.com/" }, undefined],
		[{ source: "https://www.superfish.com:8443/" }, "injected"],
		[{ source: "chrome-extension.evil.example" }, undefined],
		[{ source: "webpack-internal:///./src/a.js" }, undefined],
		[{ document: "about" }, undefined],
		...["https://a.example/", "wss://a.example/", "data", "blob", "filesystem", "inline", "eval", "wasm-eval", ""].map(
			(blocked): [Partial<ReportRecord>, undefined] => [{ blocked }, undefined],
		),
		[{ type: "trusted-types", blocked: "trusted-types-sink" }, undefined],
	])("%j: %s", (changes, id) => {
		expect(noiseOf(reported(changes), NOISE)).toBe(id);
	});
});

describe("what the policy in a report says of it", () => {
	const policyOf = (policy: unknown, changes: object): unknown =>
		recordsOf({ "csp-report": { "document-uri": "https://www.example.com/", "original-policy": policy, ...changes } }, READ)[0]?.policy;
	const image = { "effective-directive": "img-src", "blocked-uri": "https://img.example/a.png?x=1" };
	test.each<[unknown, object, string]>([
		["img-src https://img.example", image, "allows"],
		["default-src https://img.example; report-uri /_r", image, "allows"],
		["img-src https://img.example/dir/", image, "blocks"],
		["img-src 'self'", image, "blocks"],
		["img-src 'self'", { ...image, "blocked-uri": "https://www.example.com/go" }, "allows"],
		// A srcdoc frame does not say whose it is.
		["img-src 'self'", { ...image, "document-uri": "about", "blocked-uri": "https://www.example.com/go" }, "unknown"],
		["script-src https://img.example", image, "unknown"],
		["", image, "unknown"],
		[undefined, image, "unknown"],
		[5, image, "unknown"],
		[{ toString: "x" }, image, "unknown"],
		["img-src \u00e9", image, "unknown"],
		["img-src 'self' https://…", image, "unknown"],
		["img-src 'self'...", image, "unknown"],
		["default-src 'self'; img-src 'nonc", image, "unknown"],
		[`img-src https://img.example ${"x".repeat(20_000)}`, image, "unknown"],
		["__proto__ x; constructor y", image, "unknown"],
		["script-src 'nonce-a' 'strict-dynamic' https://img.example", { ...image, "effective-directive": "script-src-elem" }, "blocks"],
		["script-src 'nonce-a'", { ...image, "effective-directive": "script-src-elem" }, "blocks"],
		["frame-ancestors 'self'", { "effective-directive": "frame-ancestors", "blocked-uri": "https://www.example.com/" }, "blocks"],
		["form-action 'self'", { "effective-directive": "form-action", "blocked-uri": "https://www.example.com/go" }, "allows"],
		["script-src 'self'", { "effective-directive": "script-src-elem", "blocked-uri": "inline" }, "blocks"],
		["script-src 'unsafe-inline'", { "effective-directive": "script-src-elem", "blocked-uri": "inline" }, "allows"],
		[`script-src ${csp.hash("sha256", "a()")}`, { "effective-directive": "script-src-elem", "blocked-uri": "inline", "script-sample": "a()" }, "allows"],
		["require-trusted-types-for 'script'", { "effective-directive": "require-trusted-types-for", "blocked-uri": "trusted-types-sink" }, "blocks"],
		["img-src *", { "effective-directive": "made-up", "blocked-uri": "https://a.example/" }, "unknown"],
	])("%j, %j: %s", (policy, changes, expected) => {
		expect(policyOf(policy, changes)).toBe(expected);
	});

	test("old versions of Firefox call inline code self", () => {
		const [record] = recordsOf({ "csp-report": { "violated-directive": "script-src 'self'", "blocked-uri": "self" } }, READ);
		expect(record).toMatchObject({ directive: "script-src", blocked: "inline" });
	});
});

describe("records", () => {
	test("of every captured report, as in the golden file", async () => {
		const lines = SAMPLES.flatMap(({ name, requests }) => [
			`# ${name}`,
			...requests.flatMap(({ body }) =>
				recordsOf(JSON.parse(body), { most: 100, samples: true, unsaid: "enforce" }).map((record) => JSON.stringify(record).replace(/:\d{4,5}\//g, ":PORT/")),
			),
		]);
		await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot("../golden/reports.txt");
		for (const { name, requests } of SAMPLES)
			for (const { body } of requests) expect([name, recordsOf(JSON.parse(body), READ).length > 0]).toEqual([name, true]);
	});

	test("queries, fragments, passwords and nonces are gone; samples are kept on demand alone", () => {
		const [record] = recordsOf(CSP, READ);
		expect(record).toMatchObject({
			type: "csp-violation",
			disposition: "report",
			directive: "script-src-elem",
			blocked: "https://b.example/x.js",
			document: "https://a.example/p",
		});
		const secret = {
			"csp-report": {
				"document-uri": "https://user:pass@a.example/",
				"blocked-uri": "inline",
				"script-sample": '<b nonce="c2VjcmV0">',
				"violated-directive": "script-src 'self' x",
			},
		};
		expect(JSON.stringify(recordsOf(secret, READ))).not.toMatch(/user|pass|c2VjcmV0/);
		expect(recordsOf(secret, { most: 1, samples: true, unsaid: "enforce" })[0]).toMatchObject({ directive: "script-src", sample: "<b nonce=…>" });
	});

	test("WebKit's single object, with the type of the older way", () => {
		const [record] = recordsOf(
			{ type: "csp-violation", url: "https://a.example/", body: { effectiveDirective: "img-src", blockedURL: "https://b.example:443/a.png" } },
			READ,
		);
		expect(record).toMatchObject({ directive: "img-src", blocked: "https://b.example/a.png", disposition: "enforce", document: "https://a.example/" });
		const [trial, said, only] = recordsOf(
			[
				{ type: "csp-violation", url: "https://a.example/", body: {} },
				{ type: "csp-violation", url: "https://a.example/", body: { disposition: "enforce" } },
				{ type: "integrity-violation", url: "https://a.example/", body: { reportOnly: false } },
			],
			{ ...READ, unsaid: "report" },
		);
		expect([trial?.disposition, said?.disposition, only?.disposition]).toEqual(["report", "enforce", "enforce"]);
	});

	test("any JSON gives flat records or none, without a throw", () => {
		fc.assert(
			fc.property(
				fc.oneof(
					fc.jsonValue(),
					fc.jsonValue().map((value) => ({ "csp-report": value })),
					fc.jsonValue().map((body) => [{ type: "csp-violation", url: "x", body }]),
				),
				(value) => {
					for (const record of recordsOf(value, READ)) for (const field of Object.values(record)) expect(["string", "number"]).toContain(typeof field);
				},
			),
			{ numRuns: runs(2000) },
		);
	});

	test("prototype keys are data like any other", () => {
		const polluted = JSON.parse('{"csp-report":{"__proto__":{"blocked-uri":"inline"},"constructor":{"prototype":1},"document-uri":"https://a.example/"}}');
		expect(recordsOf(polluted, READ)[0]).toMatchObject({ blocked: "", document: "https://a.example/" });
		expect(({} as Record<string, unknown>)["blocked-uri"]).toBeUndefined();
	});
});

const servers: { close(): void; closeAllConnections(): void }[] = [];
afterEach(() => {
	for (const server of servers.splice(0)) {
		server.closeAllConnections();
		server.close();
	}
});

type Handler = (req: IncomingMessage, res: ServerResponse) => void;
async function serve(handler: Handler): Promise<number> {
	const server = createServer(handler).listen(0, "127.0.0.1");
	servers.push(server);
	await new Promise((resolve) => server.once("listening", resolve));
	return (server.address() as AddressInfo).port;
}

function collecting(options: Partial<CollectOptions> = {}): { collector: ReportCollector; got: ReportRecord[] } {
	const got: ReportRecord[] = [];
	return { got, collector: collectReports({ onReport: (records) => void got.push(...records), ...options }) };
}

interface Answer {
	readonly status: number;
	readonly headers: Readonly<Record<string, string | string[] | undefined>>;
	readonly body: string;
}
function send(port: number, body: string | Buffer, type = "application/csp-report", method = "POST", headers: Record<string, string> = {}): Promise<Answer> {
	return new Promise((resolve, reject) => {
		const req = request({ port, host: "127.0.0.1", path: "/_reports", method, headers: { "Content-Type": type, ...headers } }, (res) => {
			const chunks: Buffer[] = [];
			res.on("data", (chunk) => chunks.push(chunk));
			res.on("end", () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body: Buffer.concat(chunks).toString() }));
		});
		req.on("error", reject);
		req.end(body);
	});
}

describe("the collector", () => {
	test.each<[string, (collector: ReportCollector) => Handler]>([
		["node:http", (collector) => (req, res) => collector(req, res)],
		["Express 5", (collector) => express().use("/_reports", collector as never) as never],
		["Express 4", (collector) => express4().use("/_reports", collector as never) as never],
		[
			"Express 5 behind its own body parser",
			(collector) =>
				express().use(express.json({ type: ["application/csp-report", "application/reports+json", "application/json"] }), collector as never) as never,
		],
		["Express 5 behind a body parser that knows no reports", (collector) => express().use(express.json(), collector as never) as never],
		["Express 4 behind a body parser that knows no reports", (collector) => express4().use(express4.json(), collector as never) as never],
		["Express 5 behind a parser of text", (collector) => express().use(express.text({ type: "*/*" }), collector as never) as never],
		["Express 5 behind a parser of bytes", (collector) => express().use(express.raw({ type: "*/*" }), collector as never) as never],
	])("%s: every captured request arrives, and is answered by 204 and nothing", async (_what, handler) => {
		const { collector, got } = collecting({ noise: [], perSecond: 10_000 });
		const port = await serve(handler(collector));
		let expected = 0;
		for (const { requests } of SAMPLES)
			for (const { type, body } of requests) {
				expect(await send(port, body, type)).toMatchObject({ status: 204, body: "" });
				expected += recordsOf(JSON.parse(body), READ).length;
			}
		expect(got.length).toBe(expected);
		expect(collector.stats()).toMatchObject({ received: expected, accepted: expected, failed: 0 });
	});

	test("its answers have headers of their own, and say nothing of what came", async () => {
		const { collector } = collecting();
		const port = await serve(collector);
		for (const [body, status] of [
			[JSON.stringify(CSP), 204],
			["{", 400],
		] as const) {
			const answer = await send(port, body, "application/csp-report", "POST", { Origin: "https://a.example" });
			expect(answer).toMatchObject({ status, body: "" });
			expect(answer.headers).toMatchObject({ "x-content-type-options": "nosniff", "cache-control": "no-store", "access-control-allow-origin": "*" });
			expect(answer.headers["access-control-allow-credentials"]).toBeUndefined();
		}
	});

	test("preflights of other origins", async () => {
		const port = await serve(collecting().collector);
		const { status, headers } = await send(port, "", "text/plain", "OPTIONS", { Origin: "https://a.example", "Access-Control-Request-Method": "POST" });
		expect([status, headers["access-control-allow-origin"], headers["access-control-allow-methods"], headers["access-control-allow-headers"]]).toEqual([
			204,
			"*",
			"POST",
			"content-type",
		]);
	});

	test.each<[string, Buffer | string, string, string, number]>([
		["GET", "", "application/csp-report", "GET", 405],
		["another type", "{}", "text/plain", "POST", 415],
		["no body", "", "application/csp-report", "POST", 400],
		["half a body", '{"csp-report":', "application/csp-report", "POST", 400],
		["another object", '{"a":1}', "application/json", "POST", 400],
		["an empty list", "[]", "application/reports+json", "POST", 400],
		["a number", "5", "application/json", "POST", 400],
		["bytes that are no text", Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), "application/csp-report", "POST", 400],
		["ten thousand brackets", "[".repeat(10_000), "application/reports+json", "POST", 400],
		["ten thousand brackets that close", `${"[".repeat(5000)}${"]".repeat(5000)}`, "application/reports+json", "POST", 400],
		["a body that is too large", JSON.stringify({ "csp-report": { x: "a".repeat(300_000) } }), "application/csp-report", "POST", 413],
	])("%s is refused", async (_what, body, type, method, status) => {
		const { collector, got } = collecting();
		const answer = await send(await serve(collector), body, type, method);
		expect([answer.status, answer.body, got]).toEqual([status, "", []]);
		if (status === 405) expect(answer.headers["allow"]).toBe("POST, OPTIONS");
		expect(collector.stats().refused.get(status)).toBe(1);
	});

	test("a body that says nothing of its length is read to the limit and no further; one that stops is dropped", async () => {
		const { collector } = collecting({ maxBytes: 1000 });
		const port = await serve(collector);
		const answer = await new Promise<string>((resolve) => {
			const socket = connect(port, "127.0.0.1");
			socket.on("error", () => {});
			socket.once("data", (data) => resolve(String(data)));
			socket.write("POST /_reports HTTP/1.1\r\nHost: a\r\nContent-Type: application/csp-report\r\nTransfer-Encoding: chunked\r\n\r\n");
			socket.write(`fff\r\n${"a".repeat(0xfff)}\r\n`);
		});
		expect(answer).toMatch(/^HTTP\/1\.1 413 /);
		const gone = connect(port, "127.0.0.1");
		gone.write("POST /_reports HTTP/1.1\r\nHost: a\r\nContent-Type: application/csp-report\r\nContent-Length: 100\r\n\r\n{");
		await new Promise((resolve) => setTimeout(resolve, 50));
		gone.destroy();
		expect((await send(port, JSON.stringify(CSP))).status).toBe(204);
	});

	test("a body that something before has read, and kept for itself, is answered all the same", async () => {
		const { collector } = collecting();
		const port = await serve((req, res) => void req.resume().once("end", () => setImmediate(() => collector(req, res))));
		expect((await send(port, JSON.stringify(CSP))).status).toBe(400);
	});

	test("noise is counted by its id, and can be chosen", async () => {
		const { collector, got } = collecting({ hosts: ["a.example"] });
		const port = await serve(collector);
		const report = (changes: object): string => JSON.stringify({ "csp-report": { ...CSP["csp-report"], ...changes } });
		for (const body of [
			report({ "source-file": "chrome-extension" }),
			report({ "blocked-uri": "moz-extension" }),
			report({ "blocked-uri": "about" }),
			report({ "document-uri": "https://a-example.translate.goog/" }),
			report({ "document-uri": "https://other.example/" }),
			report({}),
		])
			await send(port, body);
		expect(got.length).toBe(1);
		expect(Object.fromEntries(collector.stats().dropped)).toEqual({ extension: 2, about: 1, translated: 1, "foreign-document": 1 });
		expect(new Set(NOISE.map(({ id }) => id)).size).toBe(NOISE.length);
	});

	test("a flood is cut to so many a second, and a body to so many reports", async () => {
		const { collector, got } = collecting({ perSecond: 1, maxReports: 30 });
		const port = await serve(collector);
		const one = { type: "csp-violation", url: "https://a.example/", body: { effectiveDirective: "img-src", blockedURL: "https://b.example/" } };
		expect((await send(port, JSON.stringify(new Array(50).fill(one)), "application/reports+json")).status).toBe(204);
		expect(got.length).toBeGreaterThanOrEqual(10);
		expect(got.length).toBeLessThanOrEqual(12);
		const { received, dropped } = collector.stats();
		expect([received, dropped.get("too-many")]).toEqual([30, 20]);
		expect((dropped.get("rate") ?? 0) + got.length).toBe(30);
		// What comes then is not even read.
		expect((await send(port, "{", "application/reports+json")).status).toBe(204);
		expect(collector.stats()).toMatchObject({ received: 30 });
		expect(collector.stats().dropped.get("rate")).toBe((dropped.get("rate") ?? 0) + 1);
	});

	test.each<[string, string]>([
		["that are no JSON", "{"],
		["that are no reports", JSON.stringify({ a: 1 })],
		["of 30,000 numbers", JSON.stringify(new Array(30_000).fill(1))],
		["of 30,000 empty objects", JSON.stringify(new Array(30_000).fill({}))],
	])("bodies %s are paid for as well", async (_what, body) => {
		const { collector } = collecting({ perSecond: 1 });
		const port = await serve(collector);
		const statuses: number[] = [];
		for (let i = 0; i < 15; i++) statuses.push((await send(port, body, "application/reports+json")).status);
		expect(statuses[0]).toBe(400);
		expect(statuses.at(-1)).toBe(204);
		// Nothing of it is counted as a report, but the requests that were not read.
		const { received, dropped, refused } = collector.stats();
		expect([received, [...dropped.keys()], (dropped.get("rate") ?? 0) + (refused.get(400) ?? 0)]).toEqual([0, ["rate"], 15]);
	});

	test("a large body costs what its bytes cost, a usual one no more than its reports", async () => {
		const one = { type: "csp-violation", url: "https://a.example/", body: { effectiveDirective: "img-src", blockedURL: "https://b.example/" } };
		const usual = collecting({ perSecond: 10 });
		await send(await serve(usual.collector), JSON.stringify(new Array(50).fill(one)), "application/reports+json");
		expect([usual.got.length, [...usual.collector.stats().dropped]]).toEqual([50, []]);
		const { collector, got } = collecting({ perSecond: 1 });
		const port = await serve(collector);
		const fat = JSON.stringify({ ...one, body: { ...one.body, sample: "x".repeat(100_000) } });
		for (let i = 0; i < 5; i++) await send(port, fat, "application/reports+json");
		expect([got.length, collector.stats().dropped.get("rate")]).toEqual([1, 4]);
	});

	test("of a list that is too long only reports are too many", async () => {
		const { collector } = collecting({ maxReports: 2 });
		const one = { type: "csp-violation", url: "https://a.example/", body: { effectiveDirective: "img-src", blockedURL: "https://b.example/" } };
		await send(await serve(collector), JSON.stringify([one, one, one, 1, null, {}, { type: "x" }, one]), "application/reports+json");
		expect(Object.fromEntries(collector.stats().dropped)).toEqual({ "too-many": 2 });
	});

	test("a handler that throws or fails later is counted, and the client is not told", async () => {
		for (const onReport of [
			() => {
				throw new Error("disk full");
			},
			() => Promise.reject(new Error("disk full")),
		]) {
			const collector = collectReports({ onReport });
			expect((await send(await serve(collector), JSON.stringify(CSP))).status).toBe(204);
			await new Promise((resolve) => setTimeout(resolve, 10));
			expect(collector.stats()).toMatchObject({ accepted: 1, failed: 1 });
		}
	});

	test.each<[object, string]>([
		[{}, "collectReports: without sinks and onReport, every report is lost"],
		[{ onReport: 5 }, "collectReports.onReport: received 5"],
		[{ sinks: [5] }, "collectReports.sinks[0]: received 5"],
		[{ onReport: () => {}, noise: [{}] }, "collectReports.noise[0]: received"],
		[{ onReport: () => {}, hosts: ["https://a.example"] }, "Write a host name such as"],
		[{ onReport: () => {}, hosts: [] }, "received [], which would drop every report"],
		[{ onReport: () => {}, hosts: ["*.example.com"] }, 'received "*.example.com". Write a host name such as "www.example.com"'],
		[{ onReport: () => {}, hosts: ["https://shop.example/"] }, 'Write a host name such as "shop.example"'],
		[{ onReport: () => {}, disposition: "reported" }, 'Did you mean "report"?'],
		[{ onReport: () => {}, flushSecond: 1 }, 'Did you mean "flushSeconds"?'],
		[{ onReport: () => {}, maxBytes: -1 }, "collectReports.maxBytes: received -1."],
		[{ onReport: () => {}, perSecond: "x" }, 'collectReports.perSecond: received "x".'],
	])("%j is refused", (options, message) => {
		expect(() => collectReports(options as never)).toThrow(message);
	});
});
