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

/** @param staleMs the age in milliseconds at which a lock counts as abandoned. */
export function storeInto(path: string, maxBytes: number, staleMs: number): ReportSink {
	return async function storeReports(batch: ReportBatch) {
		const text = linesOf(batch.clusters, batch.dropped).join("");
		let written: Written | undefined;
		const write = async (held: Held): Promise<boolean> => {
			if (written === undefined || !(await isKept(path, written))) {
				await written?.file.close();
				written = await append(path, text, maxBytes * 2);
			}
			// This process may have been stopped while another one took over. Its lines may then be too late for the file that the other one wrote.
			if (!(await held.isOwner())) return false;
			// The lines are in the file. If shortening it fails, the next write tries again.
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
		if (typeof path !== "string" || path === "") issues.invalid("option/type", path, "", 'the name of a file, such as "data/reports.jsonl"');
		else if (issues.errorCount() === 0) tryToWrite(path, issues);
		return maxBytes ?? BYTES;
	});
	return result;
}

const readMaxBytes = numberReader(
	(value) => Number.isSafeInteger(value) && value >= LEAST_BYTES,
	"option/type",
	"",
	`a whole number of at least ${LEAST_BYTES}`,
);

function tryToWrite(path: string, issues: Issues): void {
	try {
		mkdirSync(dirname(path), { recursive: true });
		appendFileSync(path, "", { mode: 0o600 });
		// The sink creates the lock and the file that replaces this one here, and looks for files that a dead process has left.
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

/** @param end the line to stop at, or an empty text. */
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

/** What was added to a file, and the file itself: by now, its name may belong to another file. */
interface Written {
	readonly file: FileHandle;
	readonly text: string;
	/** The size of the file before. */
	readonly from: number;
	readonly size: number;
}

/** Appends all lines, or none if the disk is full. */
async function append(path: string, lines: string, most: number): Promise<Written> {
	const file = await open(path, "a+", 0o600);
	try {
		const { size: from } = await file.stat();
		if (from > most) throw new Error(`${path} has ${from} bytes and cannot be shortened.`);
		// A process that ended while it wrote may have left an unfinished line. The reader skips empty lines.
		const text = from === 0 ? lines : `\n${lines}`;
		await file.appendFile(text).catch((error: unknown) => takeBack(path, { file, text, from }, error));
		return { file, text, from, size: from + Buffer.byteLength(text) };
	} catch (error) {
		await file.close();
		throw error;
	}
}

/** Overwrites a partly written text with empty lines. It does not truncate the file, because another process may have appended to it. */
async function takeBack(path: string, { file, text, from }: Omit<Written, "size">, error: unknown): Promise<never> {
	// A handle in append mode cannot write at a position.
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
		// The unfinished line stays, and the reader skips it.
	} finally {
		await other?.close();
	}
	throw error;
}

const SEAL = /^\{"sealed":"[\da-f-]{36}"\}$/;

/**
 * Whether lines that were written under a lost lock are kept: in the file itself, or before the seal of the file that was replaced. If that is
 * not certain, they are written again.
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

/** Merges equal lines, then drops the rarest. Lines after the seal are too late for the new file, and their writers can tell by it. */
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
