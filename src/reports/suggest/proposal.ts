import { isLoopback } from "../../core/address.ts";
import { bypassIn } from "../../csp/bypass-hosts.ts";
import { DIRECTIVES, type DirectiveName } from "../../csp/directives.ts";
import { isNonceOrHash, isUrlHash, type Source } from "../../csp/grammar.ts";
import { matches } from "../../csp/match.ts";
import { type CspModel, effective } from "../../csp/model.ts";
import { kindOfSource } from "../../csp/sources.ts";
import type { ReportCluster } from "../cluster.ts";
import { type KnownHosts, lookalike } from "./lookalike.ts";
import { addressOf, blockedHop, hashOf, isReported, wholeCode } from "./replay.ts";
import { hostRisk, type Risk, riskier, schemeRisk } from "./risk.ts";

/**
 * `source` and `hash` are additions to the policy. `nonce` and `code` are changes to the application. For `redirect`, find the target first.
 * For `nothing`, leave things as they are.
 */
type ProposalKind = "source" | "hash" | "nonce" | "code" | "redirect" | "nothing";

/** What would end a violation, or why it should go on. */
export interface Proposal {
	readonly kind: ProposalKind;
	/** The directive to change, or that was violated. */
	readonly directive: string;
	/** What to add to it. */
	readonly source?: string | undefined;
	readonly risk: Risk;
	/** Why, and what it allows an attacker to do. */
	readonly advice: string;
}

/** What is known apart from the reports. */
export interface Surroundings {
	readonly known: KnownHosts;
	/** Addresses that were requested → the addresses on the way, themselves first. */
	readonly ways: ReadonlyMap<string, readonly URL[]>;
}

/** Directives for which a report never adds a source: anyone who can inject content could have made the report. */
const LEFT_ALONE: ReadonlyMap<string, string> = new Map([
	[
		"frame-ancestors",
		"Another site shows the page in a frame, which is how clickjacking works. If the site is a partner, add it to frameAncestors of that route.",
	],
	["base-uri", "Something set <base>. Injected code does so to redirect scripts. Look for an injection."],
	["object-src", "Something loaded a plugin or <object>. Use <img>, <video> or a frame instead."],
	["sandbox", "The page did something that its sandbox forbids."],
	[
		"default-src",
		"Browsers report default-src only for prefetches, and blocking a prefetch breaks nothing. For anything else, they report the directive itself.",
	],
]);

/** Directives whose violations need a change of the code. */
const IN_CODE: ReadonlyMap<string, string> = new Map([
	["script-src-attr", "A tag has an inline event handler. Add the handler in a script: element.addEventListener(…)."],
	["style-src-attr", "A tag has a style attribute. Use a class, or set the style in a script: element.style.color = …."],
	["require-trusted-types-for", "The page passed a string to a script sink. Use textContent, or create the value in a Trusted Types policy."],
	["trusted-types", "The page created a Trusted Types policy that trustedTypes does not name. If the policy is yours, add its name to trustedTypes."],
]);

/** Directives that decide about inline scripts and styles. */
const INLINE = new Set(["script-src", "script-src-elem", "style-src", "style-src-elem"]);
const MADE_UP = "No browser reports this for the directive, so someone made the report up.";

/** @param model the policy that the cluster violates. */
export function proposalFor(model: CspModel, cluster: ReportCluster, { known, ways }: Surroundings): Proposal {
	const { directive, blocked, policy } = cluster;
	const of = (kind: ProposalKind, advice: string, risk: Risk = "low"): Proposal => ({ kind, directive, risk, advice });
	const alone = LEFT_ALONE.get(directive);
	if (alone !== undefined) return of("nothing", alone, "high");
	const inCode = IN_CODE.get(directive);
	if (inCode !== undefined) return of("code", inCode);
	if (!DIRECTIVES.has(directive)) return of("nothing", "This is not a known directive.");
	if (hostRisk(baseOf(directive), false) === undefined) return of("nothing", MADE_UP, "high");
	if (policy === "allows" && !isReported(model, cluster)) return behindProposal(model, cluster, { known, ways });
	if (blocked === "inline") return INLINE.has(directive) ? inlineProposal(model, cluster) : of("nothing", MADE_UP, "high");
	const isEval = blocked === "eval" || blocked === "wasm-eval";
	if (isEval && directive !== "script-src") return of("nothing", MADE_UP, "high");
	if (blocked === "eval")
		return of(
			"code",
			"The page ran a string as code. Find what calls eval, new Function or setTimeout with a string, and replace it. 'unsafe-eval' is never proposed.",
		);
	if (blocked === "wasm-eval")
		return {
			kind: "source",
			directive: targetOf(directive, model),
			source: "'wasm-unsafe-eval'",
			risk: "medium",
			advice: "It lets the page compile WebAssembly. It does not allow JavaScript's eval.",
		};
	return addressProposal(model, cluster, known);
}

/** For something that the policy allows by name, and allowed when it was reported. */
function behindProposal(model: CspModel, cluster: ReportCluster, { known, ways }: Surroundings): Proposal {
	const { directive, blocked, document } = cluster;
	if (blocked === "inline") {
		const advice =
			"The policy has the hash of this code without the white space around it. Browsers leave that white space out of reports. Take the hash from headguard hash.";
		return { kind: "code", directive, risk: "low", advice };
	}
	if (!/^https?:/.test(blocked))
		return { kind: "nothing", directive, risk: "high", advice: "The policy in the report itself allows this, so someone made the report up." };
	const way = ways.get(blocked);
	const target = way === undefined ? undefined : blockedHop(effective(model, directive as DirectiveName) ?? [], document, way);
	if (target === undefined) {
		const advice = `The policy allows ${blocked}, but not the address that it redirects to. No report names that address. Find it with --follow ${new URL(blocked).origin}. Then allow the target, or write its address in the page.`;
		return { kind: "redirect", directive, risk: "low", advice };
	}
	const proposal = addressProposal(model, { ...cluster, blocked: `${target.origin}${target.pathname}` }, known);
	return { ...proposal, advice: `${blocked} redirects to ${target.origin}. ${proposal.advice}` };
}

/** Proposes a hash if the whole code is known, and a nonce otherwise. */
function inlineProposal(model: CspModel, { directive, sample, line }: ReportCluster): Proposal {
	const target = targetOf(directive, model);
	const [what, tag] = directive.startsWith("style") ? ["style", "<style>"] : ["script", "<script>"];
	const code = wholeCode(sample);
	if (code !== undefined)
		return {
			kind: "hash",
			directive: target,
			source: hashOf(code),
			// Anyone can report code, and the hash would allow it.
			risk: what === "script" ? "high" : "low",
			advice: `If it is yours, the hash allows the ${what} ${JSON.stringify(code)} and no other. Browsers report the code without the white space around it. If your page has some, take the hash from headguard hash.`,
		};
	const where = line > 0 ? `The ${tag} on line ${line}` : `A ${tag}`;
	const hasSlot = (effective(model, directive as DirectiveName) ?? []).some(isNonceOrHash);
	const needed = hasSlot ? "" : ` Add csp.nonce to ${target} as well.`;
	return {
		kind: "nonce",
		directive: target,
		risk: "low",
		advice: `${where} needs the nonce: nonce="<%= cspNonce %>". On a static page, use its hash from headguard hash instead.${needed} If it is not yours, it was injected.`,
	};
}

function addressProposal(model: CspModel, { directive, blocked, document }: ReportCluster, known: KnownHosts): Proposal {
	const [url, page, target] = [addressOf(blocked), addressOf(document), targetOf(directive, model)];
	if (url === undefined) return { kind: "nothing", directive, risk: "high", advice: "The report does not say what was blocked." };
	if (!/^(?:https?|wss?):$/.test(url.protocol)) return schemeProposal(url.protocol, directive, target);
	const list = effective(model, directive as DirectiveName) ?? [];
	const isScript = directive.startsWith("script-src");
	const useless = withoutUseOfHosts(directive, target, blocked, list);
	if (useless !== undefined) return useless;
	const isOwn = page !== undefined && matches("'self'", url, page);
	const refusal = refusalOf(url, page, isScript, isOwn);
	if (refusal !== undefined) return { ...refusal, directive, risk: "high" };
	if (INLINE.has(directive) && isWithoutHosts(list)) {
		const advice = `The list has no hosts, which is what makes it strong. If ${blocked} is yours, put the nonce on the tag that loads it.`;
		return { kind: "nonce", directive: target, risk: "low", advice };
	}
	const [risk, advice] = hostRisk(baseOf(directive), isOwn) ?? ["high", "It becomes part of the page."];
	if (isOwn) return { kind: "source", directive: target, source: "'self'", risk, advice };
	const warning = lookalike(url.hostname, known);
	// Over http, anyone on the network path can answer instead of the host.
	const least = warning !== undefined ? "high" : /^(?:http|ws):$/.test(url.protocol) ? "medium" : "low";
	return {
		kind: "source",
		directive: target,
		source: url.origin,
		risk: riskier(risk, least),
		advice: [`${url.host}: ${advice}`, ...(warning === undefined ? [] : [warning])].join(" "),
	};
}

/** Where browsers ignore the hosts of a list. */
function withoutUseOfHosts(directive: string, target: string, blocked: string, list: readonly Source[]): Proposal | undefined {
	if (directive.startsWith("script-src") && list.includes("'strict-dynamic'")) {
		const advice = `With 'strict-dynamic', browsers ignore hosts. Put the nonce on the tag that loads ${blocked}, or load it from a script that has a nonce.`;
		return { kind: "nonce", directive: target, risk: "low", advice };
	}
	if (!list.some(isUrlHash)) return undefined;
	const advice = "The list has the hash of an address, next to which Chromium ignores hosts and 'self'. Remove that hash, then look at the reports again.";
	return { kind: "nothing", directive, risk: "low", advice };
}

/** Whether a list has nonces or hashes, and no hosts. */
function isWithoutHosts(list: readonly Source[]): boolean {
	return list.some(isNonceOrHash) && !list.some((source) => ["self", "host", "scheme"].includes(kindOfSource(source)));
}

/** Why an address is not proposed, whatever the page loads from it. */
function refusalOf(...[url, page, isScript, isOwn]: Parameters<typeof changeOf>): Pick<Proposal, "kind" | "advice"> | undefined {
	const doubt = doubtOf(url, page, isOwn);
	if (doubt !== undefined) return { kind: "nothing", advice: doubt };
	const change = changeOf(url, page, isScript, isOwn);
	return change === undefined ? undefined : { kind: "code", advice: change };
}

/** Why an address is more likely an attack or an extension than part of the page. */
function doubtOf(url: URL, page: URL | undefined, isOwn: boolean): string | undefined {
	// A report may name "*", which a policy would take for every host.
	if (!/^(?:[\w-]+(?:\.[\w-]+)*|\[[\da-f:.]+\])$/.test(url.hostname)) return "The report does not name a valid host, so someone made it up.";
	// 'self' allows the site itself, also where it has no name.
	if (isOwn || isInsecure(url, page) || isDevelopment(url, page)) return undefined;
	if (/^\d+\.\d+\.\d+\.\d+$|^\[/.test(url.hostname))
		return "This is a bare IP address, and sites have names. Something on the visitor's machine or network may have inserted it.";
	return isLoopback(url.hostname) ? "This is a program on the visitor's own machine." : undefined;
}

/** What to change in a page for which no source is proposed. */
function changeOf(url: URL, page: URL | undefined, isScript: boolean, isOwn: boolean): string | undefined {
	if (isInsecure(url, page))
		return `It was loaded over ${url.protocol.slice(0, -1)}, where anyone on the network path can change it. Write ${url.protocol === "ws:" ? "wss" : "https"} in its address.`;
	if (isScript && bypassIn(url.origin) !== undefined)
		return `${url.host} serves scripts with which anyone can run their own code, so the host is not proposed. If the script is yours, put the nonce on the tag that loads it, or serve the file yourself.`;
	if (isOwn) return undefined;
	if (url.hostname.includes("_")) return `No source allows ${url.host}, because browsers ignore a host with an underscore. Give it a name without one.`;
	return isDevelopment(url, page) && url.hostname.startsWith("[") ? withoutSource(url) : undefined;
}

function isInsecure(url: URL, page: URL | undefined): boolean {
	return page?.protocol === "https:" && /^(?:http|ws):$/.test(url.protocol);
}

function isDevelopment(url: URL, page: URL | undefined): boolean {
	return page !== undefined && isLoopback(url.hostname) && isLoopback(page.hostname);
}

function withoutSource({ host, protocol, port }: URL): string {
	const named = `${protocol}//localhost${port === "" ? "" : `:${port}`}`;
	return `No source allows ${host}, because browsers match no IPv6 address. Write ${named} in its address, and allow that.`;
}

function schemeProposal(scheme: string, directive: string, target: string): Proposal {
	const [risk, advice] = schemeRisk(scheme, directive) ?? [];
	if (risk !== undefined && advice !== undefined) return { kind: "source", directive: target, source: scheme, risk, advice };
	return { kind: "code", directive, risk: "high", advice: `Do not load this from ${scheme}: anyone who can write such an address can write its content.` };
}

/** The directive to change: the one that applies now, unless it is default-src. Otherwise the one that a reader would look for. */
function targetOf(directive: string, model: CspModel): string {
	const chain = [directive, ...(DIRECTIVES.get(directive)?.fallback ?? [])];
	const governing = chain.find((name) => model.has(name));
	const isNarrow = governing === directive || governing === baseOf(directive);
	return governing !== undefined && isNarrow ? governing : baseOf(directive);
}

/** `script-src-elem` → `script-src`, and every kind of frame → `frame-src`. */
export function baseOf(directive: string): string {
	return directive === "fenced-frame-src" || directive === "child-src" ? "frame-src" : directive.replace(/-(?:elem|attr)$/, "");
}
