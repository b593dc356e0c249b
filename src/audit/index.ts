import { createServer, type RequestListener, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Grade, gradeOf } from "./grade.ts";
import { type ProbeOptions, probe } from "./probe.ts";
import type { Finding, Probe, Severity } from "./rule.ts";
import { judge } from "./rules.ts";

export { Unreachable } from "./probe.ts";
export type { Finding, Grade, Probe, ProbeOptions, Severity };

export interface AuditOptions extends ProbeOptions {
	/** Ids of rules that do not count, as the documentation names them. */
	readonly ignore?: readonly string[] | undefined;
}

export interface AuditReport {
	/** The page that was looked at, after redirects. */
	readonly url: string;
	/** No finding is an error. */
	readonly passed: boolean;
	/** The worst first. */
	readonly findings: readonly Finding[];
	/** A summary for people; `passed` does not depend on it. */
	readonly grade: Grade;
	/** What was asked, and the status of the answer. */
	readonly responses: readonly { readonly probe: Probe; readonly method: string; readonly url: string; readonly status: number }[];
}

/**
 * Looks at a running site, or at an application in this process: the page twice, HEAD, a conditional request, a
 * preflight from a foreign origin, a page that does not exist, a malformed address, http. An application is
 * judged as if it stood behind https.
 *
 * @throws {Unreachable} when the page gives no answer.
 * @example
 * const { passed, findings } = await audit(app);
 */
export async function audit(target: string | URL | RequestListener | Server, options: AuditOptions = {}): Promise<AuditReport> {
	if (typeof target === "string" || target instanceof URL) return look(new URL(target), options);
	const server = target instanceof Server ? target : createServer(target);
	const isOurs = !server.listening;
	if (isOurs) await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	try {
		const { port } = server.address() as AddressInfo;
		// A host as others see it: nobody pins localhost.
		const headers = { Host: "app.example", "X-Forwarded-Proto": "https", ...options.headers };
		// A server that we made for an application says nothing of how it answers by itself.
		const raw = options.raw ?? target instanceof Server;
		return await look(new URL(`http://127.0.0.1:${port}/`), { ...options, headers, raw, assumeTls: true });
	} finally {
		if (isOurs) server.close();
	}
}

async function look(address: URL, options: AuditOptions): Promise<AuditReport> {
	const seen = await probe(address, options);
	const findings = judge(seen).filter(({ id }) => options.ignore?.includes(id) !== true);
	return {
		url: seen.find((one) => one.probe === "page")?.url ?? address.href,
		passed: findings.every(({ severity }) => severity !== "error"),
		findings,
		grade: gradeOf(seen, findings),
		responses: seen.map(({ probe, method, url, status }) => ({ probe, method, url, status })),
	};
}
