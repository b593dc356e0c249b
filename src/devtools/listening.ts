import { ownFields } from "../core/own-fields.ts";
import type { DirectiveName } from "../csp/directives.ts";
import { KEYWORDS } from "../csp/keywords.ts";
import { type CspModel, type CspPolicies, canonical, effective } from "../csp/model.ts";
import type { HeaderDefinition, Models } from "../headers/define.ts";
import { isCsp } from "../headers/facts.ts";
import { HEADERS } from "../headers/index.ts";
import { type CompiledPolicy, compile } from "../policy/compile.ts";
import type { Statement } from "../policy/create.ts";
import { onceForEach } from "../response/wire.ts";

/**
 * Makes a policy whose violations are also reported to devtools. It allows and forbids the same. The endpoints of the policy still receive their
 * reports. A header other than CSP can only name one, so it keeps its own.
 *
 * @param url where devtools receives reports.
 * @param isHttps whether the page is on https. Elsewhere browsers only report violations of CSP.
 */
export function createListening(url: string, isHttps: boolean): (policy: CompiledPolicy) => CompiledPolicy {
	return onceForEach((below: CompiledPolicy) => {
		const statement = reported(below.policy, url, isHttps);
		return compile({ ...below.policy, ...statement, reportFraction: 1, withoutReporting: undefined }, below);
	});
}

/** The name of the endpoint in Reporting-Endpoints. */
const ENDPOINT = "headguard-devtools";

function reported({ models, dynamic }: Statement, url: string, isHttps: boolean): Statement {
	const endpoints = new Map(HEADERS.flatMap((header) => [...definedBy(header, models)]));
	const change = (header: HeaderDefinition, model: unknown): unknown =>
		isCsp(header.key) ? cspWithReports(model as CspPolicies, url, endpoints) : isHttps ? header.withReporting?.(model, { name: ENDPOINT, url }) : undefined;
	const changed = (some: Models): Map<string, unknown> =>
		new Map([...some].map(([key, model]) => [key, change(HEADERS.find((header) => header.key === key) as HeaderDefinition, model) ?? model]));
	const all = changed(models);
	const defines = HEADERS.find(({ definesEndpoints }) => definesEndpoints !== undefined);
	if (isHttps && defines !== undefined) all.set(defines.key, defines.withReporting?.(models.get(defines.key) ?? new Map(), { name: ENDPOINT, url }));
	return { models: all, dynamic: changed(dynamic) };
}

function definedBy(header: HeaderDefinition, models: Models): ReadonlyMap<string, string> {
	const model = models.get(header.key);
	return header.definesEndpoints !== undefined && model instanceof Map ? (model as ReadonlyMap<string, string>) : new Map();
}

function cspWithReports(policies: CspPolicies, url: string, endpoints: ReadonlyMap<string, string>): CspPolicies {
	const [first, ...also] = policies.all;
	const change = (model: CspModel): CspModel => withSamples(withAddress(model, url, endpoints));
	return { ...ownFields(policies), all: [change(first), ...also.map(change)] };
}

/**
 * Only `report-uri` can have two addresses, and browsers ignore it beside `report-to`. So the name of an endpoint becomes its address.
 */
function withAddress(model: CspModel, url: string, endpoints: ReadonlyMap<string, string>): CspModel {
	const changed = new Map(model);
	const [name] = model.get("report-to") ?? [];
	const own = typeof name === "string" ? endpoints.get(name) : undefined;
	changed.delete("report-to");
	changed.set("report-uri", [...new Set([...(model.get("report-uri") ?? []), ...(own === undefined ? [] : [own]), url])]);
	return changed;
}

/** Browsers report the beginning of blocked code if the directive asks for it. It allows nothing. */
function withSamples(model: CspModel): CspModel {
	const changed = new Map(model);
	for (const name of OF_CODE) {
		// A directive for elements or attributes that is absent gets the samples with its fallback.
		const list = model.get(name) ?? (BASES.includes(name) ? effective(model, name) : undefined);
		if (list === undefined || list.includes(KEYWORDS.reportSample)) continue;
		changed.set(name, [...list.filter((source) => source !== KEYWORDS.none), KEYWORDS.reportSample]);
	}
	return canonical(changed);
}

const BASES: readonly DirectiveName[] = ["script-src", "style-src"];
const OF_CODE: readonly DirectiveName[] = BASES.flatMap((name) => [name, `${name}-elem` as DirectiveName, `${name}-attr` as DirectiveName]);
