import { webAddress } from "../core/address.ts";
import { didYouMean, show } from "../core/text.ts";
import { RULES } from "./judge.ts";
import type { Finding } from "./types.ts";

/** A finding that does not count, and the reason. */
export interface Ignore {
	/**
	 * The id of the rule.
	 * @example "policy/different"
	 */
	readonly id: string;
	/**
	 * The path of the page, without a query. A finding on several pages is ignored only when an entry covers all of them.
	 * @defaultValue none: the entry covers every page
	 * @example "/embed"
	 */
	readonly path?: string | undefined;
	/**
	 * Why the finding does not count, for people who read the report.
	 * @defaultValue none
	 * @example "partners embed this page"
	 */
	readonly reason?: string | undefined;
	/**
	 * The last day (UTC) on which the finding does not count. After that day it counts again.
	 * @defaultValue none: the entry does not expire
	 * @example "2027-01-31"
	 */
	readonly until?: string | undefined;
}

export interface Ignored extends Finding {
	readonly reason: string | undefined;
}

/** What is wrong with an entry; undefined when it is valid. */
export function problemOf({ id, path, until }: Ignore): string | undefined {
	const ids = RULES.map((rule) => rule.id);
	if (!ids.includes(id)) return `no rule has the id ${show(id)}.${didYouMean(id, ids)}`;
	if (path !== undefined && !path.startsWith("/")) return `${show(path)} is not a path. Write /${path}.`;
	if (until === undefined || isDay(until)) return undefined;
	return `${show(until)} is not a date. Write it as 2027-01-31.`;
}

/** The date of today (UTC), as entries write it. */
export function today(): string {
	return new Date().toISOString().slice(0, 10);
}

/** Whether it is a day of the calendar, which the 31st of February is not. */
function isDay(text: string): boolean {
	const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
	return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** The findings that count, and the entries that are no longer needed, one sentence each. */
export function withoutIgnored(
	findings: readonly Finding[],
	entries: readonly Ignore[],
	today: string,
	/** The audit covered everything that entries can mean, so one that matches nothing is reported. */
	isWhole: boolean = true,
): { readonly findings: readonly Finding[]; readonly ignored: readonly Ignored[]; readonly stale: readonly string[] } {
	const valid = entries.filter(({ until }) => until === undefined || until >= today);
	const covering = (finding: Finding): Ignore | undefined => valid.find((entry) => covers(entry, finding));
	const unneeded = valid.filter((entry) => !findings.some((finding) => covers(entry, finding)));
	return {
		findings: findings.filter((finding) => covering(finding) === undefined),
		ignored: findings.flatMap((finding) => {
			const entry = covering(finding);
			return entry === undefined ? [] : [{ ...finding, reason: entry.reason }];
		}),
		stale: [
			...entries.filter((entry) => !valid.includes(entry)).map((entry) => `${nameOf(entry)} was ignored until ${entry.until}, and counts again.`),
			...(isWhole ? unneeded : []).map((entry) => `${nameOf(entry)} is ignored, but was not found. Remove the entry.`),
		],
	};
}

/** Entries for the findings that the preset of a policy leaves open on purpose. They say what the policy does not do. */
export function acceptedIn(findings: readonly Finding[], accepted: readonly string[]): readonly Ignore[] {
	return accepted.flatMap((id) => (findings.some((finding) => finding.id === id) ? [{ id, reason: ACCEPTED }] : []));
}

const ACCEPTED = "the preset leaves it open: injected scripts run, and forms can send data anywhere";

function nameOf({ id, path }: Ignore): string {
	return path === undefined ? id : `${id}:${path}`;
}

/** A finding on several pages is ignored when all of them are. */
function covers({ id, path }: Ignore, finding: Finding): boolean {
	return finding.id === id && (path === undefined || [finding.url, ...finding.alsoAt].every((url) => pathnameOf(url) === path));
}

function pathnameOf(url: string): string {
	return webAddress(url)?.pathname ?? url;
}
