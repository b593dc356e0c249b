import { HOST_SOURCE, isAnyHostWithPort, isNonceOrHash, isUrlHash, type Source } from "./grammar.ts";

/**
 * Whether a list of sources allows an address (CSP3 §6.7.2.5) in every engine. Nonces, hashes and keywords other than 'self' match no address. Next
 * to the hash of an address, Chromium ignores everything that does.
 *
 * @param self the address of the page.
 * @param isRedirected whether another address redirects to it. Paths then do not count.
 */
export function matchesAny(list: readonly Source[], url: URL, self: URL | undefined, isRedirected = false): boolean {
	if (list.some(isUrlHash)) return false;
	return list.some((source) => typeof source === "string" && !isNonceOrHash(source) && matches(source, url, self, isRedirected));
}

/**
 * Whether one source expression allows an address (CSP3 §6.7.2.8) in every engine. Where they differ, the strictest decides: Chromium about ports and
 * schemes that are upgraded, WebKit about `*` with a port.
 */
export function matches(source: string, url: URL, self: URL | undefined, isRedirected = false): boolean {
	const word = source.toLowerCase();
	if (word === "'self'") return self !== undefined && isSelf(url, self);
	if (word === "*") return NETWORK.has(url.protocol) || (self !== undefined && url.protocol === self.protocol);
	if (/^[a-z][a-z0-9+.-]*:$/.test(word)) return isSchemeOrSafer(word, url.protocol);
	const [, scheme, host = "", port, path] = HOST_SOURCE.exec(source) ?? [];
	// Browsers do not match IPv6 addresses, and ignore a host with an underscore.
	if (host === "" || /[[_]/.test(host) || url.hostname === "" || isAnyHostWithPort(source)) return false;
	// Without a scheme, the scheme of the page counts, and its safer form.
	const allowed = scheme === undefined ? (self?.protocol ?? url.protocol) : `${scheme.toLowerCase()}:`;
	const isUpgraded = allowed !== url.protocol;
	const isThere = isSchemeOrSafer(allowed, url.protocol) && isHostOf(host.toLowerCase(), url.hostname) && isPort(port, url, isUpgraded);
	return isThere && (isRedirected || isPath(path, url.pathname));
}

const NETWORK = new Set(["http:", "https:", "ws:", "wss:"]);
const DEFAULT_PORTS: ReadonlyMap<string, string> = new Map([
	["http:", "80"],
	["https:", "443"],
	["ws:", "80"],
	["wss:", "443"],
]);

/** In CSP3 §6.7.2.9, http: also matches ws:, and vice versa. Browsers are stricter; WebKit lets ws: match http:. */
function isSchemeOrSafer(allowed: string, scheme: string): boolean {
	return allowed === scheme || (allowed === "http:" && scheme === "https:") || (allowed === "ws:" && scheme === "wss:");
}

function isSelf(url: URL, self: URL): boolean {
	if (url.hostname !== self.hostname || url.hostname === "") return false;
	const isSamePort = portOf(url) === portOf(self) || (url.port === "" && self.port === "");
	return isSamePort && (url.protocol === self.protocol || url.protocol === "https:" || url.protocol === "wss:" || self.protocol === "http:");
}

function isHostOf(host: string, name: string): boolean {
	if (host === "*") return true;
	return host.startsWith("*.") ? name.endsWith(host.slice(1)) : host === name;
}

function portOf({ port, protocol }: URL): string {
	return port === "" ? (DEFAULT_PORTS.get(protocol) ?? "") : port;
}

/** Port 80 becomes 443 when the scheme is upgraded, and only then (CSP3 §6.7.2.11, but stricter, as in Chromium). */
function isPort(port: string | undefined, url: URL, isUpgraded: boolean): boolean {
	if (port === "*") return true;
	if (port === undefined) return url.port === "";
	return port === portOf(url) ? !isUpgraded || port === "443" : isUpgraded && port === "80" && portOf(url) === "443";
}

/** A path with a slash at the end is a folder, any other path a file. Both sides are decoded (CSP3 §6.7.2.12). */
function isPath(path: string | undefined, name: string): boolean {
	if (path === undefined || path === "/") return true;
	const [allowed, asked] = [decoded(path), decoded(name)];
	return allowed.endsWith("/") ? asked.startsWith(allowed) : asked === allowed;
}

function decoded(path: string): string {
	// Byte by byte, because not every path is UTF-8.
	return path.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
