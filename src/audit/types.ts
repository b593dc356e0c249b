/** How bad a finding is: an error fails the audit, a warning weakens, a note is worth knowing. */
export type Severity = "error" | "warning" | "note";

/** Why a response was asked for. `policy` is the compiled policy itself, with no server behind it. */
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
	| "foreign"
	| "null-origin"
	| "lookalike"
	| "allowed"
	| "allowed-error"
	| "preflight"
	| "allowed-preflight"
	| "plain-http"
	| "redirect"
	| "other-host"
	| "preload"
	| "edge-file"
	| "policy";

/** One response, or what a policy would put on one. */
export interface Seen {
	readonly probe: Probe;
	readonly method: string;
	readonly url: string;
	readonly status: number;
	/** Header lines as they came, in their order. */
	readonly fields: Fields;
	/** The beginning of the body. */
	readonly body: string;
	/** It came over https, or is judged as if. */
	readonly secure: boolean;
	/** What was special about the request, where more than one was asked for the same reason: an origin, a defect. */
	readonly sent?: string | undefined;
	/** Questions that were not answered in time, on the page. */
	readonly unanswered?: readonly Probe[] | undefined;
	/** The same question, answered by the application itself without its proxy. */
	readonly direct?: Seen | undefined;
	/** What the policy says that this response has. */
	readonly expected?: readonly Expected[] | undefined;
	/** Headers that the policy gives to the proxy. */
	readonly ownedByEdge?: readonly string[] | undefined;
	/** How the application is put together, where it was looked at. */
	readonly deployment?: Deployment | undefined;
	/** What is wrong in the configuration of a proxy. */
	readonly lint?: { readonly id: string; readonly message: string } | undefined;
	/** What a preload list asks of a domain beside its headers. */
	readonly domain?: Domain | undefined;
}

export type Fields = readonly (readonly [name: string, value: string])[];

export interface Expected {
	readonly name: string;
	/** As it is where no nonce was read. */
	readonly text: string;
	/** In pieces between which a nonce stands. */
	readonly nonced?: readonly string[] | undefined;
	/** What the framework's own policy on its error pages becomes. */
	readonly framework?: { readonly completed: string } | undefined;
}

/** An application and its process, as far as they can be looked at before they run. */
export interface Deployment {
	/** What answers before the policy is in place. */
	readonly mountedBefore: readonly string[];
	/** The policy is mounted. Undefined: there is no application to look at. */
	readonly isMounted?: boolean | undefined;
	readonly nodeEnv: string | undefined;
	/** The application's `trust proxy`. */
	readonly trustProxy?: unknown;
	readonly hasPoweredBy: boolean;
	readonly redirectsToHttps: boolean;
	/** The server answers malformed requests with the headers. Undefined: there is no server to look at. */
	readonly isServerProtected?: boolean | undefined;
	/** Templates were found, and none reads the nonce. */
	readonly hasUnusedNonce: boolean;
	/** Routes whose policy allows more than that of the application: where, and what. */
	readonly weakerRoutes: readonly string[];
}

export interface Domain {
	readonly host: string;
	/** The domain that can be registered; undefined when the host is a public suffix itself. */
	readonly registrable: string | undefined;
	/** What is wrong with TLS, one sentence each. */
	readonly tls: readonly string[];
	readonly weakCipher?: string | undefined;
	/** What is wrong with TLS of the www host. */
	readonly www?: string | undefined;
	/** Somebody answers on port 80. */
	readonly hasHttp: boolean;
	/** To be listed, or to be taken off the list. */
	readonly wants: "listing" | "removal";
}

/** Everything that was seen of one site. */
export type Site = readonly Seen[];

/** One thing that is looked at: a pure function of what was seen. */
export interface Rule {
	/** Of the vocabulary of policy issues and events; never renamed. */
	readonly id: string;
	readonly header: string;
	readonly severity: Severity;
	/** What it means, in one sentence. */
	readonly summary: string;
	readonly link: string;
	/** Looks at one response; each message names the value and the fix. Nothing: all is well, or it does not apply. */
	readonly check: (seen: Seen, site: Site) => readonly string[];
}

export interface Finding {
	readonly id: string;
	readonly severity: Severity;
	readonly header: string;
	readonly probe: Probe;
	readonly method: string;
	readonly url: string;
	/** Further addresses with the same defect. */
	readonly alsoAt: readonly string[];
	readonly message: string;
}

/** A rule that says one thing of a response at most. */
export function rule(
	header: string,
	id: string,
	severity: Severity,
	summary: string,
	check: (seen: Seen, site: Site) => string | undefined,
	link: string = mdn(header),
): Rule {
	return {
		id,
		header,
		severity,
		summary,
		link,
		check(seen, site) {
			const message = check(seen, site);
			return message === undefined ? [] : [message];
		},
	};
}

/** The values of a header, a line each. */
export function valuesOf({ fields }: Pick<Seen, "fields">, name: string): readonly string[] {
	return fields.filter(([known]) => known.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
}

/** The values of a header whose values may also be joined by commas. */
export function partsOf(seen: Pick<Seen, "fields">, name: string): readonly string[] {
	return valuesOf(seen, name).flatMap((value) => value.split(",").map((part) => part.trim()));
}

/** A document, as browsers take it; a policy stands for one. */
export function isDocument(seen: Seen): boolean {
	return seen.probe === "policy" || partsOf(seen, "Content-Type").some((type) => /^(?:text\/html|application\/xhtml\+xml)\b/i.test(type));
}

/** The answers that a visitor gets: not those to preflights, nor what is only compared with another one. */
export function isAnswer({ probe }: Pick<Seen, "probe">): boolean {
	return probe === "page" || probe === "policy";
}

/** The page itself, with which the others are compared. */
export function pageOf(site: Site): Seen | undefined {
	return site.find(({ probe }) => probe === "page");
}

/** Where a redirect says that it goes, as it is written. */
export function locationOf(seen: Seen): string | undefined {
	return seen.status >= 300 && seen.status < 400 && seen.status !== 304 ? valuesOf(seen, "Location")[0] : undefined;
}

/** Where a redirect goes. */
export function targetOf(seen: Seen): URL | undefined {
	const location = locationOf(seen);
	return location !== undefined && URL.canParse(location, seen.url) ? new URL(location, seen.url) : undefined;
}

/** The names of a Cache-Control, in lower case, with their values. */
export function cacheOf(seen: Seen): ReadonlyMap<string, string> {
	return new Map(
		partsOf(seen, "Cache-Control").map((part): [string, string] => {
			const [name = "", text = ""] = part.split(/=(.*)/s);
			return [name.trim().toLowerCase(), text.trim().replace(/^"(.*)"$/, "$1")];
		}),
	);
}

/** Whether caches that many visitors share may keep it: what says so, and nothing that forbids it. */
export function isSharedByCaches(seen: Seen): boolean {
	const cache = cacheOf(seen);
	return (cache.has("public") || cache.has("s-maxage") || Number(cache.get("max-age")) > 0) && !cache.has("private") && !cache.has("no-store");
}

const MDN = "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/";

export function mdn(header: string): string {
	return MDN + header;
}
