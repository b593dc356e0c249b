import { isLoopback } from "../core/address.ts";
import { bypassIn } from "../headers/csp/bypass.ts";
import { DIRECTIVES, type DirectiveName } from "../headers/csp/directives.ts";
import { matches } from "../headers/csp/match.ts";
import { type CspModel, effective } from "../headers/csp/model.ts";
import { isNonceOrHash } from "../headers/csp/sources.ts";
import type { ReportCluster } from "./cluster.ts";
import { addressOf, hashOf, wholeCode } from "./replay.ts";

/** `source` and `hash` are added to the policy, `nonce` and `code` are work in the application, and some things are best left alone. */
type ProposalKind = "source" | "hash" | "nonce" | "code" | "nothing";

/** What a change gives away. */
export type Risk = "low" | "medium" | "high";

/** From the harmless to the grave. */
export const RISKS: readonly Risk[] = ["low", "medium", "high"];

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

/** What is never let in for a report: whoever can inject it could have made the report. */
const LEFT_ALONE: ReadonlyMap<string, string> = new Map([
	["frame-ancestors", "Another site shows the page in a frame, which is how clicks are stolen. If it is a partner, name it in frameAncestors of that route."],
	["base-uri", "Something set <base>, which is how injected code redirects scripts. Look for an injection."],
	["object-src", "Something loaded a plugin or <object>. Use <img>, <video> or a frame in its place."],
	["sandbox", "The page did what its sandbox forbids."],
]);

/** What is to be written in another way. */
const IN_CODE: ReadonlyMap<string, string> = new Map([
	["script-src-attr", "A handler stands in a tag. Add it in a script: element.addEventListener(…)."],
	["style-src-attr", "A style stands in a tag. Use a class, or set it in a script: element.style.color = …."],
	["require-trusted-types-for", "Text went into a sink of scripts. Use textContent, or make the value in a Trusted Types policy."],
	["trusted-types", "A Trusted Types policy was made that is not named. Name it in trustedTypes if it is yours."],
]);

/** What a host may do once it is let in; the risk of it. */
const HOSTS: ReadonlyMap<string, readonly [Risk, string]> = new Map([
	["img-src", ["low", "Its images are shown; it learns who visits, and what scripts write into their addresses."]],
	["media-src", ["low", "Its sound and video play, and it learns who visits."]],
	["font-src", ["low", "Its fonts are used, and it learns who visits."]],
	["manifest-src", ["low", "It describes the app that visitors install."]],
	["style-src", ["medium", "Its style sheets can change the page, cover parts of it and read some of it."]],
	["connect-src", ["medium", "Scripts of the page can send it whatever they know."]],
	["frame-src", ["medium", "It is shown as a part of the page."]],
	["form-action", ["high", "What visitors write into forms can go there."]],
	["worker-src", ["high", "Its code runs in the background of the site."]],
	["script-src", ["high", "Its code runs with all the rights of the page, whatever it will serve one day. A nonce on the tag lets one script in, not a host."]],
]);

/** @param model the policy that the cluster violates. */
export function proposalFor(model: CspModel, cluster: ReportCluster): Proposal {
	const { directive, blocked } = cluster;
	const of = (kind: ProposalKind, advice: string, risk: Risk = "low"): Proposal => ({ kind, directive, risk, advice });
	const alone = LEFT_ALONE.get(directive);
	if (alone !== undefined) return of("nothing", alone, "high");
	const inCode = IN_CODE.get(directive);
	if (inCode !== undefined) return of("code", inCode);
	if (!DIRECTIVES.has(directive)) return of("nothing", "No directive of this name is known.");
	if (blocked === "inline") return inlineProposal(model, cluster);
	if (blocked === "eval")
		return of("code", "Text was run as code. Find what calls eval, new Function or setTimeout with a text, and replace it; 'unsafe-eval' is not proposed.");
	const target = targetOf(directive, model);
	if (blocked === "wasm-eval")
		return {
			kind: "source",
			directive: target,
			source: "'wasm-unsafe-eval'",
			risk: "medium",
			advice: "WebAssembly is compiled, which JavaScript's own eval is not.",
		};
	return addressProposal(model, cluster, target);
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

function addressProposal(model: CspModel, { directive, blocked, document }: ReportCluster, target: string): Proposal {
	const [url, page] = [addressOf(blocked), addressOf(document)];
	if (url === undefined) return { kind: "nothing", directive, risk: "high", advice: "The report does not say what was blocked." };
	if (!/^(?:https?|wss?):$/.test(url.protocol)) return schemeProposal(url.protocol, directive, target);
	const isScript = directive.startsWith("script-src");
	if (isScript && (effective(model, directive as DirectiveName) ?? []).includes("'strict-dynamic'")) {
		const advice = `With 'strict-dynamic' hosts do not count. Put the nonce on the tag of ${blocked}, or load it from a script that has one.`;
		return { kind: "nonce", directive: target, risk: "low", advice };
	}
	const doubt = doubtOf(url, page, isScript);
	if (doubt !== undefined) return { kind: "nothing", directive, risk: "high", advice: doubt };
	const isOwn = page !== undefined && matches("'self'", url, page);
	const [risk, advice] = isOwn ? (isScript ? OWN_SCRIPTS : OWN) : (HOSTS.get(baseOf(directive)) ?? ["high", "It becomes a part of the page."]);
	return { kind: "source", directive: target, source: isOwn ? "'self'" : url.origin, risk, advice: isOwn ? advice : `${url.host}: ${advice}` };
}

const OWN: readonly [Risk, string] = ["low", "It is the site itself."];
const OWN_SCRIPTS: readonly [Risk, string] = ["medium", "Scripts of the site itself run, uploaded ones too."];

/** Why an address is not let in, whatever the page wants of it. */
function doubtOf(url: URL, page: URL | undefined, isScript: boolean): string | undefined {
	// A report may name "*", which a policy would take for every host.
	if (!/^(?:[\w-]+(?:\.[\w-]+)*|\[[\da-f:.]+\])$/.test(url.hostname)) return "That is no name of a host: somebody has made the report up.";
	if (page?.protocol === "https:" && /^(?:http|ws):$/.test(url.protocol))
		return `It was loaded over ${url.protocol.slice(0, -1)}, where anybody on the way can change it. Write ${url.protocol === "ws:" ? "wss" : "https"} in its address.`;
	if (isScript && bypassIn(url.origin) !== undefined)
		return `On ${url.host} anybody finds a script that runs their code, so the host is not proposed. Use a nonce, or serve the file yourself.`;
	const isNumber = /^\d+\.\d+\.\d+\.\d+$|^\[/.test(url.hostname);
	const isDevelopment = page !== undefined && isLoopback(url.hostname) && isLoopback(page.hostname);
	return isNumber && !isDevelopment ? "A bare IP address; sites have names. Something on the visitor's machine or network may have put it there." : undefined;
}

const SCHEMES: ReadonlyMap<string, readonly [readonly string[], Risk, string]> = new Map([
	["data:", [["img-src", "media-src", "font-src"], "low", "What stands in the page's own text is shown."]],
	["blob:", [["img-src", "media-src"], "low", "What scripts of the page made is shown."]],
]);

function schemeProposal(scheme: string, directive: string, target: string): Proposal {
	const [kinds, risk, advice] = SCHEMES.get(scheme) ?? [[], "high", ""];
	if (kinds.includes(directive)) return { kind: "source", directive: target, source: scheme, risk, advice };
	if (scheme === "blob:" && directive === "worker-src")
		return { kind: "source", directive: target, source: scheme, risk: "medium", advice: "Workers run code that scripts of the page made." };
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
