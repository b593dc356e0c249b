import { clusterOf, fingerprint, merged, type ReportBatch, type ReportCluster } from "../cluster.ts";
import type { ReportRecord } from "../record.ts";

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
 * @param most that many clusters are held; then one gives way that was seen least often, and is counted as `overflow`. Whoever floods with
 * reports of which no two are equal pushes out his own: half of the room belongs to what came first.
 */
export function createAggregate(most: number): Aggregate {
	let clusters = new Map<string, ReportCluster>();
	/** Those that came while there was room for them. */
	let early = new Set<string>();
	/** Rank → keys, the one that was seen last at the end. */
	let ranks = new Map<number, Set<string>>();
	let dropped = new Map<string, number>();
	const drop = (why: string, count: number): void => {
		const name = dropped.has(why) || dropped.size < MOST_REASONS ? why : "other";
		dropped.set(name, (dropped.get(name) ?? 0) + count);
	};
	/** By doublings, so that to be seen once more says little; to have come first is worth one. */
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
