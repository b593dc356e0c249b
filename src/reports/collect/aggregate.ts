import { clusterOf, fingerprint, merged, type ReportBatch, type ReportCluster } from "../cluster.ts";
import type { ReportRecord } from "../record.ts";

/** Counts reports that say the same, in limited memory. */
export interface Aggregate {
	add(record: ReportRecord, now: number): void;
	drop(why: string, count: number): void;
	/** Takes back a batch that could not be passed on. */
	restore(batch: ReportBatch): void;
	isEmpty(): boolean;
	/** Removes and returns everything since the last call. */
	take(): ReportBatch;
}

/** The number of reasons that are counted by name. A custom rule may use any number of names. */
const MOST_REASONS = 100;

/**
 * @param most the largest number of clusters. Above it, one that was seen least often is dropped and counted as `overflow`. A flood of
 * different reports displaces its own reports, because half of the room is reserved for those that came first.
 */
export function createAggregate(most: number): Aggregate {
	let clusters = new Map<string, ReportCluster>();
	/** Keys of the clusters that came while there was room. */
	let early = new Set<string>();
	/** Rank → keys, the most recent at the end. */
	let ranks = new Map<number, Set<string>>();
	let dropped = new Map<string, number>();
	const drop = (why: string, count: number): void => {
		const name = dropped.has(why) || dropped.size < MOST_REASONS ? why : "other";
		dropped.set(name, (dropped.get(name) ?? 0) + count);
	};
	/** The rank rises when the count doubles, so one more report matters little. An early cluster ranks one higher. */
	const rankOf = (key: string, count: number): number => Math.floor(Math.log2(count)) + (early.has(key) ? 1 : 0);
	const remove = (key: string, { count }: ReportCluster): void => {
		const rank = rankOf(key, count);
		ranks.get(rank)?.delete(key);
		if (ranks.get(rank)?.size === 0) ranks.delete(rank);
		clusters.delete(key);
	};
	const evict = (): void => {
		const [key = ""] = ranks.get(Math.min(...ranks.keys())) ?? [];
		const cluster = clusters.get(key);
		if (cluster === undefined) return;
		remove(key, cluster);
		early.delete(key);
		drop("overflow", cluster.count);
	};
	const put = (cluster: ReportCluster): void => {
		const key = fingerprint(cluster);
		const known = clusters.get(key);
		if (known !== undefined) remove(key, known);
		else if (clusters.size >= most) evict();
		else if (early.size < most / 2) early.add(key);
		const now = known === undefined ? cluster : merged(known, cluster);
		clusters.set(key, now);
		const rank = rankOf(key, now.count);
		const keys = ranks.get(rank) ?? new Set();
		ranks.set(rank, keys.add(key));
	};
	const clear = (): void => {
		clusters = new Map();
		early = new Set();
		ranks = new Map();
	};
	return {
		drop,
		add: (record, now) => put(clusterOf(record, now)),
		restore(batch) {
			const newer = [...clusters.values()];
			clear();
			for (const cluster of [...batch.clusters, ...newer]) put(cluster);
			for (const [why, count] of batch.dropped) drop(why, count);
		},
		isEmpty: () => clusters.size === 0 && dropped.size === 0,
		take() {
			const batch = { clusters: [...clusters.values()], dropped };
			clear();
			dropped = new Map();
			return batch;
		},
	};
}
