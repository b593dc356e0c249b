import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "redis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readRedis, redisSink } from "../../../examples/csp-reports-redis/sink.js";
import { collectReports, fileStore, type ReportBatch, type ReportCluster, readStore } from "../../../src/reports/index.ts";
import { freePort } from "../../support/free-port.ts";

const folder = mkdtempSync(join(tmpdir(), "redis-"));
let client: ReturnType<typeof createClient>;
let redis: ReturnType<typeof spawn>;
let port = 0;

function startRedis(): void {
	redis = spawn("redis-server", ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "yes"], { stdio: "ignore" });
}
beforeAll(async () => {
	port = await freePort();
	startRedis();
	client = createClient({ url: `redis://127.0.0.1:${port}`, disableOfflineQueue: true, socket: { reconnectStrategy: 50 } });
	client.on("error", () => {});
	await client.connect();
	await until(async () => (await client.ping()) === "PONG");
});
afterAll(() => {
	client.destroy();
	redis.kill();
	rmSync(folder, { recursive: true, force: true });
});

async function until(isDone: () => Promise<boolean>): Promise<void> {
	for (let i = 0; i < 100 && !(await isDone().catch(() => false)); i++) await new Promise((resolve) => setTimeout(resolve, 50));
}

const today = (): string => new Date().toISOString().slice(0, 10);
const cluster = (blocked: string, count = 1): ReportCluster => ({
	type: "csp-violation",
	disposition: "enforce",
	directive: "img-src",
	blocked,
	document: "https://www.example.com/",
	source: "",
	line: 0,
	message: "",
	count,
	first: 1,
	last: 2,
});
const batch = (...clusters: ReportCluster[]): ReportBatch => ({ clusters, dropped: new Map([["extension", 2]]) });

test("the processes of a fleet count together, and what they counted can be suggested from", async () => {
	const sinks = [redisSink(client), redisSink(client)];
	await Promise.all(sinks.map((sink) => sink(batch(cluster("https://a.example/", 3), cluster("https://b.example/")))));
	const read = await readRedis(client, today());
	expect(Object.fromEntries(read.clusters.map(({ blocked, count }) => [blocked, count]))).toEqual({ "https://a.example/": 6, "https://b.example/": 2 });
	expect(Object.fromEntries(read.dropped)).toEqual({ extension: 4 });
	const path = join(folder, "all.jsonl");
	await fileStore(path)(read);
	expect((await readStore(path)).clusters).toEqual(expect.arrayContaining([cluster("https://a.example/", 6)]));
	expect(await client.ttl(`csp:${today()}`)).toBeGreaterThan(1_000_000);
	expect(await client.ttl((await client.keys("csp:what:*"))[0] as string)).toBeGreaterThan(1_000_000);
});

test("while Redis is away reports wait, and each is counted once when it is back", async () => {
	await client.flushAll();
	const collector = collectReports({ sinks: [redisSink(client)] });
	const report = (): void => {
		const res = { headersSent: false, destroyed: false, setHeader() {}, hasHeader: () => false, end() {} };
		const body = { "csp-report": { "document-uri": "https://www.example.com/", "effective-directive": "img-src", "blocked-uri": "https://a.example/" } };
		collector({ method: "POST", headers: { "content-type": "application/json" }, readableEnded: true, body } as never, res as never);
	};
	report();
	await collector.flush();
	redis.kill("SIGKILL");
	await until(async () => !client.isReady);
	report();
	report();
	await collector.flush();
	expect(collector.stats()).toMatchObject({ accepted: 3, failed: 1 });
	startRedis();
	await until(async () => (await client.ping()) === "PONG");
	await collector.flush();
	const { clusters } = await readRedis(client, today());
	expect(clusters.map(({ count }) => count)).toEqual([3]);
});
