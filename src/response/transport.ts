import { authorityOf, isUntrustworthyHost } from "../core/host.ts";
import { ignoreRejection } from "../core/text.ts";
import { blockFor, type HeaderBlock, trustedOnly, type WirePolicy } from "./wire.ts";

/** The part of a request that is used. Every Node, Connect and Express request has it. */
export interface RequestLike {
	readonly headers?: { readonly [name: string]: string | string[] | undefined } | undefined;
	readonly socket?: { readonly encrypted?: boolean | undefined; readonly remoteAddress?: string | undefined } | null | undefined;
	readonly app?: unknown;
}

/** What is known of the connection: evidence of https, evidence of http, or none. */
export type Evidence = "https" | "http" | "none";

/** Why there is no evidence, although there could be. */
export interface NoEvidence {
	readonly code: "transport/untrusted-proto" | "transport/secure-failed";
	readonly detail: string;
}

/**
 * A TLS socket is evidence. A forwarded header is evidence only if the framework trusts the proxy that sent it. Behind a proxy that ends TLS and
 * adds no header, having no evidence is normal.
 */
export function evidence(req: RequestLike, secure: WirePolicy["secure"]): Evidence | NoEvidence {
	if (secure !== undefined) return typeof secure === "function" ? fromFunction(req, secure) : secure ? "https" : "http";
	if (req.socket?.encrypted === true) return "https";
	const forwarded = req.headers?.["x-forwarded-proto"];
	if (forwarded === undefined) return "none";
	if (!trustsProxy(req)) {
		return {
			code: "transport/untrusted-proto",
			detail:
				'X-Forwarded-Proto came from a peer that the application does not trust, so it is ignored. Write app.set("trust proxy", …), or set the option secure.',
		};
	}
	const first = String(forwarded).split(",", 1)[0]?.trim().toLowerCase();
	if (first === "https") return "https";
	return first === "http" ? "http" : "none";
}

/**
 * The headers for a connection. Browsers ignore some of them over http on a host that they do not trust, most with an error in the console of each
 * page. They are left out where both are known.
 */
export function blockOn(wire: WirePolicy, seen: Evidence | NoEvidence, req: RequestLike, reports: boolean): HeaderBlock {
	const host = kindOf(req);
	if (seen !== "http") return blockFor(wire, seen === "https", host !== "local" && host !== "address", reports);
	const block = blockFor(wire, false, false, reports);
	return host === "local" || host === "unknown" ? block : trustedOnly(block);
}

/**
 * What HSTS and trust depend on. `local`: this machine. `address`: an IP address of another one. Browsers ignore HSTS for an IP address. Pinning
 * localhost would lock a developer out of every other project on the machine.
 */
type HostKind = "local" | "address" | "named" | "unknown";

function kindOf(req: RequestLike): HostKind {
	const host = authorityOf(req.headers);
	if (host === undefined) return "unknown";
	if (host !== lastHost) {
		lastHost = host;
		lastKind = readKind(host);
	}
	return lastKind;
}

/** Most requests name the same host as the one before. */
let lastHost = "";
let lastKind: HostKind = "unknown";

function readKind(host: string): HostKind {
	const isUntrustworthy = isUntrustworthyHost(host);
	if (LOCAL_HOST.test(host)) return isUntrustworthy ? "address" : "local";
	return isUntrustworthy ? "named" : "unknown";
}

/** Express compiles `app.set("trust proxy", …)` to a function of the peer address and the hop. */
function trustsProxy(req: RequestLike): boolean {
	try {
		const app = req.app as { get?: (name: string) => unknown } | undefined;
		const trust = typeof app?.get === "function" ? app.get("trust proxy fn") : undefined;
		return typeof trust === "function" && trust(req.socket?.remoteAddress, 0) === true;
	} catch {
		return false;
	}
}

const LOCAL_HOST = /^(?:(?:[^:[\]]*\.)?localhost\.?|\d{1,3}(?:\.\d{1,3}){3}|\[[^\]]*\])(?::\d*)?$/i;

function fromFunction(req: RequestLike, secure: Extract<WirePolicy["secure"], (...args: never) => unknown>): Evidence | NoEvidence {
	let problem = "it did not return true or false";
	try {
		const answer: unknown = secure(req as never);
		if (typeof answer === "boolean") return answer ? "https" : "http";
		ignoreRejection(answer);
	} catch (error) {
		problem = `it threw: ${error instanceof Error ? error.message : String(error)}`;
	}
	return { code: "transport/secure-failed", detail: `the option secure failed (${problem}), so the transport of the request is unknown.` };
}
