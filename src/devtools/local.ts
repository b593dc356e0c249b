import type { IncomingHttpHeaders } from "node:http";
import { isLoopback } from "../core/address.ts";
import type { Request } from "../core/request.ts";

/**
 * Whether a request came from this machine, for this machine. The host is checked as well: a foreign site can let its own name point to 127.0.0.1,
 * and would then be of the same origin.
 */
export function isLocal(req: Request): boolean {
	return isLoopbackPeer(req.socket.remoteAddress) && isLoopbackHost(hostOf(req.headers)) && !isForwarded(req);
}

/**
 * Whether a proxy on this machine forwards the request of another machine. nginx says nothing and sends localhost as the host, but it speaks HTTP/1.0
 * unless it is told otherwise.
 */
function isForwarded({ headers, httpVersionMajor, httpVersionMinor }: Request): boolean {
	if (httpVersionMajor === 1 && httpVersionMinor === 0) return true;
	if (headers.forwarded !== undefined) return true;
	const addresses = CLIENTS.flatMap((name) => String(headers[name] ?? "").split(","));
	const isForeignHost = headers["x-forwarded-host"] !== undefined && !isLoopbackHost(String(headers["x-forwarded-host"]));
	return isForeignHost || addresses.some((address) => address.trim() !== "" && !isLoopbackPeer(address.trim()));
}

const CLIENTS = ["x-forwarded-for", "x-real-ip", "cf-connecting-ip", "true-client-ip", "fly-client-ip"];

/** Whether a page of another site made the request. Browsers that do not say are old. */
export function isForeign({ headers }: Request): boolean {
	const site = headers["sec-fetch-site"];
	return site !== undefined && site !== "same-origin" && site !== "none";
}

/** Whether a page may be one of this machine. Frames without a URL of their own may. */
export function isOfThisMachine(document: string): boolean {
	return !/^https?:/.test(document) || (URL.canParse(document) && isLoopbackHost(new URL(document).host));
}

/** The origin that the browser asked. */
export function originOf(req: Request): string {
	return `${"encrypted" in req.socket ? "https" : "http"}://${hostOf(req.headers)}`;
}

function hostOf(headers: IncomingHttpHeaders): string {
	return String(headers[":authority"] ?? headers.host ?? "");
}

function isLoopbackPeer(address: string | undefined): boolean {
	const plain = (address ?? "").replace(/^::ffff:/i, "");
	return plain === "::1" || isLoopback(plain);
}

function isLoopbackHost(host: string): boolean {
	if (!URL.canParse(`http://${host}`)) return false;
	const { hostname, host: read } = new URL(`http://${host}`);
	// A user name in front of the host would hide it.
	return !host.includes("@") && read !== "" && (isLoopback(hostname) || hostname.endsWith(".localhost"));
}
