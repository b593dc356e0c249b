import { dayOf, type ReportCluster } from "../../reports/cluster.ts";
import type { StoredReports } from "../../reports/sinks/file.ts";

/** What was blocked and where. */
export interface Row {
	readonly type: string;
	readonly disposition: string;
	readonly directive: string;
	readonly blocked: string;
	readonly message: string;
	/** The beginning of inline code, if it was kept. */
	readonly sample?: string | undefined;
	/** What the policy in the reports says about it. `allows`: something behind it was blocked, such as the target of a redirect. */
	readonly policy?: ReportCluster["policy"];
	/** Scripts and lines that caused it, the most frequent first. */
	readonly places: readonly { readonly source: string; readonly line: number; readonly count: number }[];
	/** Pages, the most frequent first. */
	readonly pages: readonly { readonly document: string; readonly count: number }[];
	readonly count: number;
	readonly first: number;
	readonly last: number;
}

export interface Summary {
	/** Rows, the most frequent first. */
	readonly rows: readonly Row[];
	readonly reports: number;
	readonly first: number;
	readonly last: number;
	/** Reports for each day, without gaps. */
	readonly days: readonly { readonly day: string; readonly count: number }[];
	readonly dropped: readonly (readonly [string, number])[];
	readonly unreadable: number;
}

export function summarize({ clusters, dropped, unreadable }: StoredReports, type: string | undefined): Summary {
	const wanted = clusters.filter((cluster) => type === undefined || cluster.type === type);
	const groups = new Map<string, ReportCluster[]>();
	for (const cluster of wanted) {
		const key = [cluster.type, cluster.disposition, cluster.directive, cluster.blocked, cluster.message, cluster.sample, cluster.policy].join("\n");
		groups.set(key, [...(groups.get(key) ?? []), cluster]);
	}
	const rows = [...groups.values()].map(rowOf).sort((a, b) => b.count - a.count || b.last - a.last);
	return {
		rows,
		reports: sum(wanted),
		first: Math.min(...rows.map(({ first }) => first)),
		last: Math.max(...rows.map(({ last }) => last)),
		days: daysOf(wanted),
		dropped: [...dropped].sort(([, a], [, b]) => b - a),
		unreadable,
	};
}

/** `1 report`, `2 reports`. */
export function counted(count: number, word: string): string {
	return `${count} ${word}${count === 1 ? "" : "s"}`;
}

export function dateOf(time: number): string {
	return new Date(time).toISOString().slice(0, 16).replace("T", " ");
}

function sum(clusters: readonly { readonly count: number }[]): number {
	return clusters.reduce((total, { count }) => total + count, 0);
}

function rowOf(group: readonly ReportCluster[]): Row {
	const [{ type, disposition, directive, blocked, message, sample, policy } = {} as ReportCluster] = group;
	const pages = tallied(group, ({ document }) => document);
	const places = tallied(group, ({ source, line }) => `${line} ${source}`);
	return {
		type,
		disposition,
		directive,
		blocked,
		message,
		sample,
		policy,
		pages: pages.map(([document, count]) => ({ document, count })),
		places: places.map(([place, count]) => ({ source: place.slice(place.indexOf(" ") + 1), line: Number.parseInt(place, 10), count })),
		count: sum(group),
		first: Math.min(...group.map(({ first }) => first)),
		last: Math.max(...group.map(({ last }) => last)),
	};
}

/** The number of each key, the most frequent first. */
function tallied(group: readonly ReportCluster[], keyOf: (cluster: ReportCluster) => string): readonly (readonly [string, number])[] {
	const counts = new Map<string, number>();
	for (const cluster of group) counts.set(keyOf(cluster), (counts.get(keyOf(cluster)) ?? 0) + cluster.count);
	return [...counts].sort(([, a], [, b]) => b - a);
}

const DAY = 86_400_000;
const MOST_DAYS = 60;

/** The last sixty days up to the last report. */
function daysOf(clusters: readonly ReportCluster[]): Summary["days"] {
	const counts = new Map<string, number>();
	for (const cluster of clusters) counts.set(dayOf(cluster), (counts.get(dayOf(cluster)) ?? 0) + cluster.count);
	const [first, last] = [[...counts.keys()].sort()[0], [...counts.keys()].sort().at(-1)];
	if (first === undefined || last === undefined) return [];
	const end = Date.parse(last);
	const count = Math.min(MOST_DAYS, Math.round((end - Date.parse(first)) / DAY) + 1);
	return Array.from({ length: count }, (_, i) => {
		const day = new Date(end - (count - 1 - i) * DAY).toISOString().slice(0, 10);
		return { day, count: counts.get(day) ?? 0 };
	});
}
