import { clusterOf, fingerprint, joined, type ReportBatch, type ReportCluster } from "./cluster.ts";
import type { ReportRecord } from "./record.ts";

/** Counts reports that say the same, in memory that does not grow. */
export interface Aggregate {
	add(record: ReportRecord, now: number): void;
	drop(why: string, count: number): void;
	/** Takes back what could not be handed on. */
	restore(batch: ReportBatch): void;
	isEmpty(): boolean;
	/** Everything since the last time. */
	take(): ReportBatch;
}

/** How many reasons to drop are counted by name: a rule of the user's own may make names up. */
const MOST_REASONS = 100;

/**
 * @param most that many clusters are held; then the one that was not seen for longest gives way, and is counted as `overflow`.
 * Whoever floods with reports of which no two are equal pushes out his own.
 */
export function createAggregate(most: number): Aggregate {
	// A Map keeps the order of insertion: what was seen now goes to the end.
	let clusters = new Map<string, ReportCluster>();
	let dropped = new Map<string, number>();
	const drop = (why: string, count: number): void => {
		const name = dropped.has(why) || dropped.size < MOST_REASONS ? why : "other";
		dropped.set(name, (dropped.get(name) ?? 0) + count);
	};
	const put = (cluster: ReportCluster): void => {
		const key = fingerprint(cluster);
		const known = clusters.get(key);
		if (known !== undefined) clusters.delete(key);
		clusters.set(key, known === undefined ? cluster : joined(known, cluster));
		if (clusters.size <= most) return;
		const [oldest] = clusters;
		clusters.delete(oldest?.[0] ?? "");
		drop("overflow", oldest?.[1].count ?? 0);
	};
	return {
		drop,
		add: (record, now) => put(clusterOf(record, now)),
		restore(batch) {
			const newer = [...clusters.values()];
			clusters = new Map();
			for (const cluster of [...batch.clusters, ...newer]) put(cluster);
			for (const [why, count] of batch.dropped) drop(why, count);
		},
		isEmpty: () => clusters.size === 0 && dropped.size === 0,
		take() {
			const batch = { clusters: [...clusters.values()], dropped };
			clusters = new Map();
			dropped = new Map();
			return batch;
		},
	};
}
