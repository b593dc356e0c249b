import { PolicyError } from "../core/errors.ts";
import { camel } from "../core/text.ts";
import type { CspModel, CspPolicies } from "../headers/csp/model.ts";
import { overridePolicy, type PolicyPatch } from "../override.ts";
import type { Policy } from "../policy.ts";
import { joinedBy, type ReportCluster } from "./cluster.ts";
import { NOISE, noiseOf } from "./noise.ts";
import { type Proposal, proposalFor, RISKS, type Risk } from "./proposal.ts";
import { addressOf, isReported } from "./replay.ts";

/** A change that would end some of the reports, or why they should go on. */
export interface Suggestion extends Proposal {
	readonly header: CspHeader;
	/** The one route that needs it, as Express writes it; undefined for the whole site. */
	readonly route: string | undefined;
	/** Page views that it is about: of each page, the most frequent of its reports. */
	readonly pageViews: number;
	readonly reports: number;
	readonly documents: readonly string[];
	/** It is in the patch. */
	readonly isApplied: boolean;
}

interface Patch {
	/** For `headers.extend(…)`: what the whole site needs. */
	readonly extend: PolicyPatch;
	/** For `app.all(path, headers.extend(…))`: what one page needs. */
	readonly routes: readonly { readonly path: string; readonly extend: PolicyPatch }[];
}

export interface Suggested {
	/** What concerns most page views comes first. */
	readonly suggestions: readonly Suggestion[];
	/** How many more there would be. */
	readonly more: number;
	readonly patch: Patch;
	readonly replay: {
		/** Violations that were recorded, without noise. */
		readonly recorded: number;
		/** How many of them the policy would report as it stands, and with the patch. */
		readonly before: number;
		readonly after: number;
	};
	/** Noise by its id: what was dropped when it came, and what was found now. */
	readonly noise: ReadonlyMap<string, number>;
}

export interface SuggestOptions {
	/** What is riskier is proposed, and not in the patch. */
	readonly risk: Risk;
	/** Hosts whose pages count; undefined for any. */
	readonly hosts?: readonly string[] | undefined;
}

type CspHeader = "contentSecurityPolicy" | "contentSecurityPolicyReportOnly";

/** A share of what the same page reports most often; with fewer reports than ENOUGH nothing is called rare. */
const RARE = 0.01;
const ENOUGH = 200;
/** Nobody reads more, and whoever makes reports up can make up any number. */
const MOST = 200;

/** Proposes changes of a policy from what was reported. A policy without CSP gets none. */
export function suggest(
	policy: Policy,
	stored: { readonly clusters: readonly ReportCluster[]; readonly dropped: ReadonlyMap<string, number> },
	{ risk, hosts }: SuggestOptions,
): Suggested {
	const noise = new Map(stored.dropped);
	const violations = joinedBy(stored.clusters, () => "").filter((one) => one.type === "csp-violation" && !isNoise(one, hosts, noise));
	const open = violations.filter((one) => violated(policy, one) !== undefined);
	const drafts = draftsOf(policy, open, busiestOf(violations));
	const { suggestions, site, routes } = applyTo(policy, drafts.slice(0, MOST), risk);
	const still = open.filter((one) => violated(routes.get(routeOf(one.document) ?? "") ?? site, one) !== undefined);
	return {
		suggestions,
		more: Math.max(0, drafts.length - MOST),
		patch: patchOf(suggestions.filter(({ isApplied }) => isApplied)),
		replay: { recorded: sum(violations), before: sum(open), after: sum(still) },
		noise,
	};
}

function sum(clusters: readonly ReportCluster[]): number {
	return clusters.reduce((total, { count }) => total + count, 0);
}

/** What was no noise when it came, or came before its rule did. */
function isNoise(cluster: ReportCluster, hosts: readonly string[] | undefined, counts: Map<string, number>): boolean {
	const isForeign = hosts !== undefined && !hosts.includes(addressOf(cluster.document)?.hostname ?? "");
	const id = noiseOf(cluster, NOISE) ?? (isForeign ? "foreign-document" : undefined);
	if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + cluster.count);
	return id !== undefined;
}

/** The header that speaks of it: a trial that was ended is judged by what is enforced now, and the other way round. */
function headerFor({ models }: Policy, { disposition }: ReportCluster): CspHeader | undefined {
	const [enforced, trial]: readonly CspHeader[] = ["contentSecurityPolicy", "contentSecurityPolicyReportOnly"];
	const order = disposition === "report" ? [trial, enforced] : [enforced, trial];
	return order.find((header): header is CspHeader => header !== undefined && models.has(header));
}

/** The policy that would report it; undefined when none would any more. */
function violated(policy: Policy, cluster: ReportCluster): CspModel | undefined {
	const header = headerFor(policy, cluster);
	return header === undefined ? undefined : (policy.models.get(header) as CspPolicies).find((model) => isReported(model, cluster));
}

/** Page → how often its most frequent violation was reported, wherever on the page and by whatever script. */
function busiestOf(clusters: readonly ReportCluster[]): ReadonlyMap<string, number> {
	const counts = new Map<string, number>();
	const most = new Map<string, number>();
	for (const { document, directive, blocked, sample = "", count } of clusters) {
		const key = [document, directive, blocked, sample].join("\n");
		counts.set(key, (counts.get(key) ?? 0) + count);
		most.set(document, Math.max(counts.get(key) ?? 0, most.get(document) ?? 0));
	}
	return most;
}

function isRare(clusters: readonly ReportCluster[], busiest: ReadonlyMap<string, number>): boolean {
	const here = new Map<string, number>();
	for (const { document, count } of clusters) here.set(document, (here.get(document) ?? 0) + count);
	return [...here].every(([document, count]) => (busiest.get(document) ?? 0) >= ENOUGH && count < (busiest.get(document) ?? 0) * RARE);
}

function rare(proposal: Proposal): Proposal {
	const { kind, directive, source } = proposal;
	if (kind === "nothing" || kind === "code") return proposal;
	const what = source === undefined ? "" : ` If it is yours, add ${source} to ${camel(directive)}.`;
	return {
		kind: "nothing",
		directive,
		risk: "high",
		advice: `Fewer than one in a hundred views of the page had it: more likely an extension or an attack than a part of the page.${what}`,
	};
}

type Draft = Omit<Suggestion, "isApplied">;

/** One for each change that several violations ask for; what concerns most page views first. */
function draftsOf(policy: Policy, open: readonly ReportCluster[], busiest: ReadonlyMap<string, number>): readonly Draft[] {
	const groups = new Map<string, { readonly header: CspHeader; readonly proposal: Proposal; readonly clusters: ReportCluster[] }>();
	for (const cluster of open) {
		const header = headerFor(policy, cluster) as CspHeader;
		const proposal = proposalFor(violated(policy, cluster) as CspModel, cluster);
		const key = [header, proposal.kind, proposal.directive, proposal.source, proposal.advice].join("\n");
		const group = groups.get(key) ?? { header, proposal, clusters: [] };
		groups.set(key, group);
		group.clusters.push(cluster);
	}
	const drafts = [...groups.values()].map(({ header, proposal, clusters }) => {
		const views = busiestOf(clusters);
		const documents = [...views.keys()].sort();
		const [only = "", ...others] = documents;
		return {
			...(isRare(clusters, busiest) ? rare(proposal) : proposal),
			header,
			route: others.length === 0 && busiest.size > 1 && isAddition(proposal) ? routeOf(only) : undefined,
			pageViews: [...views.values()].reduce((total, count) => total + count, 0),
			reports: sum(clusters),
			documents,
		};
	});
	return drafts.sort(byPageViews);
}

function byPageViews(a: Draft, b: Draft): number {
	return b.pageViews - a.pageViews || b.reports - a.reports;
}

/** Adds one after the other, as long as the policy takes it: for the whole site first, as the routes lie on top. */
function applyTo(
	policy: Policy,
	drafts: readonly Draft[],
	limit: Risk,
): { readonly suggestions: readonly Suggestion[]; readonly site: Policy; readonly routes: ReadonlyMap<string, Policy> } {
	let site = policy;
	const routes = new Map<string, Policy>();
	const apply = (draft: Draft): Suggestion => {
		if (!isAddition(draft) || RISKS.indexOf(draft.risk) > RISKS.indexOf(limit)) return { ...draft, isApplied: false };
		const changed = added((draft.route === undefined ? undefined : routes.get(draft.route)) ?? site, draft);
		if (typeof changed === "string") return { ...draft, route: undefined, kind: "nothing", source: undefined, advice: changed, isApplied: false };
		if (draft.route === undefined) site = changed;
		else routes.set(draft.route, changed);
		return { ...draft, isApplied: true };
	};
	const ofSite = drafts.filter(({ route }) => route === undefined).map(apply);
	const ofRoutes = drafts.filter(({ route }) => route !== undefined).map(apply);
	return { suggestions: [...ofSite, ...ofRoutes].sort(byPageViews), site, routes };
}

/** The policy with the addition, or why it does not take it. */
function added(policy: Policy, { header, directive, source = "" }: Draft): Policy | string {
	try {
		return overridePolicy(policy, { [header]: { directives: { [camel(directive)]: [source] } } }, "extend");
	} catch (error) {
		if (error instanceof PolicyError) return error.issues.map(({ message }) => message).join(" ");
		throw error;
	}
}

function isAddition({ kind }: Pick<Proposal, "kind">): boolean {
	return kind === "source" || kind === "hash";
}

/** The path of a page as Express writes it; undefined where it has other characters than paths usually have. */
function routeOf(document: string): string | undefined {
	const path = addressOf(document)?.pathname ?? "";
	let ids = 0;
	// Each parameter of a path needs a name of its own.
	const route = path.replace(/(?<=\/):id(?=\/|$)/g, () => (++ids === 1 ? ":id" : `:id${ids}`));
	return /^(?:\/(?::id\d*|[\w.~%-]*))+$/.test(route) ? route : undefined;
}

function patchOf(applied: readonly Suggestion[]): Patch {
	const everywhere = applied.filter(({ route }) => route === undefined);
	const routes = [...new Set(applied.flatMap(({ route }) => route ?? []))].sort();
	return { extend: merged(everywhere), routes: routes.map((path) => ({ path, extend: merged(applied.filter(({ route }) => route === path)) })) };
}

function merged(list: readonly Suggestion[]): PolicyPatch {
	const headers = [...new Set(list.map(({ header }) => header))];
	return Object.fromEntries(headers.map((header) => [header, { directives: directivesOf(list.filter((one) => one.header === header)) }]));
}

function directivesOf(list: readonly Suggestion[]): Readonly<Record<string, readonly string[]>> {
	const names = [...new Set(list.map(({ directive }) => directive))].sort();
	return Object.fromEntries(names.map((name) => [camel(name), list.flatMap(({ directive, source }) => (directive === name ? (source ?? []) : []))]));
}
