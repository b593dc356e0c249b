import { noiseOf } from "../noise.ts";
import { type ReportRecord, recordsOf, reportsBeyond } from "../record.ts";
import { createSinkQueue } from "../sinks/queue.ts";
import type { CollectSettings } from "./options.ts";

/** What a collector has counted since it was created. */
export interface CollectStats {
	/** Reports that were read. */
	readonly received: number;
	/** Reports that were passed to `onReport` and the sinks, or wait to be passed. */
	readonly accepted: number;
	/**
	 * The number of dropped reports by reason: the id of a noise rule, `foreign-document`, `rate` or `too-many`. Reports that a sink had no
	 * room for are not in it. The sink receives their number as `overflow`.
	 */
	readonly dropped: ReadonlyMap<string, number>;
	/** The number of refused requests by response status. */
	readonly refused: ReadonlyMap<number, number>;
	/** Calls of `onReport`, sinks and noise rules that failed. */
	readonly failed: number;
}

/** Filters noise, applies limits, counts reports and passes them on. */
export interface Pipeline {
	/**
	 * Whether the rate allows one more request. A request costs as much as one report, and pays before it is read. A request that is not allowed
	 * counts as one dropped report, and costs nothing.
	 */
	admits(): boolean;
	/** Whether the rate allows parsing this number of bytes. Reports of the usual size cost nothing extra. */
	affords(bytes: number): boolean;
	/** Takes the payload of a request, whose first report is paid for. Returns the number of its reports. */
	take(payload: unknown): number;
	stats(): Omit<CollectStats, "refused">;
	flush(): Promise<void>;
}

/** The bytes of a body that one token pays for. A usual report with the whole policy has about 450. */
const BYTES_FOR_ONE = 16_384;

/** How long `flush` waits for sinks. */
const PATIENCE_MS = 5000;

export function createPipeline({
	onReport,
	sinks,
	noise,
	hosts,
	samples,
	maxReports,
	maxClusters,
	perSecond,
	flushSeconds,
	disposition,
}: CollectSettings): Pipeline {
	const tokens = createBucket(perSecond);
	const dropped = new Map<string, number>();
	let [received, accepted, failed] = [0, 0, 0];
	let timer: NodeJS.Timeout | undefined;
	/** Counts each failure and warns about the first one, so that a broken setup does not stay unnoticed. */
	const countFailure = (error: unknown): void => {
		if (failed++ > 0) return;
		const reason = error instanceof Error ? error.message : String(error);
		process.emitWarning(`collectReports: a sink, onReport or a noise rule failed: ${reason}. stats().failed counts further failures.`, "HeadguardWarning");
	};
	let hasFlushed = false;
	/** One timer while something waits. It does not keep the process alive. The first flush is immediate, so that you see at once that reports arrive. */
	const flushLater = (): void => {
		if (outlets.length > 0) timer ??= setTimeout(flushNow, hasFlushed ? flushSeconds * 1000 : 0).unref();
	};
	const flushNow = (): void => {
		timer = undefined;
		hasFlushed = true;
		for (const outlet of outlets) outlet.flush();
	};
	const outlets = sinks.map((sink) => createSinkQueue(sink, maxClusters, { failed: countFailure, waiting: flushLater }));
	const drop = (why: string, count: number): void => {
		dropped.set(why, (dropped.get(why) ?? 0) + count);
		for (const outlet of outlets) outlet.drop(why, count);
	};
	/** If a rule fails, the report is not noise. */
	const noiseIn = (record: ReportRecord): string | undefined => {
		try {
			return noiseOf(record, noise);
		} catch (error) {
			countFailure(error);
			return undefined;
		}
	};
	const isWanted = (record: ReportRecord, i: number): boolean => {
		// The rate comes first, so that noise is limited as well.
		const why = i > 0 && !tokens.take(1) ? "rate" : (noiseIn(record) ?? (isKnown(record.document, hosts) ? undefined : "foreign-document"));
		if (why !== undefined) drop(why, 1);
		return why === undefined;
	};
	const hand = (records: readonly ReportRecord[]): void => {
		const now = Date.now();
		for (const outlet of outlets) for (const record of records) outlet.add(record, now);
		try {
			// A promise that it returns may reject later.
			Promise.resolve(onReport?.(records)).catch(countFailure);
		} catch (error) {
			countFailure(error);
		}
	};
	const late = (): false => {
		drop("rate", 1);
		flushLater();
		return false;
	};
	return {
		admits: () => tokens.take(1) || late(),
		affords: (bytes) => tokens.take(Math.floor(bytes / BYTES_FOR_ONE)) || late(),
		take(payload) {
			const records = recordsOf(payload, { most: maxReports, samples, unsaid: disposition });
			const beyond = records.length === 0 ? 0 : reportsBeyond(payload, maxReports);
			if (beyond > 0) drop("too-many", beyond);
			received += records.length;
			const wanted = records.filter(isWanted);
			accepted += wanted.length;
			if (wanted.length > 0) hand(wanted);
			flushLater();
			return records.length;
		},
		stats: () => ({ received, accepted, dropped: new Map(dropped), failed }),
		async flush() {
			clearTimeout(timer);
			timer = undefined;
			let patience: NodeJS.Timeout | undefined;
			const enough = new Promise((resolve) => {
				patience = setTimeout(resolve, PATIENCE_MS);
			});
			await Promise.race([Promise.all(outlets.map((outlet) => outlet.drain())), enough]);
			clearTimeout(patience);
		},
	};
}

/** A token bucket that refills at this rate per second and holds ten times as many. */
function createBucket(perSecond: number): { take(count: number): boolean } {
	const size = perSecond * 10;
	let [tokens, last] = [size, performance.now()];
	return {
		/** Takes all tokens or none. A larger number counts as the size of the bucket. */
		take(wanted) {
			const count = Math.min(wanted, size);
			const now = performance.now();
			tokens = Math.min(size, tokens + ((now - last) / 1000) * perSecond);
			last = now;
			if (tokens < count) return false;
			tokens -= count;
			return true;
		},
	};
}

/** Whether the page belongs to one of the hosts. Reports of blocked frames may name a foreign page, and some browsers name no page. */
function isKnown(document: string, hosts: ReadonlySet<string> | undefined): boolean {
	return hosts === undefined || (URL.canParse(document) && hosts.has(new URL(document).hostname));
}
