import { exchangeFrom } from "../../audit/from-policy.ts";
import { type Exchange, valuesOf } from "../../audit/types.ts";
import { show } from "../../core/text.ts";
import { loosenedDirectives } from "../../csp/compare.ts";
import { HEADER_FACTS, type HeaderFacts, type HeaderKey } from "../../headers/facts.ts";
import { weakerOf } from "../../headers/weaker.ts";
import type { CompiledPolicy } from "../../policy/compile.ts";

/** One thing that a policy allows and another forbids. */
type Loosening =
	/** A source that a directive of the CSP has in addition. Undefined if nothing governs the directive any more. */
	| { readonly directive: string; readonly source: string | undefined }
	/** Any other header: what happens to it, and what that makes possible. */
	| { readonly does: string; readonly opens: string };

/**
 * What the headers of one policy allow that those of another forbid, as the rest of a sentence: `adds script-src https://cdn.example`. Empty if there
 * is nothing.
 *
 * @param known a policy whose loosening is reported elsewhere.
 */
export function loosenedBy(policy: CompiledPolicy, base: CompiledPolicy, known: CompiledPolicy = base): string {
	const said = new Set(looseningsOf(known, base).map((one) => JSON.stringify(one)));
	const loosenings = looseningsOf(policy, base).filter((one) => !said.has(JSON.stringify(one)));
	const inPolicy = loosenings.filter((one) => "directive" in one);
	const directives = [...new Set(inPolicy.map(({ directive }) => directive))];
	const sourcesOf = (name: string): readonly string[] => inPolicy.flatMap(({ directive, source }) => (directive === name ? (source ?? []) : []));
	const added = directives.filter((name) => sourcesOf(name).length > 0).map((name) => [name, ...sourcesOf(name)].join(" "));
	const dropped = directives.filter((name) => sourcesOf(name).length === 0);
	return [
		...(added.length === 0 ? [] : [`adds ${added.join("; ")}`]),
		...(dropped.length === 0 ? [] : [`drops ${dropped.join(", ")}`]),
		...loosenings.flatMap((one) => ("does" in one ? [`${one.does}, so ${one.opens}`] : [])),
	].join(". It ");
}

/** What is possible without a header, or with a weaker one. Headers that are not in the list protect nothing alone. */
const OPENS: Partial<Record<HeaderKey, string>> = {
	contentSecurityPolicy: "nothing limits what the page loads and runs",
	strictTransportSecurity: "browsers forget sooner, or for fewer hosts, to insist on https",
	xContentTypeOptions: "browsers guess the type of the response",
	xFrameOptions: "other pages can frame it",
	referrerPolicy: "other sites receive more of its address",
	permissionsPolicy: "the page and its frames can use more features",
	crossOriginOpenerPolicy: "pages of other sites keep access to its window",
	crossOriginEmbedderPolicy: "it loads files of other sites without their consent",
	crossOriginResourcePolicy: "other sites can load it",
	originAgentCluster: "it shares a process with other origins of its site",
	documentIsolationPolicy: "it is not isolated from other sites",
	integrityPolicy: "scripts load without integrity",
	connectionAllowlist: "the page can connect to any address",
	xPermittedCrossDomainPolicies: "plug-ins of other sites can read it",
};

const KNOWN = new WeakMap<CompiledPolicy, WeakMap<CompiledPolicy, readonly Loosening[]>>();

/** A route often shares its override with others. */
function looseningsOf(policy: CompiledPolicy, base: CompiledPolicy): readonly Loosening[] {
	const known = KNOWN.get(base) ?? new WeakMap();
	const loosenings = known.get(policy) ?? compared(policy, base);
	KNOWN.set(base, known.set(policy, loosenings));
	return loosenings;
}

function compared(policy: CompiledPolicy, base: CompiledPolicy): readonly Loosening[] {
	const [theirs, ours] = [headersOf(policy), headersOf(base)];
	const found = new Map<HeaderKey, readonly Loosening[]>();
	for (const facts of HEADER_FACTS) {
		const opens = OPENS[facts.key];
		const value = valuesOf(theirs, facts.name).join(", ");
		const limit = valuesOf(ours, facts.name).join(", ");
		if (opens === undefined || limit === "" || value === limit) continue;
		if (value === "") found.set(facts.key, [{ does: `switches ${facts.name} off`, opens }]);
		else if (weakerOf(facts.name)(value, limit)) found.set(facts.key, weakened(facts, value, limit, opens));
	}
	// X-Frame-Options says the same as frame-ancestors, from which it is derived.
	if (found.get("contentSecurityPolicy")?.some((one) => "directive" in one && one.directive === "frame-ancestors")) found.delete("xFrameOptions");
	return [...found.values()].flat();
}

const HEADERS_OF = new WeakMap<CompiledPolicy, Pick<Exchange, "fields">>();

function headersOf(policy: CompiledPolicy): Pick<Exchange, "fields"> {
	const headers = HEADERS_OF.get(policy) ?? exchangeFrom(policy, "");
	HEADERS_OF.set(policy, headers);
	return headers;
}

function weakened({ key, name, commaInValue }: HeaderFacts, value: string, limit: string, opens: string): readonly Loosening[] {
	if (key === "contentSecurityPolicy") return loosenedPolicy(value, limit);
	const [members, before] = [value.split(", "), limit.split(", ")];
	const changed = commaInValue && before.length > 1 ? members.filter((member) => !before.includes(member)) : [value];
	if (changed.length > 0) return [{ does: `sets ${name} to ${show(changed.join(", "))}`, opens }];
	return [{ does: `removes ${before.filter((member) => !members.includes(member)).join(", ")} from ${name}`, opens }];
}

function loosenedPolicy(value: string, limit: string): readonly Loosening[] {
	return [...loosenedDirectives(value, limit)].flatMap(([directive, sources = [undefined]]) =>
		sources.map((source) => ({ directive, source: source === undefined ? undefined : String(source) })),
	);
}
