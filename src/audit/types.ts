import { isUntrustworthyHost } from "../core/host.ts";
import type { HeaderText } from "../headers/define.ts";
import type { Piece } from "../templates/index.ts";

/** How bad a finding is: an error fails the audit, a warning weakens, a note is worth knowing. */
export type Severity = "error" | "warning" | "note";

/** Why a request was sent. `policy` is the compiled policy itself, without a server. */
export type Probe =
	| "page"
	| "again"
	| "head"
	| "conditional"
	| "compressed"
	| "not-found"
	| "failing"
	| "malformed"
	| "refused"
	| "static"
	| "data"
	| "logout"
	| "upload"
	| "report"
	| "trace"
	| "cross-site"
	| "foreign"
	| "null-origin"
	| "lookalike"
	| "allowed"
	| "allowed-error"
	| "preflight"
	| "allowed-preflight"
	| "plain-http"
	| "first-hop"
	| "redirect"
	| "other-host"
	| "preload"
	| "edge-file"
	| "policy";

/** One response, or what a policy would put on one. */
export interface Exchange {
	readonly probe: Probe;
	readonly method: string;
	readonly url: string;
	readonly status: number;
	/** Header lines as they arrived, in order. */
	readonly fields: Fields;
	/** The beginning of the body. */
	readonly body: string;
	/** It arrived over https, or is judged as if it had. */
	readonly secure: boolean;
	/** What distinguishes the request from others with the same probe: an origin, a defect. */
	readonly sent?: string | undefined;
	/** On the page: requests that got no response in time. */
	readonly unanswered?: readonly Probe[] | undefined;
	/** The response of the application itself, without its proxy. */
	readonly direct?: Exchange | undefined;
	/** The headers that the policy has for this response. */
	readonly expected?: readonly Expected[] | undefined;
	/** What the policy has although this version does not know it: directives and words, as messages show them. */
	readonly onPurpose?: ReadonlySet<string> | undefined;
	/** Headers that the policy leaves to the proxy. */
	readonly ownedByEdge?: readonly string[] | undefined;
	/** How the application is set up, where that is known. */
	readonly deployment?: Deployment | undefined;
	/** What is wrong in the configuration of a proxy, perhaps only under a condition that the files do not settle. */
	readonly lint?: { readonly id: string; readonly message: string; readonly isConditional?: boolean | undefined } | undefined;
	/** What a preload list requires of a domain besides its headers. */
	readonly domain?: Domain | undefined;
}

export type Fields = readonly (readonly [name: string, value: string])[];

export interface Expected {
	readonly name: string;
	/** The value where no nonce was read. */
	readonly text: string;
	/** The value in pieces, with the nonce between them. */
	readonly nonced?: readonly string[] | undefined;
	/** What the framework's own policy on its error pages becomes. */
	readonly complete?: HeaderText["complete"];
	/** The directives to which functions add sources. */
	readonly filled?: readonly string[] | undefined;
}

/** An application and its process, as far as they can be examined before they run. */
export interface Deployment {
	/** Handlers that respond before the policy is in place. */
	readonly mountedBefore: readonly string[];
	/** Where the policy is mounted, if it is not mounted for every path. */
	readonly mountedAt: readonly string[];
	/** Whether the policy is mounted; undefined without an application. */
	readonly isMounted?: boolean | undefined;
	readonly nodeEnv: string | undefined;
	/** The application's `trust proxy`. */
	readonly trustProxy?: unknown;
	readonly hasPoweredBy: boolean;
	readonly redirectsToHttps: boolean;
	/** Whether the server answers malformed requests with the headers; undefined without a server. */
	readonly isServerProtected?: boolean | undefined;
	/** There are templates, but none reads the nonce. */
	readonly hasUnusedNonce: boolean;
	/** Routes and paths whose policy allows more than that of the application, with what it allows: `GET /pay adds script-src https://js.pay.example`. */
	readonly weakerRoutes: readonly string[];
	/** Policies and overrides that replace one another, each with its fix. */
	readonly replacedPolicies: readonly string[];
	/** Overrides that cannot be applied to the policy, with the reason. */
	readonly unfitOverrides: readonly string[];
	/** Where overrides of another policy are mounted. */
	readonly foreignOverrides: readonly string[];
	/** Middleware of other libraries that replaces headers of the policy. */
	readonly replacedHeaders: readonly string[];
	/** Middleware of other libraries whose headers the policy replaces. */
	readonly redundantHeaders: readonly string[];
	/** Handlers that are mounted after the error handler of the policy. */
	readonly missedErrors: readonly string[];
	/** The templates of the views folder. */
	readonly templates?: readonly TemplatePieces[] | undefined;
	/** What the frameworks of the project still need, so that their pages work with the policy. */
	readonly frameworks?: readonly FrameworkGap[] | undefined;
}

/** A framework that does not give its scripts the nonce, or that must allow them in a policy of its own. */
export interface FrameworkGap {
	readonly kind: "nonce" | "csp";
	/** What is wrong, and what to write. */
	readonly text: string;
	/** The page of the documentation. */
	readonly recipe: string;
}

/** What a policy governs in a template. */
export interface TemplatePieces {
	readonly file: string;
	readonly pieces: readonly Piece[];
}

export interface Domain {
	readonly host: string;
	/** The domain that can be registered; undefined when the host itself is a public suffix. */
	readonly registrable: string | undefined;
	/** What is wrong with TLS, one sentence each. */
	readonly tls: readonly string[];
	readonly weakCipher?: string | undefined;
	/** What is wrong with TLS of the www host. */
	readonly www?: string | undefined;
	/** A server answers on port 80; undefined if that was not tried. */
	readonly hasHttp: boolean | undefined;
	/** To be listed, or to be removed from the list. */
	readonly wants: "listing" | "removal";
}

/** All responses of one site. */
export type Exchanges = readonly Exchange[];

/** What a rule is about. Why it matters, its examples and its page are in examples/, which the audit of a running site does not load. */
interface About<Id extends string> {
	/** Of the vocabulary of policy issues and events; never renamed. */
	readonly id: Id;
	/** Two to five words, for tables. */
	readonly title: string;
	/** Empty where a rule is about several headers. */
	readonly header: string;
	readonly severity: Severity;
	/** What it means, in one sentence. */
	readonly summary: string;
}

/** A pure function of the responses, and what it is about. */
export interface Rule<Id extends string = string> extends About<Id> {
	/** Judges one response; each message names the value and the fix. No message: the response is in order, or the rule does not apply. */
	readonly check: (exchange: Exchange, exchanges: Exchanges) => readonly string[];
}

/** The parts of a rule whose check has other arguments; the area that it belongs to knows the header. */
export type RuleParts<Id extends string, Check> = Omit<About<Id>, "header"> & { readonly check: Check };

export interface Finding {
	readonly id: string;
	readonly severity: Severity;
	readonly header: string;
	readonly probe: Probe;
	readonly method: string;
	readonly url: string;
	/** Further addresses with the same defect. */
	readonly alsoAt: readonly string[];
	/** Rules that the same edit satisfies. They have no findings of their own, and the severity is the worst of theirs. */
	readonly covers: readonly string[];
	readonly message: string;
}

/** A rule with at most one finding for each response. */
export function rule<Id extends string>({
	check,
	...about
}: About<Id> & { readonly check: (exchange: Exchange, exchanges: Exchanges) => string | undefined }): Rule<Id> {
	return {
		...about,
		check(exchange, exchanges) {
			const message = check(exchange, exchanges);
			return message === undefined ? [] : [message];
		},
	};
}

/** The values of a header, one for each line. */
export function valuesOf({ fields }: Pick<Exchange, "fields">, name: string): readonly string[] {
	return fields.filter(([known]) => known.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
}

/** The values of a header, also where commas join them in one line. */
export function partsOf(exchange: Pick<Exchange, "fields">, name: string): readonly string[] {
	return valuesOf(exchange, name).flatMap((value) => value.split(",").map((part) => part.trim()));
}

/** Whether browsers show the response as a document. A policy counts as one. */
export function isDocument(exchange: Exchange): boolean {
	return exchange.probe === "policy" || partsOf(exchange, "Content-Type").some((type) => /^(?:text\/html|application\/xhtml\+xml)\b/i.test(type));
}

/** Whether browsers trust the origin of a response: over https, and on this machine. They ignore some headers elsewhere. */
export function isTrusted({ secure, url }: Pick<Exchange, "secure" | "url">): boolean {
	return secure || !(URL.canParse(url) && isUntrustworthyHost(new URL(url).host));
}

/** Whether a visitor gets the response: not one to a preflight, nor one that is only compared with another. */
export function isAnswer({ probe }: Pick<Exchange, "probe">): boolean {
	return probe === "page" || probe === "policy";
}

/** The page, which the other responses are compared with. */
export function pageOf(exchanges: Exchanges): Exchange | undefined {
	return exchanges.find(({ probe }) => probe === "page");
}

/** The target of a redirect as it is written. */
export function locationOf(exchange: Exchange): string | undefined {
	return exchange.status >= 300 && exchange.status < 400 && exchange.status !== 304 ? valuesOf(exchange, "Location")[0] : undefined;
}

/** The target of a redirect. */
export function targetOf(exchange: Exchange): URL | undefined {
	const location = locationOf(exchange);
	return location !== undefined && URL.canParse(location, exchange.url) ? new URL(location, exchange.url) : undefined;
}

/** Whether a request went to a URL. Reports do not show queries, so they are not compared. */
export function isAt({ url }: Pick<Exchange, "url">, { origin, pathname }: URL): boolean {
	const own = URL.canParse(url) ? new URL(url) : undefined;
	return own !== undefined && own.origin === origin && own.pathname === pathname;
}

/** The names of a Cache-Control, in lower case, with their values. */
export function cacheOf(exchange: Exchange): ReadonlyMap<string, string> {
	return new Map(
		partsOf(exchange, "Cache-Control").map((part): [string, string] => {
			const [name = "", text = ""] = part.split(/=(.*)/s);
			return [name.trim().toLowerCase(), text.trim().replace(/^"(.*)"$/, "$1")];
		}),
	);
}

/** Whether the response tells shared caches to store it, and does not forbid it. */
export function isSharedByCaches(exchange: Exchange): boolean {
	const cache = cacheOf(exchange);
	return (cache.has("public") || cache.has("s-maxage") || Number(cache.get("max-age")) > 0) && !cache.has("private") && !cache.has("no-store");
}
