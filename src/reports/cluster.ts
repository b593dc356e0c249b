import { field, isFields, text, whole } from "./fields.ts";
import { type ReportRecord, readBlocked } from "./record.ts";
import type { Verdict } from "./suggest/replay.ts";

/** Reports that say the same, with their number. */
export interface ReportCluster extends Omit<ReportRecord, "column" | "status"> {
	/** The URL of the page. In the paths of all URLs, `:id` replaces numbers and identifiers. */
	readonly document: string;
	/** The number of reports. */
	readonly count: number;
	/** When the first report arrived, in milliseconds since 1970. */
	readonly first: number;
	/** When the last report arrived, in milliseconds since 1970. */
	readonly last: number;
}

/** What a sink receives in one call. */
export interface ReportBatch {
	/** Reports that say the same, counted together. */
	readonly clusters: readonly ReportCluster[];
	/** The number of reports dropped since the last call, by reason: the id of a noise rule, `foreign-document`, `rate`, `too-many` or `overflow`. */
	readonly dropped: ReadonlyMap<string, number>;
}

export function clusterOf(record: ReportRecord, now: number): ReportCluster {
	const { type, disposition, directive, message, sample, policy } = record;
	const [document, blocked, source] = [routeOf(record.document), routeOf(record.blocked), routeOf(record.source)];
	// The line of a URL says little, and differs between the pages of a route.
	const line = blocked.includes("://") ? 0 : record.line;
	return {
		type,
		disposition,
		directive,
		blocked,
		document,
		source,
		line,
		message,
		...(sample === undefined ? {} : { sample }),
		...(policy === undefined ? {} : { policy }),
		count: 1,
		first: now,
		last: now,
	};
}

/** A key that is equal for reports that say the same. Fields have no control characters, so a field cannot imitate another one. */
export function fingerprint(cluster: ReportCluster): string {
	const { type, disposition, directive, blocked, document, source, line, message, sample = "", policy = "" } = cluster;
	return [type, disposition, directive, blocked, document, source, line, message, sample, policy].join("\n");
}

/** Merges two clusters, with the fields of the first. */
export function merged(one: ReportCluster, other: ReportCluster): ReportCluster {
	return { ...one, count: one.count + other.count, first: Math.min(one.first, other.first), last: Math.max(one.last, other.last) };
}

/** Merges clusters that say the same and for which `also` returns the same. */
export function mergedBy(clusters: readonly ReportCluster[], also: (cluster: ReportCluster) => string): readonly ReportCluster[] {
	const all = new Map<string, ReportCluster>();
	for (const cluster of clusters) {
		const key = `${also(cluster)}\n${fingerprint(cluster)}`;
		const known = all.get(key);
		all.set(key, known === undefined ? cluster : merged(known, cluster));
	}
	return [...all.values()];
}

/** Numbers, UUIDs, and long hexadecimal or random words, which differ between visitors. */
const IDENTIFIER = /^(?:\d+|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{12,}|(?=[^/]*\d)[\w-]{20,})(?=(?:\.[a-z0-9]{1,5})?$)/i;

/** Encodes a colon that the URL itself has, because it does not begin a parameter. */
function segment(part: string): string {
	return part.replace(/^:/, "%3A").replace(IDENTIFIER, ":id");
}

/** A URL in whose path `:id` replaces numbers and identifiers. */
export function routeOf(document: string): string {
	return /^(?:https?|wss?):\/\/[^/]+\//.test(document) ? document.replace(/(?<=[^/]\/)[^/]+/g, segment) : document;
}

/** The largest time that a Date can have. */
const LAST_TIME = 8_640_000_000_000_000;

const VERDICTS: readonly Verdict[] = ["allows", "blocks", "unknown"];

/** Reads a stored cluster. Returns undefined for anything else. */
export function readCluster(value: unknown): ReportCluster | undefined {
	if (!isFields(value)) return undefined;
	const word = (name: string, longest?: number): string => text(field(value, name), longest);
	const [type, count, first, last] = [word("type"), whole(field(value, "count")), whole(field(value, "first")), whole(field(value, "last"))];
	// An invalid time would break the grouping by day.
	if (type === "" || count === 0 || Math.max(first, last) > LAST_TIME) return undefined;
	const [sample, policy] = [word("sample"), VERDICTS.find((one) => one === field(value, "policy"))];
	return {
		type,
		disposition: field(value, "disposition") === "report" ? "report" : "enforce",
		directive: word("directive"),
		blocked: type === "csp-violation" ? readBlocked(word("blocked", 500)) : word("blocked", 500),
		document: word("document", 500),
		source: word("source", 500),
		line: whole(field(value, "line")),
		message: word("message"),
		...(sample === "" ? {} : { sample }),
		...(policy === undefined ? {} : { policy }),
		count,
		first,
		last: Math.max(first, last),
	};
}

/** The day (UTC) of the first report, as 2026-11-23. */
export function dayOf({ first }: Pick<ReportCluster, "first">): string {
	return new Date(first).toISOString().slice(0, 10);
}
