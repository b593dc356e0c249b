import { camel } from "../../core/text.ts";
import type { CspModel, CspPolicies } from "../../csp/model.ts";
import { CSP_KEYS, type CspKey } from "../../headers/facts.ts";
import type { CheckedPolicy } from "../../policy/create.ts";
import { dayOf, type ReportCluster } from "../cluster.ts";
import { type Proposal, proposalFor, type Surroundings } from "./proposal.ts";
import { addressOf, isReportedBehind } from "./replay.ts";
import { MOST_HOSTS, riskier } from "./risk.ts";

/** A change that would end some of the reports, or why they should go on. */
export interface Suggestion extends Proposal {
	readonly header: CspKey;
	/** The only route that needs it, as Express writes it, or undefined for the whole site. */
	readonly route: string | undefined;
	/** The estimated number of page views: for each page, the count of its most frequent report. */
	readonly pageViews: number;
	readonly reports: number;
	/** The number of days (UTC) on which it was reported. */
	readonly days: number;
	readonly documents: readonly string[];
	/** Whether the patch contains it. */
	readonly isApplied: boolean;
}

/** The share of the most frequent violation of the same page below which one is rare. With fewer reports than ENOUGH, nothing is rare. */
const RARE = 0.01;
const ENOUGH = 200;

/** The header that applies to it. A report of a trial that has ended is judged by the enforced policy, and the other way round. */
function headerFor({ models }: CheckedPolicy, { disposition }: ReportCluster): CspKey | undefined {
	const order = disposition === "report" ? CSP_KEYS.toReversed() : CSP_KEYS;
	return order.find((header) => models.has(header));
}

/** The policy that would report it, or undefined. */
export function violated(policy: CheckedPolicy, cluster: ReportCluster, ways: Surroundings["ways"]): CspModel | undefined {
	const header = headerFor(policy, cluster);
	const models = header === undefined ? [] : (policy.models.get(header) as CspPolicies).all;
	return models.find((model) => isReportedBehind(model, cluster, ways.get(cluster.blocked)));
}

/** Page → how often its most frequent violation was reported, by any script and at any place on the page. */
export function busiestOf(clusters: readonly ReportCluster[]): ReadonlyMap<string, number> {
	const counts = new Map<string, number>();
	const most = new Map<string, number>();
	for (const cluster of clusters) {
		const key = thingOf(cluster);
		counts.set(key, (counts.get(key) ?? 0) + cluster.count);
		most.set(cluster.document, Math.max(counts.get(key) ?? 0, most.get(cluster.document) ?? 0));
	}
	return most;
}

function isRare(clusters: readonly ReportCluster[], busiest: ReadonlyMap<string, number>): boolean {
	const here = new Map<string, number>();
	for (const { document, count } of clusters) here.set(document, (here.get(document) ?? 0) + count);
	return [...here].every(([document, count]) => (busiest.get(document) ?? 0) >= ENOUGH && count < (busiest.get(document) ?? 0) * RARE);
}

/** Withdraws a proposal. The advice still names the source. */
function withdrawn(proposal: Proposal, why: string): Proposal {
	const { kind, directive, source } = proposal;
	if (kind === "nothing" || kind === "code" || kind === "redirect") return proposal;
	const what = source === undefined ? "" : ` If it is yours, add ${source} to ${camel(directive)}.`;
	return { kind: "nothing", directive, risk: "high", advice: `${why}${what}` };
}

const RARE_ADVICE = "Fewer than one in a hundred views of the page reported it. It is more likely an extension or an attack than part of the page.";

export type Draft = Omit<Suggestion, "isApplied">;

export interface Evidence {
	readonly surroundings: Surroundings;
	readonly least: number;
	readonly busiest: ReadonlyMap<string, number>;
	readonly days: ReadonlyMap<string, ReadonlySet<string>>;
}

/** A draft for each change that violations ask for, those that concern most page views first. */
export function draftsOf(policy: CheckedPolicy, open: readonly ReportCluster[], { surroundings, least, busiest, days }: Evidence): readonly Draft[] {
	const groups = new Map<string, { readonly header: CspKey; readonly proposal: Proposal; readonly clusters: ReportCluster[] }>();
	for (const cluster of open) {
		const header = headerFor(policy, cluster) as CspKey;
		const proposal = proposalFor(violated(policy, cluster, surroundings.ways) as CspModel, cluster, surroundings);
		const key = [header, proposal.kind, proposal.directive, proposal.source, proposal.advice].join("\n");
		const group = groups.get(key) ?? { header, proposal, clusters: [] };
		groups.set(key, group);
		group.clusters.push(cluster);
	}
	const drafts = [...groups.values()].map(({ header, proposal, clusters }) => {
		const views = busiestOf(clusters);
		const documents = [...views.keys()].sort();
		const [only = "", ...others] = documents;
		const reports = sum(clusters);
		const isOneRoute = others.length === 0 && busiest.size > 1 && isAddition(proposal);
		const few = `Only ${reports === 1 ? "one report names" : `${reports} reports name`} it, which is not enough evidence.`;
		const doubt = isRare(clusters, busiest) ? RARE_ADVICE : reports < least ? few : undefined;
		return {
			...(doubt === undefined ? proposal : withdrawn(proposal, doubt)),
			header,
			route: isOneRoute ? routeOf(only) : undefined,
			pageViews: [...views.values()].reduce((total, count) => total + count, 0),
			reports,
			days: new Set(clusters.flatMap((cluster) => [...(days.get(thingOf(cluster)) ?? [])])).size,
			documents,
		};
	});
	return drafts.sort(byPageViews);
}

/** Very many hosts for one directive are likely made up. The first few keep their risk, and the others are at least medium. */
export function inDoubt(drafts: readonly Draft[]): readonly Draft[] {
	const counts = new Map<string, number>();
	return drafts.map((draft) => {
		if (draft.kind !== "source") return draft;
		const key = `${draft.header} ${draft.directive}`;
		const count = (counts.get(key) ?? 0) + 1;
		counts.set(key, count);
		return count <= MOST_HOSTS ? draft : { ...draft, risk: riskier(draft.risk, "medium") };
	});
}

export function byPageViews(a: Draft, b: Draft): number {
	return b.pageViews - a.pageViews || b.reports - a.reports;
}

export function sum(clusters: readonly ReportCluster[]): number {
	return clusters.reduce((total, { count }) => total + count, 0);
}

/** What was blocked → the days on which it was reported. */
export function daysIn(clusters: readonly ReportCluster[]): ReadonlyMap<string, ReadonlySet<string>> {
	const days = new Map<string, Set<string>>();
	for (const cluster of clusters) {
		const key = thingOf(cluster);
		const known = days.get(key) ?? new Set();
		days.set(key, known);
		for (const time of [cluster.first, cluster.last]) known.add(dayOf({ first: time }));
	}
	return days;
}

function thingOf({ document, directive, blocked, sample = "" }: ReportCluster): string {
	return [document, directive, blocked, sample].join("\n");
}

export function isAddition({ kind }: Pick<Proposal, "kind">): boolean {
	return kind === "source" || kind === "hash";
}

/** The path of a page as Express writes it, or undefined if it has unusual characters. */
export function routeOf(document: string): string | undefined {
	const path = addressOf(document)?.pathname ?? "";
	let ids = 0;
	// Each parameter of a path needs a name of its own.
	const route = path.replace(/(?<=\/):id(?=\/|$)/g, () => (++ids === 1 ? ":id" : `:id${ids}`));
	return /^(?:\/(?::id\d*|[\w.~%-]*))+$/.test(route) ? route : undefined;
}
