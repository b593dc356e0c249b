import type { IncomingMessage, ServerResponse } from "node:http";
import { NOISE, type NoiseRule, noiseOf } from "./noise.ts";
import { type ReportRecord, recordsOf } from "./record.ts";

export interface CollectOptions {
	/** Gets the reports of each request that are no noise. What it throws, or rejects with, is counted and dropped. */
	readonly onReport: (records: readonly ReportRecord[]) => unknown;
	/** Bytes of a body: 262,144. A hundred reports, each with the whole policy, are about 45,000. */
	readonly maxBytes?: number | undefined;
	/** Reports of a body: 100. The rest is dropped. */
	readonly maxReports?: number | undefined;
	/** Reports a second, for this process: 100, with ten times as many at once. The rest is dropped. */
	readonly perSecond?: number | undefined;
	/** Hosts whose pages count, as `www.example.com`. Reports of other pages are dropped as `foreign-document`. */
	readonly hosts?: readonly string[] | undefined;
	/** What to leave out: `NOISE`. */
	readonly noise?: readonly NoiseRule[] | undefined;
	/** Keep the beginning of blocked code, which may hold what visitors wrote. */
	readonly samples?: boolean | undefined;
}

export interface CollectStats {
	/** Reports that came. */
	readonly received: number;
	/** Reports that were handed to `onReport`. */
	readonly accepted: number;
	/** Why reports were dropped → how many: ids of noise, `foreign-document`, `rate`, `too-many`. */
	readonly dropped: ReadonlyMap<string, number>;
	/** Requests that were refused, by status. */
	readonly refused: ReadonlyMap<number, number>;
	/** Calls of `onReport` that failed. */
	readonly failed: number;
}

/** What express.json and its like leave on a request. */
interface ParsedRequest extends IncomingMessage {
	readonly body?: unknown;
}

export interface ReportCollector {
	(req: IncomingMessage, res: ServerResponse, next?: (error?: unknown) => void): void;
	/** What has happened since the start. */
	stats(): CollectStats;
}

const TYPES = ["application/csp-report", "application/reports+json", "application/json"];

/**
 * Receives the violation reports of browsers: mounted at one path, before body parsers, sessions and CSRF checks, though it works behind a
 * body parser as well. Answers 204, and says nothing about what it got.
 *
 * @throws {TypeError} when an option is not what it should be.
 * @example
 * app.use("/_reports", collectReports({ onReport: (records) => logger.info({ records }, "csp") }));
 * @see {@link https://www.w3.org/TR/reporting-1/}
 */
export function collectReports(options: CollectOptions): ReportCollector {
	const { onReport, noise = NOISE, hosts, samples = false } = options;
	if (typeof onReport !== "function") throw new TypeError("onReport: write a function that takes a list of records.");
	const maxBytes = limit("maxBytes", options.maxBytes, 262_144);
	const maxReports = limit("maxReports", options.maxReports, 100);
	const bucket = createBucket(limit("perSecond", options.perSecond, 100));
	const known = hosts === undefined ? undefined : new Set(hosts.map((host) => host.toLowerCase()));
	const [dropped, refused] = [new Map<string, number>(), new Map<number, number>()];
	let [received, accepted, failed] = [0, 0, 0];
	const drop = (why: string, count = 1): void => void dropped.set(why, (dropped.get(why) ?? 0) + count);

	const isWanted = (record: ReportRecord): boolean => {
		const why = noiseOf(record, noise) ?? (isKnown(record.document, known) ? undefined : "foreign-document") ?? (bucket() ? undefined : "rate");
		if (why !== undefined) drop(why);
		return why === undefined;
	};
	const take = (payload: unknown): number => {
		const records = recordsOf(payload, { most: maxReports, samples });
		if (Array.isArray(payload) && payload.length > maxReports) drop("too-many", payload.length - maxReports);
		received += records.length;
		if (records.length === 0) return 400;
		const wanted = records.filter(isWanted);
		accepted += wanted.length;
		if (wanted.length > 0) hand(wanted);
		return 204;
	};
	const hand = (records: readonly ReportRecord[]): void => {
		const count = (): void => void failed++;
		try {
			// Whatever it gives back, if it is a promise, may fail later.
			Promise.resolve(onReport(records)).catch(count);
		} catch {
			count();
		}
	};
	const collector = (req: ParsedRequest, res: ServerResponse): void => {
		const end = (status: number): void => {
			if (status >= 400) refused.set(status, (refused.get(status) ?? 0) + 1);
			answer(req, res, status);
		};
		const early = refusal(req, maxBytes);
		const parsed = early === undefined ? parsedBody(req) : undefined;
		if (early !== undefined) end(early);
		else if (parsed !== undefined) end(take(parsed));
		else readBody(req, maxBytes, (body) => end(typeof body === "number" ? body : takeText(body, take)));
	};
	const stats = (): CollectStats => ({ received, accepted, dropped: new Map(dropped), refused: new Map(refused), failed });
	return Object.assign(collector, { stats });
}

function limit(name: string, value: number | undefined, byDefault: number): number {
	if (value === undefined) return byDefault;
	if (!Number.isInteger(value) || value < 1) throw new TypeError(`${name}: received ${String(value)}. Write a whole number above 0.`);
	return value;
}

/** Whether one more may pass: so many a second, and ten times as many at once. */
function createBucket(perSecond: number): () => boolean {
	const size = perSecond * 10;
	let [tokens, last] = [size, Date.now()];
	return () => {
		const now = Date.now();
		tokens = Math.min(size, tokens + (Math.max(0, now - last) / 1000) * perSecond);
		last = now;
		if (tokens < 1) return false;
		tokens--;
		return true;
	};
}

/** A frame that was blocked has no document of ours, and some browsers name none. */
function isKnown(document: string, hosts: ReadonlySet<string> | undefined): boolean {
	return hosts === undefined || (URL.canParse(document) && hosts.has(new URL(document).hostname));
}

/** The status of a request that is not read. */
function refusal({ method, headers }: IncomingMessage, maxBytes: number): number | undefined {
	if (method === "OPTIONS") return 204;
	if (method !== "POST") return 405;
	const type = (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
	if (!TYPES.includes(type) || (headers["content-encoding"] ?? "identity") !== "identity") return 415;
	return Number(headers["content-length"]) > maxBytes ? 413 : undefined;
}

/** What a body parser has left; an empty object is what some leave of a body that they did not read. */
function parsedBody({ body, readableEnded }: ParsedRequest): unknown {
	if (typeof body === "string" || Buffer.isBuffer(body)) return parse(Buffer.from(body)) ?? [];
	if (typeof body !== "object" || body === null) return undefined;
	return readableEnded || Object.keys(body).length > 0 ? body : undefined;
}

function readBody(req: IncomingMessage, maxBytes: number, done: (body: Buffer | number) => void): void {
	const chunks: Buffer[] = [];
	let length = 0;
	let isDone = false;
	const finish = (body: Buffer | number): void => {
		if (isDone) return;
		isDone = true;
		done(body);
	};
	req.on("data", (chunk: Buffer) => {
		length += chunk.length;
		if (length > maxBytes) {
			chunks.length = 0;
			finish(413);
		} else if (!isDone) chunks.push(chunk);
	});
	req.on("end", () => finish(Buffer.concat(chunks)));
	// Whoever goes away in the middle gets no answer; what came is dropped.
	req.on("error", () => finish(400));
	req.on("aborted", () => finish(400));
}

function takeText(body: Buffer, take: (payload: unknown) => number): number {
	const payload = parse(body);
	return payload === undefined ? 400 : take(payload);
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** JSON in UTF-8; undefined for anything else. */
function parse(body: Buffer): unknown {
	try {
		return JSON.parse(UTF8.decode(body));
	} catch {
		return undefined;
	}
}

/** Without a body, and with what a response needs when nothing else gives it headers. */
function answer(req: IncomingMessage, res: ServerResponse, status: number): void {
	if (res.headersSent || res.destroyed) return;
	res.statusCode = status;
	const set = (name: string, value: string): void => void (res.hasHeader(name) || res.setHeader(name, value));
	set("X-Content-Type-Options", "nosniff");
	set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
	res.setHeader("Cache-Control", "no-store");
	if (status === 405) res.setHeader("Allow", "POST, OPTIONS");
	if (req.method === "OPTIONS" || req.headers.origin !== undefined) {
		// Reports carry no credentials worth protecting, and other origins of the same owner report here.
		res.setHeader("Access-Control-Allow-Origin", "*");
		if (req.method === "OPTIONS") {
			res.setHeader("Access-Control-Allow-Methods", "POST");
			res.setHeader("Access-Control-Allow-Headers", "content-type");
			res.setHeader("Access-Control-Max-Age", "7200");
		}
	}
	// What is too large is not read to its end.
	if (status === 413) {
		res.setHeader("Connection", "close");
		res.once("finish", () => req.destroy());
	}
	res.end();
}
