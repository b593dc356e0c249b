import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createAggregate } from "../../src/reports/collect/aggregate.ts";
import {
	collectReports,
	fileStore,
	openTelemetry,
	type ReportBatch,
	type ReportCluster,
	type ReportCollector,
	type ReportRecord,
	readStore,
	reportLogger,
} from "../../src/reports/index.ts";

const RECORD: ReportRecord = {
	type: "csp-violation",
	disposition: "report",
	directive: "img-src",
	blocked: "https://b.example/a.png",
	document: "https://a.example/",
	source: "",
	line: 0,
	column: 0,
	status: 200,
	message: "",
};
const record = (changes: Partial<ReportRecord> = {}): ReportRecord => ({ ...RECORD, ...changes });
const NONE: ReadonlyMap<string, number> = new Map();

function cluster(changes: Partial<ReportCluster> = {}): ReportCluster {
	const { column: _, status: __, ...fields } = RECORD;
	return { ...fields, count: 1, first: 1_000_000, last: 1_000_000, ...changes };
}
const batch = (...clusters: ReportCluster[]): ReportBatch => ({ clusters, dropped: NONE });
const sum = (clusters: readonly { readonly count: number }[]): number => clusters.reduce((total, { count }) => total + count, 0);

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "reports-"));
});
afterEach(() => {
	vi.useRealTimers();
	rmSync(folder, { recursive: true, force: true });
});

describe("counting", () => {
	test("reports that say the same are one, with the first and the last time", () => {
		const aggregate = createAggregate(10);
		aggregate.add(record(), 5);
		aggregate.add(record({ column: 7 }), 9);
		aggregate.add(record({ directive: "font-src" }), 7);
		expect(aggregate.take().clusters).toEqual([cluster({ count: 2, first: 5, last: 9 }), cluster({ directive: "font-src", first: 7, last: 7 })]);
		expect(aggregate.isEmpty()).toBe(true);
	});

	test.each([
		["https://a.example/orders/1234/edit", "https://a.example/orders/:id/edit"],
		["https://a.example/u/0b6f1a52-64a1-4c3e-9a58-0a0d2b7f6a11", "https://a.example/u/:id"],
		["https://a.example/s/9f86d081884c7d65", "https://a.example/s/:id"],
		["https://a.example/v1/about-us", "https://a.example/v1/about-us"],
		["https://a.example/a-very-long-title-without-numbers", "https://a.example/a-very-long-title-without-numbers"],
		["https://a.example/:id/x:y", "https://a.example/%3Aid/x:y"],
		["https://127.0.0.1/", "https://127.0.0.1/"],
		["", ""],
	])("pages of one route are one page: %s", (document, expected) => {
		const aggregate = createAggregate(10);
		aggregate.add(record({ document }), 1);
		expect(aggregate.take().clusters[0]?.document).toBe(expected);
	});

	test("URLs of one route count together, on any line", () => {
		const aggregate = createAggregate(10);
		for (const [i, line] of [100, 101, 102].entries())
			aggregate.add(
				record({ document: `https://a.example/item/${line}`, source: `https://a.example/item/${line}`, blocked: `https://cdn.example/${line}.png`, line }),
				i,
			);
		expect(aggregate.take().clusters).toEqual([
			cluster({
				document: "https://a.example/item/:id",
				source: "https://a.example/item/:id",
				blocked: "https://cdn.example/:id.png",
				count: 3,
				first: 0,
				last: 2,
			}),
		]);
		aggregate.add(record({ blocked: "inline", line: 3 }), 1);
		aggregate.add(record({ blocked: "inline", line: 4 }), 1);
		aggregate.add(record({ blocked: "https://cdn.example/app.3f2a91bc.js" }), 1);
		expect(aggregate.take().clusters.map(({ line, blocked }) => [line, blocked])).toEqual([
			[3, "inline"],
			[4, "inline"],
			[0, "https://cdn.example/app.3f2a91bc.js"],
		]);
	});

	test("a flood of different reports pushes out itself, and is counted", () => {
		const aggregate = createAggregate(100);
		for (let i = 0; i < 10_000; i++) {
			aggregate.add(record({ blocked: `https://${i}.example/` }), i);
			if (i % 50 === 0) aggregate.add(record(), i);
		}
		const { clusters, dropped } = aggregate.take();
		expect(clusters.length).toBe(100);
		expect(clusters.find(({ blocked }) => blocked === RECORD.blocked)?.count).toBe(200);
		expect(sum(clusters) + (dropped.get("overflow") ?? 0)).toBe(10_200);
	});

	test.each<[string, number, number, number]>([
		["first, and once", 1, 0, 1],
		["first, and twice", 2, 0, 1],
		["in between, and often", 3, 900, 20],
	])("a real report that was seen %s stays when a dozen posts of made-up ones come", (_what, count, before, every) => {
		const aggregate = createAggregate(1000);
		const flood = (i: number): void => aggregate.add(record({ blocked: `https://${i}.example/` }), i);
		for (let i = 0; i < before; i++) flood(i);
		for (let i = 0; i < count; i++) {
			aggregate.add(record(), i);
			for (let j = 0; j < every; j++) flood(5000 + i * every + j);
		}
		for (let i = 10_000; i < 14_000; i++) flood(i);
		const { clusters, dropped } = aggregate.take();
		expect(clusters.find(({ blocked }) => blocked === RECORD.blocked)?.count).toBe(count);
		expect([clusters.length, sum(clusters) + (dropped.get("overflow") ?? 0)]).toEqual([1000, 4000 + before + count + count * every]);
	});

	test("of made-up reports that are sent twice each, what was seen often stays, and memory has its bound", () => {
		const aggregate = createAggregate(100);
		for (let i = 0; i < 9; i++) aggregate.add(record(), i);
		for (let i = 0; i < 5000; i++) for (let twice = 0; twice < 2; twice++) aggregate.add(record({ blocked: `https://${i}.example/` }), i);
		const batch = aggregate.take();
		expect([batch.clusters.length, batch.clusters.find(({ blocked }) => blocked === RECORD.blocked)?.count]).toEqual([100, 9]);
		// The same when a sink could not take it.
		aggregate.restore(batch);
		for (let i = 0; i < 5000; i++) aggregate.add(record({ blocked: `https://${i}.example/` }), i);
		expect(aggregate.take().clusters.find(({ blocked }) => blocked === RECORD.blocked)?.count).toBe(9);
	});

	test("what is held is no longer than it looks, however long what came was", () => {
		setFlagsFromString("--expose-gc");
		const collectGarbage = runInNewContext("gc") as () => void;
		const heap = (): number => {
			for (let i = 0; i < 4; i++) collectGarbage();
			return process.memoryUsage().heapUsed;
		};
		const collector = collectReports({ sinks: [() => {}], perSecond: 1_000_000, flushSeconds: 1000 });
		const fat = (i: number): Buffer => {
			const texts = { "blocked-uri": `x${i}`, "effective-directive": `d${i} `, "source-file": `https://${i}.example/`, "script-sample": `s${i}` };
			return Buffer.from(JSON.stringify({ "csp-report": Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, text + "y".repeat(50_000)])) }));
		};
		const before = heap();
		for (let i = 0; i < 1000; i++) report(collector, fat(i));
		expect(collector.stats().accepted).toBe(1000);
		expect((heap() - before) / 1_000_000).toBeLessThan(10);
	});

	test("no field can pass for another, and prototype keys are words", () => {
		const aggregate = createAggregate(10);
		aggregate.add(record({ blocked: "a b", document: "c" }), 1);
		aggregate.add(record({ blocked: "a", document: "b c" }), 1);
		aggregate.add(record({ blocked: "__proto__", document: "constructor" }), 1);
		aggregate.drop("__proto__", 2);
		const { clusters, dropped } = aggregate.take();
		expect([clusters.length, [...dropped]]).toEqual([3, [["__proto__", 2]]]);
	});
});

/** The collector behind a body parser, without a server. */
function report(collector: ReportCollector, body: unknown): void {
	const res = { headersSent: false, destroyed: false, setHeader() {}, hasHeader: () => false, end() {} };
	collector({ method: "POST", headers: { "content-type": "application/json" }, readableEnded: true, body } as never, res as never);
}
const BODY = { "csp-report": { "document-uri": "https://a.example/", "effective-directive": "img-src", "blocked-uri": "https://b.example/a.png" } };

describe("handing over", () => {
	test("the first at once, then every few seconds everything that came; nothing when nothing came", async () => {
		vi.useFakeTimers();
		const got: ReportBatch[] = [];
		const collector = collectReports({ sinks: [(one) => void got.push(one)], flushSeconds: 2 });
		const counts = (): unknown => got.map(({ clusters, dropped }) => [clusters.map(({ count }) => count), [...dropped]]);
		await vi.advanceTimersByTimeAsync(60_000);
		expect(got).toEqual([]);
		report(collector, BODY);
		await vi.advanceTimersByTimeAsync(0);
		expect(counts()).toEqual([[[1], []]]);
		for (let i = 0; i < 5; i++) report(collector, BODY);
		report(collector, { "csp-report": { "blocked-uri": "chrome-extension" } });
		await vi.advanceTimersByTimeAsync(1999);
		expect(got.length).toBe(1);
		await vi.advanceTimersByTimeAsync(1);
		expect(counts()).toEqual([
			[[1], []],
			[[5], [["extension", 1]]],
		]);
		await vi.advanceTimersByTimeAsync(60_000);
		expect(got.length).toBe(2);
		expect(vi.getTimerCount()).toBe(0);
	});

	test("what a sink fails to take comes again, and nothing twice", async () => {
		vi.useFakeTimers();
		let failures = 3;
		const got: ReportBatch[] = [];
		const calls: number[] = [];
		const sink = async (one: ReportBatch): Promise<void> => {
			calls.push(sum(one.clusters));
			if (failures-- > 0) throw new Error("disk full");
			got.push(one);
		};
		const other: ReportBatch[] = [];
		const collector = collectReports({ sinks: [sink, (one) => void other.push(one)], flushSeconds: 1 });
		report(collector, BODY);
		await vi.advanceTimersByTimeAsync(0);
		report(collector, BODY);
		await vi.advanceTimersByTimeAsync(10_000);
		expect(calls).toEqual([1, 2, 2, 2]);
		expect(got.map(({ clusters }) => sum(clusters))).toEqual([2]);
		expect(other.map(({ clusters }) => sum(clusters))).toEqual([1, 1]);
		expect(collector.stats()).toMatchObject({ accepted: 2, failed: 3 });
	});

	test("a sink that hangs is left alone, holds up no other, and what waits has its bound", async () => {
		vi.useFakeTimers();
		let [calls, others] = [0, 0];
		let wake = (): void => {};
		const hanging = (): Promise<void> => {
			calls++;
			return new Promise((resolve) => {
				wake = resolve;
			});
		};
		const collector = collectReports({ sinks: [hanging, () => void others++], flushSeconds: 1, maxClusters: 3, perSecond: 10_000 });
		report(collector, BODY);
		await vi.advanceTimersByTimeAsync(1000);
		for (let i = 0; i < 20; i++) {
			report(collector, { "csp-report": { ...BODY["csp-report"], "blocked-uri": `https://${i}.example/` } });
			await vi.advanceTimersByTimeAsync(1000);
		}
		expect([calls, others]).toEqual([1, 21]);
		const flushed = collector.flush();
		await vi.advanceTimersByTimeAsync(5000);
		await flushed;
		const got: ReportBatch[] = [];
		const seen = collectReports({ sinks: [(one) => void got.push(one)] });
		report(seen, BODY);
		await seen.flush();
		expect(got.length).toBe(1);
		wake();
		await vi.advanceTimersByTimeAsync(2000);
		expect(calls).toBe(2);
	});

	test("before a process ends, what waits is handed over", async () => {
		const path = join(folder, "a.jsonl");
		const collector = collectReports({ sinks: [fileStore(path)], onReport: () => {} });
		for (let i = 0; i < 7; i++) report(collector, BODY);
		await collector.flush();
		await collector.flush();
		expect(sum((await readStore(path)).clusters)).toBe(7);
	});

	test("a rule of one's own that throws calls nothing noise", () => {
		const got: ReportRecord[] = [];
		const broken = {
			id: "x",
			summary: "",
			is: () => {
				throw new Error("x");
			},
		};
		const collector = collectReports({ onReport: (records) => void got.push(...records), noise: [broken] });
		report(collector, BODY);
		expect([got.length, collector.stats().failed]).toEqual([1, 1]);
	});
});

describe("a file", () => {
	test("has one entry for each thing and day, whichever process wrote it, and why reports were left out", async () => {
		const path = join(folder, "deep", "er", "a.jsonl");
		const store = fileStore(path);
		const day = 86_400_000;
		await store({ clusters: [cluster({ count: 2 }), cluster({ sample: "a()", count: 1 })], dropped: new Map([["extension", 3]]) });
		await store({
			clusters: [cluster({ count: 5, first: 2_000_000, last: 3_000_000 }), cluster({ first: day, last: day })],
			dropped: new Map([["extension", 1]]),
		});
		const { clusters, dropped, unreadable } = await readStore(path);
		expect(clusters).toEqual([cluster({ count: 7, last: 3_000_000 }), cluster({ sample: "a()" }), cluster({ first: day, last: day })]);
		expect([[...dropped], unreadable]).toEqual([[["extension", 4]], 0]);
		expect(statSync(path).mode & 0o777).toBe(0o600);
	});

	test("lines that are no reports are counted and passed over, whatever they hold", async () => {
		const path = join(folder, "a.jsonl");
		const lines = [
			"{",
			"5",
			"null",
			"[]",
			'{"type":"x"}',
			'{"type":"x","count":-1}',
			'{"type":"x","count":"1"}',
			'{"type":"x","count":1,"first":9000000000000000}',
			'{"dropped":5}',
			`{"a":"${"x".repeat(100_000)}"}`,
		];
		writeFileSync(
			path,
			`${lines.join("\n")}\n${"[".repeat(10_000)}\n${JSON.stringify({ ...cluster(), blocked: "\u001b[31m\n", __proto__: 1 })}\n{"type":"csp-vio`,
		);
		const { clusters, unreadable } = await readStore(path);
		expect([clusters.map(({ blocked }) => blocked), unreadable]).toEqual([["?[31m?"], lines.length + 2]);
	});

	test("what a process left unfinished does not swallow what comes after", async () => {
		const path = join(folder, "a.jsonl");
		writeFileSync(path, '{"type":"csp-vio');
		await fileStore(path)(batch(cluster()));
		expect(await readStore(path)).toMatchObject({ clusters: [{ count: 1 }], unreadable: 1 });
	});

	// Linux has a device for it.
	test.skipIf(process.platform !== "linux")("on a full disk it says so, nothing is lost, and the next attempt brings all", async () => {
		const path = join(folder, "full.jsonl");
		// The kernel's own answer to a write on a full disk.
		symlinkSync("/dev/full", path);
		const collector = collectReports({ sinks: [fileStore(path)] });
		for (let i = 0; i < 3; i++) report(collector, BODY);
		await collector.flush();
		await collector.flush();
		expect(collector.stats()).toMatchObject({ accepted: 3, failed: 2 });
		rmSync(path);
		report(collector, BODY);
		await collector.flush();
		expect(sum((await readStore(path)).clusters)).toBe(4);
	});

	test("stays under its size: equal things are put together, then the rarest left out and counted", async () => {
		const path = join(folder, "a.jsonl");
		const store = fileStore(path, { maxBytes: 65_536 });
		const frequent = cluster({ blocked: "https://frequent.example/", count: 1000 });
		for (let i = 0; i < 40; i++) {
			const others = Array.from({ length: 50 }, (_, n) => cluster({ blocked: `https://${i * 50 + n}.example/` }));
			await store(batch(frequent, ...others));
			expect(statSync(path).size).toBeLessThan(2 * 65_536);
		}
		const { clusters, dropped, unreadable } = await readStore(path);
		expect(clusters.find(({ blocked }) => blocked === frequent.blocked)?.count).toBe(40_000);
		expect([sum(clusters) + (dropped.get("store-full") ?? 0), unreadable]).toEqual([42_000, 0]);
		expect(dropped.get("store-full")).toBeGreaterThan(0);
	});

	test("a lock that a dead process has left is taken after half a minute", async () => {
		const path = join(folder, "a.jsonl");
		const store = fileStore(path);
		writeFileSync(`${path}.lock`, "");
		const old = Date.now() / 1000 - 60;
		utimesSync(`${path}.lock`, old, old);
		await store(batch(cluster()));
		expect(readFileSync(path, "utf8")).toContain("b.example");
		expect(() => statSync(`${path}.lock`)).toThrow("ENOENT");
	});

	test.each<[unknown, object | null, string]>([
		["", {}, 'fileStore: received ""'],
		[5, {}, "fileStore: received 5"],
		["package.json/a.jsonl", {}, "cannot be written"],
		["a.jsonl", { maxBytes: 10 }, "maxBytes: received 10"],
		["a.jsonl", null, "fileStore: received null"],
		["a.jsonl", { maxByte: 1e6 }, 'Did you mean "maxBytes"?'],
	])("%j is refused at start-up", (path, options, message) => {
		expect(() => fileStore(path as never, options as never)).toThrow(message);
	});
});

test.each<[string, () => unknown, string]>([
	[
		"a sink that was not called",
		() => collectReports({ sinks: [fileStore as never] }),
		'collectReports.sinks[0]: received function fileStore, which creates a sink. Write fileStore("reports.jsonl"), for example.',
	],
	["the collector mounted without a call", () => collectReports({ httpVersion: "1.1", headers: {}, url: "/" } as never), "Write app.use("],
	["no logger", () => reportLogger(undefined as never), "reportLogger: received undefined. Write a logger such as console or pino()."],
	["no meter", () => openTelemetry({} as never), "openTelemetry.meter: received undefined."],
	["no options", () => openTelemetry(undefined as never), "openTelemetry.meter: received undefined."],
	["no logger of OpenTelemetry", () => openTelemetry({ meter: { createCounter: () => {} }, logger: console } as never), "openTelemetry.logger: received"],
])("%s is refused at start-up", (_what, make, message) => {
	expect(make).toThrow(message);
});

describe("a logger", () => {
	test("hears of the most frequent, twenty at a time, and of how many more there are", () => {
		const lines: unknown[][] = [];
		const logger = { warn: (...args: unknown[]) => void lines.push(args), error: () => {} };
		reportLogger(logger)(batch(...Array.from({ length: 25 }, (_, i) => cluster({ line: i, count: i + 1 }))));
		expect(lines.length).toBe(21);
		expect(lines[0]).toEqual([
			expect.objectContaining({ count: 25, directive: "img-src", first: "1970-01-01T00:16:40.000Z" }),
			"headguard: csp-violation of img-src: https://b.example/a.png on https://a.example/, 25 times, reported only",
		]);
		expect(lines[20]).toEqual([{ kinds: 5, reports: 15 }, "headguard: 5 more kinds of reports"]);
	});

	test("the console gets the text first", () => {
		const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
		reportLogger(console)(batch(cluster({ disposition: "enforce" })));
		expect(warn.mock.calls[0]?.[0]).toBe("headguard: csp-violation of img-src: https://b.example/a.png on https://a.example/, once");
		warn.mockRestore();
	});
});

describe("OpenTelemetry", () => {
	test("counts violations by few attributes, and writes addresses into log records alone", async () => {
		const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
		const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 });
		const meters = new MeterProvider({ readers: [reader] });
		const logs = new InMemoryLogRecordExporter();
		const loggers = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: logs })] });
		const otel = openTelemetry({
			meter: meters.getMeter("headguard"),
			logger: loggers.getLogger("headguard"),
			route: (document) => (document.endsWith("/cart") ? "/cart" : undefined),
		});
		const kinds = ["inline", "wasm-eval", "data", "blob:https", "https://a.example/x", "https://b.example/x", "moz-extension", "", "\u0000"];
		await otel.reports({
			clusters: [
				...kinds.map((blocked) => cluster({ blocked, count: 3 })),
				cluster({ document: "https://a.example/cart", directive: "<script>", disposition: "enforce" }),
				cluster({ type: "coop", directive: "navigation-to-response" }),
			],
			dropped: new Map([["extension", 4]]),
		});
		otel.onEvent({ code: "attach/failed", withheld: 2 } as never);
		await reader.forceFlush();
		const metrics = exporter.getMetrics()[0]?.scopeMetrics[0]?.metrics ?? [];
		const points = metrics.map(({ descriptor, dataPoints }) => [
			descriptor.name,
			descriptor.unit,
			dataPoints.map(({ attributes, value }) => [...Object.values(attributes), value].join(" ")).sort(),
		]);
		expect(points).toEqual([
			[
				"csp.violation.count",
				"{violation}",
				[
					"enforce other external /cart 1",
					"report img-src blob 3",
					"report img-src data 3",
					"report img-src eval 3",
					"report img-src extension 3",
					"report img-src external 3",
					"report img-src inline 3",
					"report img-src other 6",
					"report img-src self 3",
				],
			],
			["csp.report.dropped", "{report}", ["extension 4"]],
			["secure_headers.attach_failure", "{event}", ["attach/failed 3"]],
		]);
		const written = logs.getFinishedLogRecords();
		expect(written.length).toBe(kinds.length + 2);
		expect(written[5]).toMatchObject({
			eventName: "csp.violation",
			severityText: "WARN",
			attributes: { "csp.blocked.url": "https://b.example/x", "browser.report.count": 3 },
		});
		expect(written.at(-1)?.eventName).toBe("browser.report");
		await meters.shutdown();
		await loggers.shutdown();
	});
});
