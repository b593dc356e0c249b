import { PolicyError } from "../../core/errors.ts";
import { camel } from "../../core/text.ts";
import type { CspPolicies } from "../../csp/model.ts";
import { CSP_KEYS } from "../../headers/facts.ts";
import type { CheckedPolicy } from "../../policy/create.ts";
import { overridePolicy, type PolicyPatch } from "../../policy/override.ts";
import { mergedBy, type ReportCluster } from "../cluster.ts";
import { NOISE, noiseOf } from "../noise.ts";
import { busiestOf, byPageViews, type Draft, daysIn, draftsOf, inDoubt, isAddition, routeOf, type Suggestion, sum, violated } from "./drafts.ts";
import { knownHosts } from "./lookalike.ts";
import type { Surroundings } from "./proposal.ts";
import { addressOf } from "./replay.ts";
import { RISKS, type Risk } from "./risk.ts";

export type { Suggestion } from "./drafts.ts";

interface Patch {
	/** What the whole site needs, for `headers.extend(…)`. */
	readonly extend: PolicyPatch;
	/** What one route needs, for `app.all(path, headers.extend(…))`. */
	readonly routes: readonly { readonly path: string; readonly extend: PolicyPatch }[];
}

export interface Suggested {
	/** Suggestions, those that concern most page views first. */
	readonly suggestions: readonly Suggestion[];
	/** The number of suggestions that were left out. */
	readonly more: number;
	readonly patch: Patch;
	readonly replay: {
		/** The number of recorded violations, without noise. */
		readonly recorded: number;
		/** How many of them the unchanged policy would report. */
		readonly before: number;
		/** How many of them the policy with the patch would report. */
		readonly after: number;
		/**
		 * How many of the other violations may happen again. Their reports had no policy, so it is not known whether the policy allowed the
		 * address at that time and the address was redirected.
		 * @defaultValue left out if there are none
		 */
		readonly unclear?: number | undefined;
	};
	/** Addresses that the policy allows and that redirect to one that it does not allow, the most frequent first. */
	readonly redirected: readonly string[];
	/** The number of noise reports by id: those that the collector dropped, and those found now. */
	readonly noise: ReadonlyMap<string, number>;
}

export interface SuggestOptions {
	/** The highest risk that goes into the patch. Riskier changes are proposed, but not in the patch. */
	readonly risk: Risk;
	/**
	 * Only reports of pages on these hosts count.
	 * @defaultValue pages of any host
	 */
	readonly hosts?: readonly string[] | undefined;
	/**
	 * The number of reports that a proposal needs.
	 * @defaultValue 3
	 */
	readonly least?: number | undefined;
	/**
	 * Hosts of well-known vendors, whose names others copy.
	 * @defaultValue []
	 */
	readonly vendors?: readonly string[] | undefined;
	/**
	 * Addresses that were requested → the addresses on the way, themselves first.
	 * @defaultValue new Map()
	 */
	readonly ways?: Surroundings["ways"] | undefined;
}

/** No one reads more, and made-up reports can ask for any number. */
const MOST = 200;

/** One visitor with an extension sends one or two reports. They must not change the policy of the site. */
export const LEAST = 3;

/** Proposes changes to a policy from reports. A policy without CSP gets no proposals. */
export function suggest(
	policy: CheckedPolicy,
	stored: { readonly clusters: readonly ReportCluster[]; readonly dropped: ReadonlyMap<string, number> },
	{ risk, hosts, least = LEAST, vendors = [], ways = new Map() }: SuggestOptions,
): Suggested {
	const noise = new Map(stored.dropped);
	const wanted = stored.clusters.filter((one) => one.type === "csp-violation" && !isNoise(one, hosts, noise));
	const violations = mergedBy(wanted, () => "");
	const open = violations.filter((one) => violated(policy, one, ways) !== undefined);
	const isOpen = new Set(open);
	const models = CSP_KEYS.flatMap((header) => (policy.models.get(header) as CspPolicies | undefined)?.all ?? []);
	const surroundings = { known: knownHosts(models, hosts ?? [], vendors, pageHosts(violations)), ways };
	const drafts = draftsOf(policy, open, { surroundings, least, busiest: busiestOf(violations), days: daysIn(wanted) });
	const { suggestions, site, routes } = applyTo(policy, inDoubt(drafts.slice(0, MOST)), risk);
	const still = open.filter((one) => violated(routes.get(routeOf(one.document) ?? "") ?? site, one, ways) !== undefined);
	const unclear = sum(violations.filter((one) => !isOpen.has(one) && isUnclear(policy, one)));
	return {
		suggestions,
		more: Math.max(0, drafts.length - MOST),
		patch: patchOf(suggestions.filter(({ isApplied }) => isApplied)),
		replay: { recorded: sum(violations), before: sum(open), after: sum(still), ...(unclear === 0 ? {} : { unclear }) },
		redirected: redirectedIn(open),
		noise,
	};
}

function redirectedIn(open: readonly ReportCluster[]): readonly string[] {
	const counts = new Map<string, number>();
	for (const cluster of open)
		if (cluster.policy === "allows" && isOnNetwork(cluster)) counts.set(cluster.blocked, (counts.get(cluster.blocked) ?? 0) + cluster.count);
	return [...counts].sort(([, a], [, b]) => b - a).map(([address]) => address);
}

/** Only what is fetched can be redirected. */
function isOnNetwork({ blocked }: ReportCluster): boolean {
	return /^https?:/.test(blocked);
}

/** Whether the policy allows it now, and may have allowed it at that time. */
function isUnclear(policy: CheckedPolicy, cluster: ReportCluster): boolean {
	return cluster.policy === "unknown" && isOnNetwork(cluster) && violated(policy, { ...cluster, policy: "allows" }, new Map()) !== undefined;
}

/** Hosts of the reported pages, the most frequent first. */
function pageHosts(clusters: readonly ReportCluster[]): readonly string[] {
	const counts = new Map<string, number>();
	for (const { document, count } of clusters) {
		const host = addressOf(document)?.hostname ?? "";
		counts.set(host, (counts.get(host) ?? 0) + count);
	}
	return [...counts].sort(([, a], [, b]) => b - a).map(([host]) => host);
}

/** Checks again: a report may be older than the rule that recognizes it. */
function isNoise(cluster: ReportCluster, hosts: readonly string[] | undefined, counts: Map<string, number>): boolean {
	const isForeign = hosts !== undefined && !hosts.includes(addressOf(cluster.document)?.hostname ?? "");
	const id = noiseOf(cluster, NOISE) ?? (isForeign ? "foreign-document" : undefined);
	if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + cluster.count);
	return id !== undefined;
}

/** Adds one draft after the other, as long as the policy accepts it. Drafts for the whole site come first, because routes extend its policy. */
function applyTo(
	policy: CheckedPolicy,
	drafts: readonly Draft[],
	limit: Risk,
): { readonly suggestions: readonly Suggestion[]; readonly site: CheckedPolicy; readonly routes: ReadonlyMap<string, CheckedPolicy> } {
	let site = policy;
	const routes = new Map<string, CheckedPolicy>();
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

/** The policy with the addition, or why the policy refuses it. */
function added(policy: CheckedPolicy, { header, directive, source = "" }: Draft): CheckedPolicy | string {
	try {
		return overridePolicy(policy, { [header]: { directives: { [camel(directive)]: [source] } } }, "extend");
	} catch (error) {
		if (error instanceof PolicyError) return error.issues.map(({ message }) => message).join(" ");
		throw error;
	}
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
