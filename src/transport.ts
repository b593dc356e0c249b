import type { Policy } from "./policy.ts";

/** What of a request is looked at; every Node, Connect and Express request has it. */
export interface RequestLike {
	readonly headers?: { readonly [name: string]: string | string[] | undefined } | undefined;
	readonly socket?: { readonly encrypted?: boolean | undefined; readonly remoteAddress?: string | undefined } | null | undefined;
	readonly authority?: string | undefined;
	readonly app?: unknown;
}

/** What is known of the connection: evidence of https, of http, or none. */
export type Evidence = "https" | "http" | "none";

/**
 * A TLS socket is evidence. A forwarded header is evidence only where the framework says that it
 * trusts the proxy that sent it. No evidence is the normal case behind a proxy that ends TLS and
 * says nothing.
 */
export function evidence(req: RequestLike, secure: Policy["secure"]): Evidence {
	if (typeof secure === "boolean") return secure ? "https" : "http";
	if (secure !== undefined) return fromFunction(req, secure);
	if (req.socket?.encrypted === true) return "https";
	const forwarded = req.headers?.["x-forwarded-proto"];
	if (forwarded === undefined || !trustsProxy(req)) return "none";
	const first = String(forwarded).split(",", 1)[0]?.trim().toLowerCase();
	if (first === "https") return "https";
	return first === "http" ? "http" : "none";
}

/**
 * Browsers ignore HSTS for an IP address, and pinning localhost would lock a developer out of every
 * other project on the machine.
 */
export function isLocalHost(req: RequestLike): boolean {
	const host = req.authority ?? req.headers?.["host"];
	if (typeof host !== "string" || host === "") return false;
	return LOCAL_HOST.test(host);
}

const LOCAL_HOST = /^(?:(?:[^:[\]]*\.)?localhost\.?|\d{1,3}(?:\.\d{1,3}){3}|\[[^\]]*\])(?::\d*)?$/i;

function fromFunction(req: RequestLike, secure: Extract<Policy["secure"], (...args: never) => unknown>): Evidence {
	try {
		const answer: unknown = secure(req as never);
		if (typeof answer !== "boolean") return "none";
		return answer ? "https" : "http";
	} catch {
		return "none";
	}
}

/** Express: `app.set("trust proxy", …)` compiled to a function of the peer address and the hop. */
function trustsProxy(req: RequestLike): boolean {
	const app = req.app as { get?: (name: string) => unknown } | undefined;
	const trust = typeof app?.get === "function" ? app.get("trust proxy fn") : undefined;
	try {
		return typeof trust === "function" && trust(req.socket?.remoteAddress, 0) === true;
	} catch {
		return false;
	}
}
