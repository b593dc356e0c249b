/** What a browser tells about where a request comes from, as headers have it. */
export interface RequestFacts {
	readonly method: string;
	readonly site: string | undefined;
	readonly mode: string | undefined;
	readonly dest: string | undefined;
	readonly origin: string | undefined;
	/** The host that the request names, with its port. */
	readonly host: string | undefined;
	/** Whether the request is known to have come over https. */
	readonly isHttps: boolean;
}

export interface Rules {
	readonly trustedOrigins: ReadonlySet<string>;
	readonly strict: boolean;
}

/** Why a request is refused. */
export type Refusal = "cross-origin-write" | "no-evidence" | "cross-site-resource";

/** They must not change anything (RFC 9110 §9.2.1), so a request with them is judged by what it loads. TRACE is safe, and no browser sends it. */
const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/** Where the answer depends on who asks, as `Vary` names it. */
export const DEPENDS_ON: readonly string[] = ["Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site"];

/**
 * The first rule that refuses a request, or undefined.
 *
 * 1. An origin that you trust passes.
 * 2. A request that could change something passes from the origin itself, and from the browser (`none`): a bookmark, the address bar. Without
 *    `Sec-Fetch-Site`, `Origin` has to name the host. Without both, it does not come from a browser of today.
 * 3. Any other request passes from the same site, as a navigation, and without `Sec-Fetch-Site`.
 *
 * @see {@link https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-site-header}
 */
export function refusalOf(request: RequestFacts, { trustedOrigins, strict }: Rules): Refusal | undefined {
	const { method, site, origin } = request;
	if (origin !== undefined && trustedOrigins.has(origin.toLowerCase())) return undefined;
	if (site === "same-origin" || site === "none") return undefined;
	if (!SAFE.has(method)) return site === undefined ? refusalByOrigin(request, strict) : "cross-origin-write";
	return site === undefined || site === "same-site" || isNavigation(request) ? undefined : "cross-site-resource";
}

/** Browsers send it with each request that could change something, even before they had `Sec-Fetch-Site`. */
function refusalByOrigin({ origin, host, isHttps }: RequestFacts, strict: boolean): Refusal | undefined {
	if (origin === undefined) return strict ? "no-evidence" : undefined;
	// `null` is a sandboxed frame, a data: URL, or a redirect from another origin.
	if (!URL.canParse(origin) || host === undefined) return "cross-origin-write";
	const { protocol, host: from } = new URL(origin);
	const own = `${protocol}//${host}`;
	// Someone on the network can write a page on http, and its forms can lead to https.
	const isDowngraded = isHttps && protocol === "http:";
	return !isDowngraded && URL.canParse(own) && new URL(own).host === from ? undefined : "cross-origin-write";
}

/** Navigation of a window, a tab or a frame. Who may frame a page is for frame-ancestors. An object or embed runs within the other site's page. */
function isNavigation({ mode, dest }: RequestFacts): boolean {
	return mode === "navigate" && dest !== "object" && dest !== "embed";
}
