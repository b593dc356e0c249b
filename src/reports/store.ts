import { accessSync, appendFileSync, constants, createReadStream, mkdirSync } from "node:fs";
import { type FileHandle, open, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { setImmediate } from "node:timers/promises";
import { PolicyError } from "../core/errors.ts";
import { createIssueList, type Reporter } from "../core/issue.ts";
import { readFields } from "../core/read.ts";
import { show } from "../core/text.ts";
import { fingerprint, joined, type ReportBatch, type ReportCluster, readCluster } from "./cluster.ts";
import { field, isFields, text, whole } from "./fields.ts";
import { locked } from "./lock.ts";
import type { ReportSink } from "./outlet.ts";

/** What a file of reports holds. */
export interface StoredReports {
	/** One for each thing that was blocked, and each day on which it was (UTC). */
	readonly clusters: readonly ReportCluster[];
	/** Why reports were left out → how many. */
	readonly dropped: ReadonlyMap<string, number>;
	/** Lines that are no reports. */
	readonly unreadable: number;
}

export interface FileStoreOptions {
	/** Bytes: 8 MB, which are some 20,000 different things. Above, what is equal is put together, and the rarest left out, until half is free. */
	readonly maxBytes?: number | undefined;
}

const LEAST_BYTES = 65_536;
const BYTES = 8_000_000;

/**
 * A sink for one machine: a file of JSON lines, of which each is a thing that was blocked and how often. Several processes may share it.
 * `headguard reports` and `headguard suggest` read it. It holds addresses of pages and of what they load, so only the owner may read it.
 *
 * @throws {PolicyError} when the file cannot be written.
 * @example collectReports({ sinks: [fileStore("data/reports.jsonl")] });
 */
export function fileStore(path: string, options: FileStoreOptions = {}): ReportSink {
	const maxBytes = readOptions(path, options);
	return async function storeReports(batch: ReportBatch) {
		const text = linesOf(batch.clusters, batch.dropped).join("");
		await locked(path, async () => {
			const size = await append(path, text, maxBytes * 2);
			// What was written is written: whatever goes wrong here is tried again the next time.
			if (size > maxBytes) await shrink(path, maxBytes / 2).catch(() => {});
		});
	};
}

function readOptions(path: unknown, options: unknown): number {
	const { errors, reporter } = createIssueList();
	const root = reporter.at("fileStore");
	const maxBytes = readFields(options, ["maxBytes"], "an options object such as { maxBytes: 8_000_000 }", root)?.get("maxBytes") ?? BYTES;
	if (!Number.isSafeInteger(maxBytes) || (maxBytes as number) < LEAST_BYTES)
		root.at("maxBytes").error("option/type", `received ${show(maxBytes)}. Write a whole number of at least ${LEAST_BYTES}.`);
	if (typeof path !== "string" || path === "") root.error("option/type", `received ${show(path)}. Write the name of a file, such as "data/reports.jsonl".`);
	else if (errors.length === 0) tryToWrite(path, root);
	if (errors.length > 0) throw new PolicyError(errors);
	return maxBytes as number;
}

function tryToWrite(path: string, reporter: Reporter): void {
	try {
		mkdirSync(dirname(path), { recursive: true });
		appendFileSync(path, "", { mode: 0o600 });
		// For the lock, and the file that takes the place of this one.
		accessSync(dirname(path), constants.W_OK);
	} catch (error) {
		const reason = error instanceof Error ? error.message : String(error);
		reporter.error("option/type", `${show(path)} cannot be written: ${reason}. Name a file in a folder that this process may write to.`);
	}
}

/**
 * Reads a file that `fileStore` has written.
 * @throws {Error} when there is no such file, or it cannot be read.
 */
export async function readStore(path: string): Promise<StoredReports> {
	const clusters = new Map<string, ReportCluster>();
	const dropped = new Map<string, number>();
	let [unreadable, lines] = [0, 0];
	for await (const line of createInterface({ input: createReadStream(path, "utf8"), crlfDelay: Number.POSITIVE_INFINITY })) {
		// A large file must not hold up the requests of the process that shortens it.
		if (++lines % 1000 === 0) await setImmediate();
		if (line === "") continue;
		const value = parse(line);
		const cluster = readCluster(value);
		if (cluster !== undefined) {
			const key = `${dayOf(cluster)} ${fingerprint(cluster)}`;
			const known = clusters.get(key);
			clusters.set(key, known === undefined ? cluster : joined(known, cluster));
		} else if (!addDropped(value, dropped)) unreadable++;
	}
	return { clusters: [...clusters.values()], dropped, unreadable };
}

/** The day (UTC) of the first report, as 2026-11-23. */
export function dayOf({ first }: ReportCluster): string {
	return new Date(first).toISOString().slice(0, 10);
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

/** All of it, or, when the disk is full, nothing. Gives the size of the file. */
async function append(path: string, text: string, most: number): Promise<number> {
	const file = await open(path, "a", 0o600);
	try {
		const { size } = await file.stat();
		if (size > most) throw new Error(`${path} has ${size} bytes and cannot be shortened.`);
		// A process that ended in the middle of a line has left no end of it; an empty line says nothing.
		const whole = size === 0 ? text : `\n${text}`;
		await file.appendFile(whole).catch((error: unknown) => takeBack(file, size, error));
		return size + whole.length;
	} finally {
		await file.close();
	}
}

async function takeBack(file: FileHandle, size: number, error: unknown): Promise<never> {
	// What cannot be cut off is half a line, which the reader passes over.
	await file.truncate(size).catch(() => {});
	throw error;
}

/** Puts together what is equal, then leaves out what is rarest. */
async function shrink(path: string, bytes: number): Promise<void> {
	const { clusters, dropped } = await readStore(path);
	const kept: string[] = [];
	let [size, left] = [0, 0];
	for (const cluster of [...clusters].sort((a, b) => b.count - a.count || b.last - a.last)) {
		const [line = ""] = linesOf([cluster], new Map());
		size += line.length;
		if (size <= bytes) kept.push(line);
		else left += cluster.count;
	}
	const reasons = left === 0 ? dropped : new Map([...dropped, ["store-full", (dropped.get("store-full") ?? 0) + left]]);
	const fresh = `${path}.new`;
	await writeFile(fresh, [...kept, ...linesOf([], reasons)].join(""), { mode: 0o600 });
	await rename(fresh, path);
}
