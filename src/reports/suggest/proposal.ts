import { isLoopback } from "../../core/address.ts";
import { bypassIn } from "../../csp/bypass-hosts.ts";
import { DIRECTIVES, type DirectiveName } from "../../csp/directives.ts";
import { isNonceOrHash, type Source } from "../../csp/grammar.ts";
import { matches } from "../../csp/match.ts";
import { type CspModel, effective } from "../../csp/model.ts";
import { kindOfSource } from "../../csp/sources.ts";
import type { ReportCluster } from "../cluster.ts";
import { type KnownHosts, lookalike } from "./lookalike.ts";
import { addressOf, blockedHop, hashOf, isReported, wholeCode } from "./replay.ts";
import { hostRisk, type Risk, riskier, schemeRisk } from "./risk.ts";

/**
 * `source` and `hash` are added to the policy, `nonce` and `code` are work in the application, `redirect` is to be followed first, and some
 * things are best left alone.
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
	/** Why, and what it gives away. */
	readonly advice: string;
}

/** What is known beside the reports. */
export interface Surroundings {
	readonly known: KnownHosts;
	/** Addresses that somebody has asked → where they led, themselves first. */
	readonly ways: ReadonlyMap<string, readonly URL[]>;
}

/** What is never let in for a report: whoever can inject it could have made the report. */
const LEFT_ALONE: ReadonlyMap<string, string> = new Map([
	["frame-ancestors", "Another site shows the page in a frame, which is how clicks are stolen. If it is a partner, name it in frameAncestors of that route."],
	["base-uri", "Something set <base>, which is how injected code redirects scripts. Look for an injection."],
	["object-src", "Something loaded a plugin or <object>. Use <img>, <video> or a frame in its place."],
	["sandbox", "The page did what its sandbox forbids."],
	["default-src", "Browsers name default-src for what is fetched ahead of time, which breaks nothing, and the directive itself for all else."],
]);

/** What is to be written in another way. */
const IN_CODE: ReadonlyMap<string, string> = new Map([
	["script-src-attr", "A handler stands in a tag. Add it in a script: element.addEventListener(…)."],
	["style-src-attr", "A style stands in a tag. Use a class, or set it in a script: element.style.color = …."],
	["require-trusted-types-for", "Text went into a sink of scripts. Use textContent, or make the value in a Trusted Types policy."],
	["trusted-types", "A Trusted Types policy was made that is not named. Name it in trustedTypes if it is yours."],
]);

/** Where inline code is judged, and text that is run as code. */
const INLINE = new Set(["script-src", "script-src-elem", "style-src", "style-src-elem"]);
const MADE_UP = "No browser reports this of the directive: somebody has made the report up.";

/** @param model the policy that the cluster violates. */
export function proposalFor(model: CspModel, cluster: ReportCluster, { known, ways }: Surroundings): Proposal {
	const { directive, blocked, policy } = cluster;
	const of = (kind: ProposalKind, advice: string, risk: Risk = "low"): Proposal => ({ kind, directive, risk, advice });
	const alone = LEFT_ALONE.get(directive);
	if (alone !== undefined) return of("nothing", alone, "high");
	const inCode = IN_CODE.get(directive);
	if (inCode !== undefined) return of("code", inCode);
	if (!DIRECTIVES.has(directive)) return of("nothing", "No directive of this name is known.");
	if (hostRisk(baseOf(directive), false) === undefined) return of("nothing", MADE_UP, "high");
	if (policy === "allows" && !isReported(model, cluster)) return behindProposal(model, cluster, { known, ways });
	if (blocked === "inline") return INLINE.has(directive) ? inlineProposal(model, cluster) : of("nothing", MADE_UP, "high");
	const isEval = blocked === "eval" || blocked === "wasm-eval";
	if (isEval && directive !== "script-src") return of("nothing", MADE_UP, "high");
	if (blocked === "eval")
		return of("code", "Text was run as code. Find what calls eval, new Function or setTimeout with a text, and replace it; 'unsafe-eval' is not proposed.");
	if (blocked === "wasm-eval")
		return {
			kind: "source",
			directive: targetOf(directive, model),
			source: "'wasm-unsafe-eval'",
			risk: "medium",
			advice: "WebAssembly is compiled, which JavaScript's own eval is not.",
		};
	return addressProposal(model, cluster, known);
}

/** For what the policy lets in by name, and did when it was reported. */
function behindProposal(model: CspModel, cluster: ReportCluster, { known, ways }: Surroundings): Proposal {
	const { directive, blocked, document } = cluster;
	if (blocked === "inline") {
		const advice =
			"The policy has the hash of this code without the white space around it, which browsers leave out of reports. Take the hash from headguard hash.";
		return { kind: "code", directive, risk: "low", advice };
	}
	if (!/^https?:/.test(blocked))
		return { kind: "nothing", directive, risk: "high", advice: "The policy in the report itself lets this in: somebody has made the report up." };
	const way = ways.get(blocked);
	const target = way === undefined ? undefined : blockedHop(effective(model, directive as DirectiveName) ?? [], document, way);
	if (target === undefined) {
		const advice = `The policy lets ${blocked} in, and not where it redirects to, which no report names. Ask it with --follow ${new URL(blocked).origin}, then let the target in, or write its address in the page.`;
		return { kind: "redirect", directive, risk: "low", advice };
	}
	const proposal = addressProposal(model, { ...cluster, blocked: `${target.origin}${target.pathname}` }, known);
	return { ...proposal, advice: `${blocked} redirects to ${target.origin}. ${proposal.advice}` };
}

/** A hash where the whole code is known, otherwise a nonce. */
function inlineProposal(model: CspModel, { directive, sample, line }: ReportCluster): Proposal {
	const target = targetOf(directive, model);
	const [what, tag] = directive.startsWith("style") ? ["style", "<style>"] : ["script", "<script>"];
	const code = wholeCode(sample);
	if (code !== undefined)
		return {
			kind: "hash",
			directive: target,
			source: hashOf(code),
			// Anybody can report code, and have it let in.
			risk: what === "script" ? "high" : "low",
			advice: `If it is yours: the ${what} ${JSON.stringify(code)} is let in, and no other one. Browsers report it without the white space around it; where there is some, take the hash from headguard hash.`,
		};
	const where = line > 0 ? `The ${tag} in line ${line}` : `A ${tag}`;
	const hasSlot = (effective(model, directive as DirectiveName) ?? []).some(isNonceOrHash);
	const needed = hasSlot ? "" : ` Add csp.nonce to ${target} as well.`;
	return {
		kind: "nonce",
		directive: target,
		risk: "low",
		advice: `${where} needs the nonce: nonce="<%= cspNonce %>"; on static pages its hash, from headguard hash.${needed} If it is not yours, it was injected.`,
	};
}

function addressProposal(model: CspModel, { directive, blocked, document }: ReportCluster, known: KnownHosts): Proposal {
	const [url, page, target] = [addressOf(blocked), addressOf(document), targetOf(directive, model)];
	if (url === undefined) return { kind: "nothing", directive, risk: "high", advice: "The report does not say what was blocked." };
	if (!/^(?:https?|wss?):$/.test(url.protocol)) return schemeProposal(url.protocol, directive, target);
	const list = effective(model, directive as DirectiveName) ?? [];
	const isScript = directive.startsWith("script-src");
	if (isScript && list.includes("'strict-dynamic'")) {
		const advice = `With 'strict-dynamic' hosts do not count. Put the nonce on the tag of ${blocked}, or load it from a script that has one.`;
		return { kind: "nonce", directive: target, risk: "low", advice };
	}
	const doubt = doubtOf(url, page, isScript);
	if (doubt !== undefined) return { kind: "nothing", directive, risk: "high", advice: doubt };
	if (INLINE.has(directive) && isWithoutHosts(list)) {
		const advice = `The list has no hosts, which is what makes it strong. Put the nonce on the tag of ${blocked} if it is yours.`;
		return { kind: "nonce", directive: target, risk: "low", advice };
	}
	const isOwn = page !== undefined && matches("'self'", url, page);
	const [risk, advice] = hostRisk(baseOf(directive), isOwn) ?? ["high", "It becomes a part of the page."];
	if (isOwn) return { kind: "source", directive: target, source: "'self'", risk, advice };
	const warning = lookalike(url.hostname, known);
	// Over http anybody on the way can answer in its place.
	const least = warning !== undefined ? "high" : /^(?:http|ws):$/.test(url.protocol) ? "medium" : "low";
	return {
		kind: "source",
		directive: target,
		source: url.origin,
		risk: riskier(risk, least),
		advice: [`${url.host}: ${advice}`, ...(warning === undefined ? [] : [warning])].join(" "),
	};
}

/** Nonces and hashes alone. */
function isWithoutHosts(list: readonly Source[]): boolean {
	return list.some(isNonceOrHash) && !list.some((source) => ["self", "host", "scheme"].includes(kindOfSource(source)));
}

/** Why an address is not let in, whatever the page wants of it. */
function doubtOf(url: URL, page: URL | undefined, isScript: boolean): string | undefined {
	// A report may name "*", which a policy would take for every host.
	if (!/^(?:[\w-]+(?:\.[\w-]+)*|\[[\da-f:.]+\])$/.test(url.hostname)) return "That is no name of a host: somebody has made the report up.";
	if (page?.protocol === "https:" && /^(?:http|ws):$/.test(url.protocol))
		return `It was loaded over ${url.protocol.slice(0, -1)}, where anybody on the way can change it. Write ${url.protocol === "ws:" ? "wss" : "https"} in its address.`;
	if (isScript && bypassIn(url.origin) !== undefined)
		return `On ${url.host} anybody finds a script that runs their code, so the host is not proposed. Use a nonce, or serve the file yourself.`;
	const isDevelopment = page !== undefined && isLoopback(url.hostname) && isLoopback(page.hostname);
	if (isDevelopment) return undefined;
	if (/^\d+\.\d+\.\d+\.\d+$|^\[/.test(url.hostname))
		return "A bare IP address; sites have names. Something on the visitor's machine or network may have put it there.";
	return isLoopback(url.hostname) ? "A program on the visitor's own machine." : undefined;
}

function schemeProposal(scheme: string, directive: string, target: string): Proposal {
	const [risk, advice] = schemeRisk(scheme, directive) ?? [];
	if (risk !== undefined && advice !== undefined) return { kind: "source", directive: target, source: scheme, risk, advice };
	return { kind: "nothing", directive, risk: "high", advice: `${scheme} is no place to load this from: whoever can write an address can write its content.` };
}

/** Where to write it: the list that governs now, if it is no stand-in for all; otherwise the one that newcomers would look for. */
function targetOf(directive: string, model: CspModel): string {
	const chain = [directive, ...(DIRECTIVES.get(directive)?.fallback ?? [])];
	const governing = chain.find((name) => model.has(name));
	const isNarrow = governing === directive || governing === baseOf(directive);
	return governing !== undefined && isNarrow ? governing : baseOf(directive);
}

/** `script-src-elem` → `script-src`; frames of every kind → `frame-src`. */
function baseOf(directive: string): string {
	return directive === "fenced-frame-src" || directive === "child-src" ? "frame-src" : directive.replace(/-(?:elem|attr)$/, "");
}
