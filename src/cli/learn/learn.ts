import { camel } from "../../core/text.ts";
import { DIRECTIVES } from "../../csp/directives.ts";
import { classifySource } from "../../csp/sources.ts";
import { createPolicy } from "../../policy/create.ts";
import { clusterOf, mergedBy, routeOf } from "../../reports/cluster.ts";
import type { ReportRecord } from "../../reports/record.ts";
import { routeOf as expressPath } from "../../reports/suggest/drafts.ts";
import { type Suggested, suggest } from "../../reports/suggest/index.ts";
import { baseOf } from "../../reports/suggest/proposal.ts";
import { addressOf } from "../../reports/suggest/replay.ts";
import { changesOf, isShared } from "./changes.ts";
import { inlineGroups } from "./inline-groups.ts";
import { allowInline } from "./inline-lists.ts";
import { allow, createGrowing, type Growing, isOpen, pathOf } from "./lists.ts";
import type { Findings, Learned, Lists } from "./types.ts";
import { type FoundVendor, findVendors, VENDOR_HOSTS } from "./vendors.ts";

/** A policy that allows nothing, so that each need is a violation. */
export const STRICT: Readonly<Record<string, readonly string[]>> = {
	"default-src": ["'none'"],
	"script-src": ["'report-sample'"],
	"style-src": ["'report-sample'"],
	"base-uri": ["'none'"],
	"form-action": ["'none'"],
	"frame-ancestors": ["'none'"],
};

/** The tightest policy that allows what a crawl has seen. */
export function learn(findings: Findings): Learned {
	const records = neededBy(findings);
	const growing = createGrowing(new Set(records.map(({ document }) => routeOf(document))).size);
	const { found, rest } = findVendors(records);
	const suggested = suggestedFor(rest.filter(isAddress));
	for (const { isApplied, directive, source, documents } of suggested.suggestions)
		if (isApplied && source !== undefined && isNameable(source)) allow(growing, directive, source, documents.map(expressPath));
	const refused = allowRest(growing, rest.filter(isAddress), suggested);
	for (const document of findings.framed) allow(growing, "frame-ancestors", "'self'", [pathOf(document)]);
	const evals = rest.filter(({ blocked }) => blocked === "eval").map(({ document }) => pathOf(document));
	if (evals.length > 0) allow(growing, "script-src", "'unsafe-eval'", evals);
	const inline = allowInline(growing, inlineGroups(findings));
	const { vendors, routes } = withVendors(growing, found);
	closeFallbacks(growing.site, routes.values());
	return { site: growing.site, vendors, routes, changes: changesOf(findings, records, inline), refused };
}

/** What a source can name. Browsers do not tell which page was framed. */
function isAddress({ directive, blocked }: ReportRecord): boolean {
	return blocked !== "inline" && blocked !== "eval" && directive !== "frame-ancestors";
}

/** What the violations, the targets of redirects and the forms need, each once. */
function neededBy({ violations, ways, actions, origin }: Findings): readonly ReportRecord[] {
	const reported = violations.map(({ record }) => record);
	const behind = reported.flatMap((record) => [...(ways.get(record.blocked) ?? [])].map((blocked) => ({ ...record, blocked })));
	const submitted = actions.flatMap(({ page, action }): readonly ReportRecord[] =>
		/^https?:$/.test(action.protocol) ? [{ ...FORM, blocked: `${action.origin}${action.pathname}`, document: `${page.origin}${page.pathname}` }] : [],
	);
	const all = new Map<string, ReportRecord>();
	for (const record of [...reported, ...behind, ...submitted]) {
		const { directive, blocked, document, source, line } = record;
		const key = [directive, blocked, document, ...(blocked === "eval" ? [source, line] : [])].join("\n");
		if (document.startsWith(`${origin}/`) && DIRECTIVES.get(directive)?.kind === "sources" && !all.has(key)) all.set(key, record);
	}
	return [...all.values()];
}

const FORM: ReportRecord = {
	type: "csp-violation",
	disposition: "report",
	directive: "form-action",
	blocked: "",
	document: "",
	source: "",
	line: 0,
	column: 0,
	status: 0,
	message: "",
};

/** Each violation counts once: how often a page repeats it says nothing here. */
function suggestedFor(records: readonly ReportRecord[]): Suggested {
	const directives = Object.fromEntries(Object.entries(STRICT).map(([name, list]) => [camel(name), list]));
	const policy = createPolicy({ contentSecurityPolicy: { useDefaults: false, directives } });
	const clusters = mergedBy(
		records.map((record) => clusterOf(record, 0)),
		() => "",
	).map((cluster) => ({ ...cluster, count: 1 }));
	return suggest(policy, { clusters, dropped: new Map() }, { risk: "high", least: 1, vendors: VENDOR_HOSTS });
}

/** Allows what is not proposed from reports, which anyone can send: here, the application itself has asked for it. */
function allowRest(growing: Growing, records: readonly ReportRecord[], { suggestions }: Suggested): readonly string[] {
	const refused = new Set<string>();
	for (const { directive, blocked, document } of records) {
		if (growing.full.has(baseOf(directive)) || !isOpen(growing, directive, blocked, document)) continue;
		const [source, why] = sourceFor(directive, blocked, document);
		if (source !== undefined) {
			const alike = records.filter((one) => one.directive === directive && sourceFor(directive, one.blocked, one.document)[0] === source);
			allow(
				growing,
				baseOf(directive),
				source,
				alike.map((one) => pathOf(one.document)),
			);
			continue;
		}
		const advice = suggestions.find(
			(one) => ["nothing", "code"].includes(one.kind) && one.directive === directive && one.documents.includes(routeOf(document)),
		)?.advice;
		if (why !== "") refused.add(`${directive} ${blocked} on ${addressOf(document)?.pathname}: ${why ?? advice ?? "no source allows it."}`);
	}
	return [...refused, ...[...growing.full].map((name) => `${name} has as many sources as fit into a header. The others are left out.`)];
}

/** Schemes → directives in which they only name what the page has already. */
const SCHEMES: ReadonlyMap<string, readonly string[]> = new Map([
	["data:", ["connect-src", "frame-src", "style-src", "manifest-src", "object-src"]],
	["blob:", ["connect-src", "frame-src", "style-src", "manifest-src", "object-src", "font-src", "script-src"]],
]);

/** The narrowest source for an address, or why there is none. An empty reason is not worth a word. */
function sourceFor(directive: string, blocked: string, document: string): readonly [source: string | undefined, why?: string] {
	const [url, page] = [addressOf(blocked), addressOf(document)];
	// Only prefetches are reported so, and a page works without them.
	if (url === undefined || page === undefined || directive === "default-src") return [undefined, ""];
	if (url.origin !== "null" && url.origin === page.origin) return ["'self'"];
	if (!/^(?:https?|wss?):$/.test(url.protocol)) return SCHEMES.get(url.protocol)?.includes(baseOf(directive)) ? [url.protocol] : [undefined];
	if (page.protocol === "https:" && /^(?:http|ws):$/.test(url.protocol)) return [undefined, "browsers do not load it over http. Write https in its address."];
	if (!/^[a-z\d-]+(?:\.[a-z\d-]+)*$/.test(url.hostname)) return [undefined, "no source can name this host."];
	const source = directive.startsWith("script-src") && isShared(blocked) ? `${url.origin}${url.pathname}` : `${url.protocol}//${url.host}`;
	return classifySource(source).kind === "host" ? [source] : [undefined, "no source can name this address."];
}

/** Browsers match no IPv6 address, and Chromium no host with an underscore. */
function isNameable(source: string): boolean {
	return !/:\/\/[^/]*[[_]/.test(source);
}

function withVendors({ routes: grown, pages }: Growing, found: readonly FoundVendor[]): Pick<Learned, "vendors" | "routes"> {
	const vendors: string[] = [];
	const routes = new Map<string, { readonly lists: Lists; readonly vendors: string[] }>([...grown].map(([path, lists]) => [path, { lists, vendors: [] }]));
	for (const { name, documents } of found) {
		const paths = [...new Set(documents.map(pathOf))];
		const [only] = paths;
		if (paths.length > 1 || only === undefined || pages === 1) vendors.push(name);
		else routes.set(only, { lists: routes.get(only)?.lists ?? new Map(), vendors: [...(routes.get(only)?.vendors ?? []), name] });
	}
	return { vendors: vendors.sort(), routes: new Map([...routes].sort(([a], [b]) => (a < b ? -1 : 1))) };
}

/** An addition starts from the list that governs its directive. If that is another one than default-src, the page would get more than it needs. */
function closeFallbacks(site: Lists, routes: Iterable<{ readonly lists: Lists }>): void {
	for (const { lists } of routes)
		for (const name of lists.keys()) {
			const takesOver = DIRECTIVES.get(name)?.fallback.some((fallback) => fallback !== "default-src" && site.has(fallback));
			if (!site.has(name) && takesOver) site.set(name, new Set(["'none'"]));
		}
}
