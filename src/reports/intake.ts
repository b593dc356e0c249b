import { noiseOf } from "./noise.ts";
import { createOutlet } from "./outlet.ts";
import { type ReportRecord, recordsOf } from "./record.ts";
import type { CollectSettings } from "./settings.ts";

export interface CollectStats {
	/** Reports that were read. */
	readonly received: number;
	/** Reports that were handed on, or wait for it. */
	readonly accepted: number;
	/** Why reports were dropped → how many: ids of noise, `foreign-document`, `rate`, `too-many`. What a sink had no room for, it is told itself, as `overflow`. */
	readonly dropped: ReadonlyMap<string, number>;
	/** Requests that were refused, by status. */
	readonly refused: ReadonlyMap<number, number>;
	/** Calls of `onReport`, of sinks and of rules that failed. */
	readonly failed: number;
}

/** What becomes of reports once they are read: told from noise, limited, counted and handed on. */
export interface Intake {
	/** Whether the rate allows one more; a request that comes when it does not is counted as one report, and costs nothing. */
	admits(): boolean;
	/** How many reports the payload of a request held. */
	take(payload: unknown): number;
	stats(): Omit<CollectStats, "refused">;
	flush(): Promise<void>;
}

/** How long `flush` waits for sinks. */
const PATIENCE_MS = 5000;

export function createIntake({
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
}: CollectSettings): Intake {
	const tokens = createBucket(perSecond);
	const dropped = new Map<string, number>();
	let [received, accepted, failed] = [0, 0, 0];
	let timer: NodeJS.Timeout | undefined;
	/** Counted, and said once: whoever collects nothing should hear of it. */
	const countFailure = (error: unknown): void => {
		if (failed++ > 0) return;
		const reason = error instanceof Error ? error.message : String(error);
		process.emitWarning(`collectReports: a sink, onReport or rule has failed: ${reason}. stats().failed counts what follows.`, "HeadguardWarning");
	};
	/** One timer while something waits; it keeps no process alive. */
	const flushLater = (): void => {
		if (outlets.length > 0) timer ??= setTimeout(flushNow, flushSeconds * 1000).unref();
	};
	const flushNow = (): void => {
		timer = undefined;
		for (const outlet of outlets) outlet.flush();
	};
	const outlets = sinks.map((sink) => createOutlet(sink, maxClusters, { failed: countFailure, waiting: flushLater }));
	const drop = (why: string, count: number): void => {
		dropped.set(why, (dropped.get(why) ?? 0) + count);
		for (const outlet of outlets) outlet.drop(why, count);
	};
	/** A rule of the user's own that fails calls nothing noise. */
	const noiseIn = (record: ReportRecord): string | undefined => {
		try {
			return noiseOf(record, noise);
		} catch (error) {
			countFailure(error);
			return undefined;
		}
	};
	const isWanted = (record: ReportRecord): boolean => {
		// First, so that noise cannot be sent without end either.
		const why = !tokens.take() ? "rate" : (noiseIn(record) ?? (isKnown(record.document, hosts) ? undefined : "foreign-document"));
		if (why !== undefined) drop(why, 1);
		return why === undefined;
	};
	const hand = (records: readonly ReportRecord[]): void => {
		const now = Date.now();
		for (const outlet of outlets) for (const record of records) outlet.add(record, now);
		try {
			// Whatever it gives back, if it is a promise, may fail later.
			Promise.resolve(onReport?.(records)).catch(countFailure);
		} catch (error) {
			countFailure(error);
		}
	};
	return {
		admits() {
			if (tokens.left()) return true;
			drop("rate", 1);
			flushLater();
			return false;
		},
		take(payload) {
			const records = recordsOf(payload, { most: maxReports, samples, unsaid: disposition });
			if (Array.isArray(payload) && payload.length > maxReports) drop("too-many", payload.length - maxReports);
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

/** So many a second may pass, and ten times as many at once. */
function createBucket(perSecond: number): { left(): boolean; take(): boolean } {
	const size = perSecond * 10;
	let [tokens, last] = [size, Date.now()];
	const left = (): boolean => {
		const now = Date.now();
		tokens = Math.min(size, tokens + (Math.max(0, now - last) / 1000) * perSecond);
		last = now;
		return tokens >= 1;
	};
	return {
		left,
		take() {
			if (!left()) return false;
			tokens--;
			return true;
		},
	};
}

/** A frame that was blocked has no document of ours, and some browsers name none. */
function isKnown(document: string, hosts: ReadonlySet<string> | undefined): boolean {
	return hosts === undefined || (URL.canParse(document) && hosts.has(new URL(document).hostname));
}
