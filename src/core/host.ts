import type { Issues } from "./issue.ts";
import { own, show } from "./text.ts";

/** A host name, IPv4 address or IPv6 literal, with or without a port. */
const HOST = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;

/** The longest host name, with a port. */
const LONGEST = 260;
const PORT = /:\d+$/;

/** Browsers trust pages on these hosts over plain http as well. @see {@link https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy} */
const LOOPBACK = /^(?:(?:.*\.)?localhost|127(?:\.\d{1,3}){3}|\[(?:::|0+:).*\])$/i;

/** Whether browsers do not trust pages over http on this host, with or without a port. False for what is not a host. */
export function isUntrustworthyHost(host: string): boolean {
	const name = host.replace(PORT, "").replace(/\.$/, "");
	return host.length <= LONGEST && HOST.test(name) && !LOOPBACK.test(name);
}

/** The host that a request names: `:authority` in HTTP/2, and the Host header before. */
export function authorityOf(headers: RequestHeaders | undefined): string | undefined {
	if (headers === undefined) return undefined;
	const host = own(headers, ":authority") || own(headers, "host");
	return typeof host === "string" ? host : undefined;
}

type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** A host with its port, as a `Host` header has it for https. */
export function readHost(value: unknown, issues: Issues): string | undefined {
	return isHost(value) ? addressOf(value)?.host : refuseHost(value, addressOf(nearestHost(value))?.host, issues);
}

/** A host that requests over http are compared with, whatever their port. */
export function readHostName(value: unknown, issues: Issues): string | undefined {
	const address = isHost(value) ? addressOf(value) : undefined;
	if (address === undefined) return refuseHost(value, addressOf(nearestHost(value))?.hostname, issues);
	if (!PORT.test(value as string)) return address.hostname;
	const expected = `${show(address.hostname)}. If https is on this port, write host: ${show(address.host)}`;
	return issues.invalid("option/type", value, "but a request over http has the port of http", expected);
}

/** The host that a request names, without the port. Undefined for anything else. */
export function requestedHost(host: string | undefined): string | undefined {
	// A port may be empty (RFC 3986 §3.2.3). The dot of the root is not part of the name to browsers and certificates.
	const name = host?.replace(/:\d{0,5}$/, "").replace(/\.$/, "");
	return isHost(name) && !PORT.test(name) ? addressOf(name)?.hostname : undefined;
}

function refuseHost(value: unknown, suggestion: string | undefined, issues: Issues): undefined {
	const host = suggestion !== undefined && isHost(suggestion) ? suggestion : "www.example";
	return issues.invalid("option/type", value, "which is not a host name as browsers send it", `${show(host)}, without a scheme, path or wildcard`);
}

function isHost(value: unknown): value is string {
	return typeof value === "string" && value.length <= LONGEST && HOST.test(value) && URL.canParse(`https://${value}`);
}

/** What was probably meant: without a scheme or wildcard, and without the dot of the root. */
function nearestHost(value: unknown): string {
	if (typeof value !== "string" || value.length > LONGEST) return "";
	const [host = ""] = value
		.trim()
		.replace(/^[a-z][a-z0-9+.-]*:\/\//i, "")
		.replace(/^\*\./, "")
		.split(/[/?#]/, 1);
	return host.replace(/\.(?=:\d|$)/, "");
}

/** Browsers send names in lower case and in ASCII, and addresses in their shortest form. */
function addressOf(host: string): URL | undefined {
	return URL.canParse(`https://${host}`) ? new URL(`https://${host}`) : undefined;
}
