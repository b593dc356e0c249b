import type { RequestListener, Server } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { isLoopback } from "../core/address.ts";
import { didYouMean, show } from "../core/text.ts";
import { NAMES } from "../headers/facts.ts";
import { blocksFor, type CompiledHeader, type CompiledPolicy, compiledFrom, edgeHeaders, type PolicySource } from "../policy/compile.ts";
import { type DomainOptions, domainOf } from "./crawl/domain.ts";
import { ask, TIMEOUT } from "./crawl/http.ts";
import { type ProbeOptions, probe } from "./crawl/index.ts";
import { type Estimate, estimatesOf } from "./estimates/index.ts";
import { shownFields } from "./from-policy.ts";
import { type Grade, gradeOf } from "./grade.ts";
import { type Ignore, type Ignored, problemOf, today, withoutIgnored } from "./ignore.ts";
import { judge } from "./judge.ts";
import { type Fields, type Finding, type Probe, type Seen, type Severity, valuesOf } from "./types.ts";

export { Unreachable } from "./crawl/http.ts";
export type { DomainOptions, Estimate, Finding, Grade, Ignore, Ignored, Probe, ProbeOptions, Severity };

export interface AuditOptions extends ProbeOptions {
	/** Findings that do not count: ids of rules, as the documentation names them, alone or with a path, a reason and a last day. */
	readonly ignore?: readonly (string | Ignore)[] | undefined;
	/** The middleware, or its options: what arrives is compared with it byte for byte. */
	readonly expect?: PolicySource | undefined;
	/** Judge the domain by what preload lists ask for, or by what they ask of those that want to leave. */
	readonly preload?: DomainOptions | undefined;
}

/** Every option of `audit`. */
export const AUDIT_OPTIONS: readonly (keyof AuditOptions)[] = [
	"headers",
	"paths",
	"failingPath",
	"staticPath",
	"dataPath",
	"logoutPath",
	"uploadPath",
	"allowedOrigin",
	"timeout",
	"maxTime",
	"insecure",
	"active",
	"raw",
	"assumeTls",
	"resolve",
	"direct",
	"onProgress",
	"ignore",
	"expect",
	"preload",
];

export interface AuditReport {
	/** The page that was looked at, after redirects. */
	readonly url: string;
	/** No finding is an error. */
	readonly passed: boolean;
	/** The worst first. */
	readonly findings: readonly Finding[];
	/** What was found and does not count. */
	readonly ignored: readonly Ignored[];
	/** Entries of `ignore` that have ended, or that nothing needs: a sentence each. */
	readonly stale: readonly string[];
	/** A summary for people; `passed` does not depend on it. */
	readonly grade: Grade;
	/** What others would say, by our reading of their rules. */
	readonly estimates: readonly Estimate[];
	/** What was asked, and what came: security headers alone, cookies without their values. */
	readonly responses: readonly Shown[];
}

export interface Shown {
	readonly probe: Probe;
	readonly method: string;
	readonly url: string;
	readonly status: number;
	readonly headers: Fields;
}

/**
 * Looks at a running site, or at an application in this process: the page twice, HEAD, a conditional request,
 * preflights, a page that does not exist, a malformed address, a static file, http. An application is
 * judged as if it stood behind https.
 *
 * @throws {Unreachable} when the page gives no answer.
 * @throws {TypeError} for an option that does not exist.
 * @throws {RangeError} when `ignore` names a rule that does not exist.
 * @example
 * const { passed, findings } = await audit(app);
 */
export async function audit(target: string | URL | RequestListener | Server | HttpsServer, given: AuditOptions = {}): Promise<AuditReport> {
	const unknown = Object.keys(given).find((key) => !(AUDIT_OPTIONS as readonly string[]).includes(key));
	// A mistyped one would look at less than was meant.
	if (unknown !== undefined)
		throw new TypeError(`${show(unknown)} is no option of audit.${didYouMean(unknown, AUDIT_OPTIONS)} There are ${AUDIT_OPTIONS.join(", ")}.`);
	const ignored = ignoresOf(given.ignore ?? []);
	const options = { ...given, headers: namesOf(given.headers ?? {}), resolve: inLowerCase(given.resolve ?? {}) };
	if (typeof target === "string" || target instanceof URL) return look(new URL(target), asBehindTls(new URL(target), options), ignored);
	// Taken when it is needed: a static import of node:http loads undici.
	const [http, https] = [process.getBuiltinModule("node:http"), process.getBuiltinModule("node:https")];
	const isSecure = target instanceof https.Server;
	const isServer = target instanceof http.Server || isSecure;
	const server = isServer ? target : http.createServer(target);
	const isOurs = !server.listening;
	if (isOurs) await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	try {
		const { port } = server.address() as AddressInfo;
		// A host as others see it: nobody pins localhost.
		const headers = { Host: "app.example", "X-Forwarded-Proto": "https", ...options.headers };
		// A server that we made for an application says nothing of how it answers by itself.
		const raw = options.raw ?? isServer;
		const address = new URL(`${isSecure ? "https" : "http"}://127.0.0.1:${port}/`);
		// The certificate of a server in a test is that of the test.
		return await look(address, { ...options, headers, raw, assumeTls: true, insecure: isSecure || options.insecure === true }, ignored);
	} finally {
		if (isOurs) server.close();
	}
}

/** The two names that are looked for, as they are looked for. */
function namesOf(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
	const known = ["Host", "X-Forwarded-Proto"];
	return Object.fromEntries(Object.entries(headers).map(([name, value]) => [known.find((one) => one.toLowerCase() === name.toLowerCase()) ?? name, value]));
}

/** As addresses have hosts. */
function inLowerCase(resolve: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
	return Object.fromEntries(Object.entries(resolve).map(([host, address]) => [host.toLowerCase(), address]));
}

/** What stands for https is asked as a proxy would ask: on this machine under a name, for nobody pins localhost. */
function asBehindTls({ protocol, hostname }: URL, options: AuditOptions): AuditOptions {
	if (options.assumeTls !== true || protocol === "https:") return options;
	const isOwn = isLoopback(hostname);
	return { ...options, headers: { ...(isOwn ? { Host: "app.example" } : {}), "X-Forwarded-Proto": "https", ...options.headers } };
}

function ignoresOf(given: readonly (string | Ignore)[]): readonly Ignore[] {
	const entries = given.map((entry) => (typeof entry === "string" ? { id: entry } : entry));
	const problem = entries.map(problemOf).find((one) => one !== undefined);
	if (problem !== undefined) throw new RangeError(`ignore: ${problem}`);
	return entries;
}

/** Those that are compared with the policy: what the site itself answers, not what sends visitors there. */
const COMPARED: readonly Probe[] = [
	"page",
	"again",
	"head",
	"conditional",
	"compressed",
	"not-found",
	"failing",
	"malformed",
	"refused",
	"static",
	"data",
	"foreign",
	"preflight",
];

/** Of a policy that asks only some responses for reports, what this one is to have. */
function expectedOf(policy: CompiledPolicy, seen: Seen): readonly CompiledHeader[] {
	const isSilent = valuesOf(seen, NAMES.reportingEndpoints).length === 0;
	const [reporting, silent] = blocksFor(policy, seen.secure, true);
	return (isSilent ? (silent ?? reporting) : reporting)?.headers ?? [];
}

/** What the policy says of a response. */
function beside(policy: CompiledPolicy, seen: Seen): Seen {
	const keys = policy.policy.edge;
	const ownedByEdge = keys.length === 0 ? [] : edgeHeaders(policy.policy).map(({ name }) => name);
	return { ...seen, ownedByEdge, expected: COMPARED.includes(seen.probe) ? expectedOf(policy, seen) : undefined };
}

async function look(address: URL, options: AuditOptions, ignores: readonly Ignore[]): Promise<AuditReport> {
	const policy = options.expect === undefined ? undefined : compiledFrom(options.expect, "expect");
	const answers = await probe(address, options);
	const compared = policy === undefined ? answers : answers.map((one) => beside(policy, one));
	const seen = options.preload === undefined ? compared : [...compared, await preloadOf(address, options.preload, options, compared)];
	const all = judge(seen);
	const { findings, ignored, stale } = withoutIgnored(all, ignores, today());
	return {
		url: seen.find((one) => one.probe === "page")?.url ?? address.origin,
		passed: findings.every(({ severity }) => severity !== "error"),
		findings,
		ignored,
		stale,
		grade: gradeOf(seen, findings),
		estimates: estimatesOf(seen),
		responses: seen.map((one) => ({ probe: one.probe, method: one.method, url: one.url, status: one.status, headers: shownFields(one) })),
	};
}

/** The whole domain, whatever page was looked at. */
async function preloadOf(address: URL, wanted: DomainOptions, options: ProbeOptions, seen: readonly Seen[]): Promise<Seen> {
	const url = new URL(`https://${address.hostname}${address.protocol === "https:" && address.port !== "" ? `:${address.port}` : ""}/`);
	const resolve = new Map(Object.entries(options.resolve ?? {}));
	const timeout = options.timeout ?? TIMEOUT;
	const domain = { ...(await domainOf(url, wanted, resolve, timeout)), hasHttp: seen.some((one) => one.probe === "plain-http") };
	const line = { headers: {}, timeout, insecure: options.insecure === true, assumeTls: false, resolve };
	const unanswered: Seen = { probe: "preload", method: "GET", url: url.href, status: 0, fields: [], body: "", secure: true };
	const answer = await ask(url, { probe: "preload" }, line).catch(() => unanswered);
	return { ...answer, domain };
}
