import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { buildSync } from "esbuild";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ReportCluster } from "../../src/reports/index.ts";
import { readStore, storeInto } from "../../src/reports/sinks/file.ts";
import { locked } from "../../src/reports/sinks/lock.ts";

const STALE = 150;
const BYTES = 6000;

const CLUSTER: ReportCluster = {
	type: "csp-violation",
	disposition: "report",
	directive: "img-src",
	blocked: "https://b.example/a.png",
	document: "https://a.example/",
	source: "",
	line: 0,
	message: "",
	count: 1,
	first: 1_000_000,
	last: 1_000_000,
};
/** Each writer has things of its own, few enough to fit the file. */
const batchOf = (name: string, kinds: number): { clusters: ReportCluster[]; dropped: ReadonlyMap<string, number> } => ({
	clusters: Array.from({ length: kinds }, (_, line) => ({ ...CLUSTER, blocked: "inline", document: `https://${name}.example/`, line })),
	dropped: new Map(),
});

/** The store in one file of JavaScript: a process that compiles TypeScript first takes five times as long to start. */
const built = mkdtempSync(join(tmpdir(), "lock-built-"));
const STORE = join(built, "file.js");
const REPORTS = join(built, "index.js");
beforeAll(() => {
	writeFileSync(join(built, "package.json"), '{ "type": "module" }');
	const entryPoints = ["src/reports/sinks/file.ts", "src/reports/index.ts"];
	buildSync({ entryPoints, outdir: built, entryNames: "[name]", bundle: true, platform: "node", format: "esm" });
});
afterAll(() => rmSync(built, { recursive: true, force: true }));

let folder: string;
let path: string;
const children: ChildProcess[] = [];
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "lock-"));
	path = join(folder, "r.jsonl");
});
afterEach(() => {
	for (const child of children.splice(0)) child.kill("SIGKILL");
	rmSync(folder, { recursive: true, force: true });
});

/**
 * A process that writes `times` batches and says so after each. `at` is where it does something to itself: a call of the file system, and
 * whether that happens before or after it.
 */
function writer(name: string, times: number, at: { readonly call: string; readonly when: string; readonly act: string } | undefined): ChildProcess {
	const file = join(folder, `writer-${name}.mjs`);
	writeFileSync(
		file,
		`import fsp from "node:fs/promises";
		import { syncBuiltinESMExports } from "node:module";
		const at = ${JSON.stringify(at)};
		let isDone = false;
		const act = () => {
			if (isDone) return;
			isDone = true;
			${at?.act ?? ""}
		};
		if (at !== undefined) {
			const handle = await fsp.open(process.argv[1], "r");
			const owner = at.call === "line" ? Object.getPrototypeOf(handle) : fsp;
			await handle.close();
			const key = at.call === "line" ? "appendFile" : at.call;
			const genuine = owner[key];
			owner[key] = async function (...args) {
				if (at.when === "before") await act();
				const result = await genuine.apply(this, args);
				if (at.when === "after") await act();
				return result;
			};
			syncBuiltinESMExports();
		}
		const { storeInto } = await import(${JSON.stringify(STORE)});
		const store = storeInto(${JSON.stringify(path)}, ${BYTES}, ${STALE});
		for (let i = 0; i < ${times}; i++) {
			await store({ clusters: ${JSON.stringify(batchOf(name, 3).clusters)}, dropped: new Map() });
			process.send(3);
		}
		process.disconnect();`,
	);
	const child = fork(file, [], { stdio: ["ignore", "ignore", "pipe", "ipc"] });
	children.push(child);
	return child;
}

function acknowledged(child: ChildProcess): { count(): number; readonly ended: Promise<number | null> } {
	let count = 0;
	child.on("message", (more) => {
		count += Number(more);
	});
	return { count: () => count, ended: new Promise((resolve) => child.once("exit", resolve)) };
}

/** The kernel says whether it is stopped. */
async function untilStopped({ pid }: ChildProcess): Promise<void> {
	for (let i = 0; i < 1000; i++) {
		if (/\) T /.test(readFileSync(`/proc/${pid}/stat`, "utf8"))) return;
		await wait(10);
	}
	throw new Error("was not stopped");
}

/** Enough of what says the same that the next writer puts it together. */
async function prefill(): Promise<number> {
	const store = storeInto(path, 1_000_000, STALE);
	for (let i = 0; i < 7; i++) await store(batchOf("before", 5));
	expect(statSync(path).size).toBeGreaterThan(BYTES);
	return 35;
}

const sum = (clusters: readonly { readonly count: number }[]): number => clusters.reduce((total, { count }) => total + count, 0);
const leftovers = (): readonly string[] => readdirSync(folder).filter((name) => name.startsWith("r.jsonl."));

/** Where a process may be stopped: each side of each call that writes. */
const POINTS = [
	["line", "before"],
	["line", "after"],
	["appendFile", "before"],
	["appendFile", "after"],
	["rename", "before"],
	["rename", "after"],
] as const;

describe.skipIf(process.platform !== "linux")("a process that is stopped at its work, while another one takes over", () => {
	const STOP = `process.kill(process.pid, "SIGSTOP");`;
	test.each(POINTS)("%s, %s: nothing that was acknowledged is lost, and nothing counts twice", async (call, when) => {
		const before = await prefill();
		const child = writer("stopped", 2, { call, when, act: STOP });
		const { count, ended } = acknowledged(child);
		await untilStopped(child);
		await wait(STALE + 50);
		const other = storeInto(path, BYTES, STALE);
		for (let i = 0; i < 20; i++) await other(batchOf("other", 2));
		child.kill("SIGCONT");
		expect(await ended).toBe(0);
		const { clusters, dropped, unreadable } = await readStore(path);
		expect([count(), sum(clusters), dropped.get("store-full"), unreadable]).toEqual([6, before + 40 + 6, undefined, 0]);
		expect(leftovers()).toEqual([]);
	});

	test.each(POINTS)("%s, %s: the lock of the one that took over stays", async (call, when) => {
		await prefill();
		const child = writer("stopped", 1, { call, when, act: STOP });
		const { ended } = acknowledged(child);
		await untilStopped(child);
		await wait(STALE + 50);
		await locked(path, STALE, async ({ isOwner }) => {
			const text = readFileSync(path, "utf8");
			child.kill("SIGCONT");
			await wait(STALE / 2);
			expect([await isOwner(), readFileSync(path, "utf8").startsWith(text)]).toEqual([true, true]);
		});
		expect(await ended).toBe(0);
		expect(leftovers()).toEqual([]);
	});

	test("at any time, again and again, beside others", async () => {
		const names = ["a", "b", "c"];
		const writers = names.map((name) => writer(name, 60, undefined));
		const results = writers.map(acknowledged);
		for (let i = 0; i < 12; i++) {
			const child = writers[i % writers.length];
			await wait(40 + ((i * 37) % 60));
			child?.kill("SIGSTOP");
			await wait(STALE + 60);
			child?.kill("SIGCONT");
		}
		expect(await Promise.all(results.map(({ ended }) => ended))).toEqual([0, 0, 0]);
		const { clusters, dropped, unreadable } = await readStore(path);
		expect([results.map(({ count }) => count()), sum(clusters), dropped.get("store-full"), unreadable]).toEqual([[180, 180, 180], 540, undefined, 0]);
	}, 60_000);
});

test("several processes write to one, and nothing is lost while it is shortened", async () => {
	const writer = join(folder, "writer.mjs");
	writeFileSync(
		writer,
		`import { fileStore } from ${JSON.stringify(REPORTS)};
		const store = fileStore(${JSON.stringify(path)}, { maxBytes: 65536 });
		for (let i = 0; i < 40; i++)
			await store({ dropped: new Map([["x", 1]]), clusters: Array.from({ length: 30 }, (_, n) => ({ ...${JSON.stringify(CLUSTER)}, line: n, document: "https://" + process.argv[2] + ".example/" })) });`,
	);
	const processes = ["a", "b", "c", "d"].map(
		(name) =>
			new Promise<unknown>((resolve) => {
				fork(writer, [name]).on("exit", resolve);
			}),
	);
	expect(await Promise.all(processes)).toEqual([0, 0, 0, 0]);
	const { clusters, dropped, unreadable } = await readStore(path);
	expect([clusters.length, sum(clusters), dropped.get("x"), dropped.get("store-full"), unreadable]).toEqual([120, 4 * 40 * 30, 160, undefined, 0]);
}, 60_000);

describe("a process that dies at its work", () => {
	test.each(POINTS)("%s, %s: the next one goes on at once, with all that was acknowledged", async (call, when) => {
		const before = await prefill();
		const child = writer("dead", 1, { call, when, act: `process.kill(process.pid, "SIGKILL"); await new Promise(() => {});` });
		const { ended } = acknowledged(child);
		await ended;
		const began = performance.now();
		// The process is gone, whatever the age of its lock.
		await storeInto(path, BYTES, 60_000)(batchOf("next", 2));
		expect(performance.now() - began).toBeLessThan(3000);
		const { clusters, unreadable } = await readStore(path);
		const kept = clusters.filter(({ document }) => document !== "https://dead.example/");
		expect([sum(kept), unreadable, leftovers()]).toEqual([before + 2, 0, []]);
	});
});

describe("a lock", () => {
	const write = async (): Promise<void> => void (await storeInto(path, BYTES, STALE)(batchOf("x", 1)));
	const touch = (seconds: number): void => utimesSync(`${path}.lock`, Date.now() / 1000 + seconds, Date.now() / 1000 + seconds);

	test.each<[string, string, number]>([
		["of a process that lives, and is old", `${process.pid} ${hostname()} x`, -60],
		["of the future, because the clock was put back", `${process.pid} ${hostname()} x`, 3600],
		["of a process that is gone, and is new", `4194304 ${hostname()} x`, 0],
		["without an owner, and is old", "", -60],
	])("%s, is taken over", async (_what, owner, age) => {
		writeFileSync(`${path}.lock`, owner);
		touch(age);
		await write();
		expect([sum((await readStore(path)).clusters), leftovers()]).toEqual([1, []]);
	});

	test.each<[string, string]>([
		["of a process that lives", `${process.pid} ${hostname()} x`],
		["of another machine", "4194304 elsewhere x"],
		["without an owner", ""],
		["that makes no sense", "-1 \u0000 \n"],
	])("%s, and is new, is waited for", async (_what, owner) => {
		writeFileSync(`${path}.lock`, owner);
		const writing = storeInto(path, BYTES, 60_000)(batchOf("x", 1)) as Promise<void>;
		await wait(200);
		expect(readFileSync(`${path}.lock`, "utf8")).toBe(owner);
		rmSync(`${path}.lock`);
		await writing;
		expect(sum((await readStore(path)).clusters)).toBe(1);
	});

	test("what a former owner has prepared cannot be put in place any more", async () => {
		writeFileSync(path, "old");
		let resume = (): void => {};
		const stopped = new Promise<void>((resolve) => {
			resume = resolve;
		});
		const first = locked(path, STALE, async ({ replace }) => {
			await stopped;
			return replace("of the first");
		});
		await wait(STALE + 50);
		await locked(path, STALE, async ({ replace }) => {
			resume();
			expect(await first).toBe(false);
			expect(readFileSync(path, "utf8")).toBe("old");
			expect(await replace("of the second")).toBe(true);
		});
		expect([readFileSync(path, "utf8"), leftovers()]).toEqual(["of the second", []]);
	});

	test("that cannot be removed brings nothing twice", async () => {
		const child = writer("readonly", 1, {
			call: "line",
			when: "after",
			act: `fsp.rm = () => Promise.reject(Object.assign(new Error("read-only"), { code: "EROFS" })); syncBuiltinESMExports();`,
		});
		const { count, ended } = acknowledged(child);
		expect([await ended, count()]).toEqual([0, 3]);
		expect(leftovers()).toEqual(["r.jsonl.lock"]);
		await write();
		expect(sum((await readStore(path)).clusters)).toBe(4);
	});

	test("on a full disk what there was room for counts for nothing, and cuts off nothing that others wrote", async () => {
		const child = writer("full", 1, undefined);
		await acknowledged(child).ended;
		writeFileSync(
			join(folder, "partial.mjs"),
			`import fsp from "node:fs/promises";
			const handle = await fsp.open(process.argv[1], "r");
			const proto = Object.getPrototypeOf(handle);
			await handle.close();
			const genuine = proto.appendFile;
			proto.appendFile = async function (text) {
				// A line and a half, then a line of another process, then the disk is full.
				const lines = text.split("\\n");
				await genuine.call(this, "\\n" + lines[1] + "\\n" + lines[2].slice(0, 20));
				await fsp.appendFile(${JSON.stringify(path)}, "\\n" + ${JSON.stringify(JSON.stringify(batchOf("other", 1).clusters[0]))} + "\\n");
				throw Object.assign(new Error("no space"), { code: "ENOSPC" });
			};
			const { storeInto } = await import(${JSON.stringify(STORE)});
			await storeInto(${JSON.stringify(path)}, ${BYTES}, ${STALE})({ clusters: ${JSON.stringify(batchOf("full", 3).clusters)}, dropped: new Map() }).then(() => process.exit(1), (error) => process.exit(error.code === "ENOSPC" ? 0 : 2));`,
		);
		const failing = fork(join(folder, "partial.mjs"));
		children.push(failing);
		expect(await acknowledged(failing).ended).toBe(0);
		const { clusters, unreadable } = await readStore(path);
		expect([sum(clusters), unreadable]).toEqual([4, 0]);
	});
});
