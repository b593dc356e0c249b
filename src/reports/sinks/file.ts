import { accessSync, appendFileSync, constants, createReadStream, mkdirSync, type ReadStream } from "node:fs";
import { appendFile, type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { setImmediate } from "node:timers/promises";
import type { Issues } from "../../core/issue.ts";
import { numberReader, readFields, readOrThrow } from "../../core/read.ts";
import { show } from "../../core/text.ts";
import { dayOf, fingerprint, merged, type ReportBatch, type ReportCluster, readCluster } from "../cluster.ts";
import { field, isFields, text, whole } from "../fields.ts";
import { sinkFactory } from "./factory.ts";
import { type Held, locked, STALE_MS } from "./lock.ts";
import type { ReportSink } from "./queue.ts";

/** The content of a file that `fileStore()` writes. */
export interface StoredReports {
	/** Reports that say the same, counted for each day (UTC). */
	readonly clusters: readonly ReportCluster[];
	/** The number of dropped reports by reason. */
	readonly dropped: ReadonlyMap<string, number>;
	/** The number of lines that are not reports. */
	readonly unreadable: number;
}

/** The options of `fileStore()`. */
export interface FileStoreOptions {
	/**
	 * The largest size of the file in bytes, at least 65,536. The default holds about 20,000 different reports. Above this size, the sink
	 * merges equal lines and drops the rarest ones until half of the space is free. It counts the dropped reports as `store-full`.
	 *
	 * @defaultValue 8_000_000
	 * @example 50_000_000
	 */
	readonly maxBytes?: number | undefined;
}

const LEAST_BYTES = 65_536;
const BYTES = 8_000_000;

/**
 * Creates a sink for one machine: a file of JSON lines. Each line says what was blocked and how often. Several processes can share the file.
 * `headguard reports` and `headguard suggest` read it. It contains URLs of pages and of what they load, so only the owner of the file can
 * read it.
 *
 * @throws {PolicyError} when the file cannot be written.
 * @example collectReports({ sinks: [fileStore("data/reports.jsonl")] });
 */
export const fileStore: (path: string, options?: FileStoreOptions) => ReportSink = /* @__PURE__ */ sinkFactory(function fileStore(path, options = {}) {
	return storeInto(path, readOptions(path, options), STALE_MS);
});

/** @param staleMs after so long the owner of the lock is taken for dead. */
export function storeInto(path: string, maxBytes: number, staleMs: number): ReportSink {
	return async function storeReports(batch: ReportBatch) {
		const text = linesOf(batch.clusters, batch.dropped).join("");
		let written: Written | undefined;
		const write = async (held: Held): Promise<boolean> => {
			if (written === undefined || !(await isKept(path, written))) {
				await written?.file.close();
				written = await append(path, text, maxBytes * 2);
			}
			// Stopped for long, and another one has taken over: what was written may have come too late for what it put together.
			if (!(await held.isOwner())) return false;
			// What was written is written: whatever goes wrong here is tried again the next time.
			if (written.size > maxBytes) await shrink(path, maxBytes / 2, held).catch(() => {});
			return true;
		};
		try {
			while (!(await locked(path, staleMs, write)));
		} finally {
			await written?.file.close();
		}
	};
}

function readOptions(path: unknown, options: unknown): number {
	const { result } = readOrThrow("fileStore", (issues) => {
		const maxBytes = readFields(options, ["maxBytes"], "an options object such as { maxBytes: 8_000_000 }", issues)?.read("maxBytes", readMaxBytes, BYTES);
		if (typeof path !== "string" || path === "") issues.error("option/type", `received ${show(path)}. Write the name of a file, such as "data/reports.jsonl".`);
		else if (issues.errorCount() === 0) tryToWrite(path, issues);
		return maxBytes ?? BYTES;
	});
	return result;
}

const readMaxBytes = numberReader(
	(value) => Number.isSafeInteger(value) && value >= LEAST_BYTES,
	"option/type",
	`. Write a whole number of at least ${LEAST_BYTES}.`,
);

function tryToWrite(path: string, issues: Issues): void {
	try {
		mkdirSync(dirname(path), { recursive: true });
		appendFileSync(path, "", { mode: 0o600 });
		// For the lock, and the file that takes the place of this one; and to find what a process that died has left.
		accessSync(dirname(path), constants.R_OK | constants.W_OK);
	} catch (error) {
		const reason = error instanceof Error ? error.message : String(error);
		issues.error("option/type", `${show(path)} cannot be written: ${reason}. Name a file in a folder that this process can write to.`);
	}
}

/**
 * Reads a file that `fileStore()` has written.
 *
 * @throws {Error} when the file does not exist or cannot be read.
 * @example const { clusters } = await readStore("reports.jsonl");
 */
export async function readStore(path: string): Promise<StoredReports> {
	return readLines(createReadStream(path, "utf8"), "");
}

/** @param end the line that ends it, if there is one. */
async function readLines(input: ReadStream, end: string): Promise<StoredReports & { readonly isEnded: boolean }> {
	const clusters = new Map<string, ReportCluster>();
	const dropped = new Map<string, number>();
	let [unreadable, lines, isEnded] = [0, 0, false];
	for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
		// A large file must not hold up the requests of the process that shortens it.
		if (++lines % 1000 === 0) await setImmediate();
		isEnded ||= line === end && end !== "";
		if (line === "" || isEnded) continue;
		const value = parse(line);
		const cluster = readCluster(value);
		if (cluster !== undefined) {
			const key = `${dayOf(cluster)} ${fingerprint(cluster)}`;
			const known = clusters.get(key);
			clusters.set(key, known === undefined ? cluster : merged(known, cluster));
		} else if (!addDropped(value, dropped) && !SEAL.test(line)) unreadable++;
	}
	return { clusters: [...clusters.values()], dropped, unreadable, isEnded };
}

function parse(line: string): unknown {
	try {
		return JSON.parse(line);
	} catch {
		return undefined;
	}
}

function addDropped(value: unknown, dropped: Map<string, number>): boolean {
	const counts = isFields(value) ? field(value, "dropped") : undefined;
	if (!isFields(counts)) return false;
	for (const [key, count] of Object.entries(counts)) {
		const why = text(key);
		dropped.set(why, (dropped.get(why) ?? 0) + whole(count));
	}
	return true;
}

function linesOf(clusters: readonly ReportCluster[], dropped: ReadonlyMap<string, number>): readonly string[] {
	const rest = dropped.size === 0 ? [] : [{ dropped: Object.fromEntries(dropped) }];
	return [...clusters, ...rest].map((one) => `${JSON.stringify(one)}\n`);
}

/** What was added to a file, and to which one: another one may have its name by now. */
interface Written {
	readonly file: FileHandle;
	readonly text: string;
	/** Where the file ended before. */
	readonly from: number;
	readonly size: number;
}

/** All of it, or, when the disk is full, nothing. */
async function append(path: string, lines: string, most: number): Promise<Written> {
	const file = await open(path, "a+", 0o600);
	try {
		const { size: from } = await file.stat();
		if (from > most) throw new Error(`${path} has ${from} bytes and cannot be shortened.`);
		// A process that ended in the middle of a line has left no end of it; an empty line says nothing.
		const text = from === 0 ? lines : `\n${lines}`;
		await file.appendFile(text).catch((error: unknown) => takeBack(path, { file, text, from }, error));
		return { file, text, from, size: from + Buffer.byteLength(text) };
	} catch (error) {
		await file.close();
		throw error;
	}
}

/** What of it there was room for becomes empty lines. Nothing is cut off: somebody else may have written behind it. */
async function takeBack(path: string, { file, text, from }: Omit<Written, "size">, error: unknown): Promise<never> {
	// A handle that appends writes nowhere else.
	const other = await open(path, "r+").catch(() => undefined);
	try {
		if (other !== undefined && (await isSame(file, other))) {
			const bytes = Buffer.from(text);
			const left = await bytesFrom(file, from);
			const count = left.findIndex((byte, i) => byte !== bytes[i]);
			const own = count === -1 ? left.length : count;
			await other.write(Buffer.alloc(own, "\n"), 0, own, from);
		}
	} catch {
		// Half a line is left, which the reader passes over.
	} finally {
		await other?.close();
	}
	throw error;
}

const SEAL = /^\{"sealed":"[\da-f-]{36}"\}$/;

/**
 * Whether what was written under a lock that was lost meanwhile is still there: in the file itself, or before the seal of what has taken its
 * place. Where that is not certain it is written again.
 */
async function isKept(path: string, { file, text, from }: Written): Promise<boolean> {
	const now = await open(path, "r").catch(() => undefined);
	try {
		if (now !== undefined && (await isSame(file, now))) return true;
	} finally {
		await now?.close();
	}
	const [before = "", ...after] = (await bytesFrom(file, from)).toString().split(text);
	const hasSeal = (part: string): boolean => part.split("\n").some((line) => SEAL.test(line));
	return after.length > 0 && !hasSeal(before) && hasSeal(after.join(""));
}

async function isSame(one: FileHandle, other: FileHandle): Promise<boolean> {
	const [a, b] = await Promise.all([one.stat({ bigint: true }), other.stat({ bigint: true })]);
	return a.ino === b.ino && a.dev === b.dev;
}

async function bytesFrom(file: FileHandle, from: number): Promise<Buffer> {
	const length = Math.max(0, (await file.stat()).size - from);
	const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, from);
	return buffer.subarray(0, bytesRead);
}

/** Puts together what is equal, then leaves out what is rarest. What comes behind the seal has come too late, and can be told by it. */
async function shrink(path: string, bytes: number, held: Held): Promise<void> {
	const seal = `{"sealed":"${process.getBuiltinModule("node:crypto").randomUUID()}"}`;
	await appendFile(path, `\n${seal}\n`);
	const { clusters, dropped, isEnded } = await readLines(createReadStream(path, "utf8"), seal);
	if (!isEnded) return;
	const kept: string[] = [];
	let [size, left] = [0, 0];
	for (const cluster of [...clusters].sort((a, b) => b.count - a.count || b.last - a.last)) {
		const [line = ""] = linesOf([cluster], new Map());
		size += Buffer.byteLength(line);
		if (size <= bytes) kept.push(line);
		else left += cluster.count;
	}
	const reasons = left === 0 ? dropped : new Map([...dropped, ["store-full", (dropped.get("store-full") ?? 0) + left]]);
	await held.replace([...kept, ...linesOf([], reasons)].join(""));
}
