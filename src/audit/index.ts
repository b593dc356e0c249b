import type { RequestListener, Server } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { isLoopback } from "../core/address.ts";
import { didYouMean, show } from "../core/text.ts";
import { type CompiledPolicy, compiledFrom, edgeHeaders, type PolicySource } from "../policy/compile.ts";
import { expectedOf, isAsExpected } from "./compare.ts";
import { type DomainOptions, domainOf } from "./crawl/domain.ts";
import { ask } from "./crawl/http.ts";
import { probe } from "./crawl/index.ts";
import type { ProbeOptions } from "./crawl/options.ts";
import { TIMEOUT } from "./crawl/request.ts";
import { type Estimate, estimatesOf } from "./estimates/index.ts";
import { onPurposeIn, publicFields } from "./from-policy.ts";
import { type Grade, gradeOf } from "./grade.ts";
import { acceptedIn, type Ignore, type Ignored, problemOf, today, withoutIgnored } from "./ignore.ts";
import { judge } from "./judge.ts";
import { type Exchange, type Expected, type Fields, type Finding, isTrusted, type Probe, type Severity, valuesOf } from "./types.ts";

export { Unreachable } from "./crawl/request.ts";
export type { DomainOptions, Estimate, Finding, Grade, Ignore, Ignored, Probe, ProbeOptions, Severity };

/** The options of `audit`. */
export interface AuditOptions extends ProbeOptions {
	/**
	 * Findings that do not count: the ids of rules, alone or with a path, a reason and a last day.
	 * @defaultValue []
	 * @example ["leak/stack-trace", { id: "policy/different", path: "/embed", reason: "has its own policy", until: "2027-01-31" }]
	 */
	readonly ignore?: readonly (string | Ignore)[] | undefined;
	/**
	 * The middleware, or its options. The audit compares each response with it, byte for byte.
	 * @defaultValue none: only the rules of the audit apply
	 * @example headers
	 */
	readonly expect?: PolicySource | undefined;
	/**
	 * Also checks what preload lists require of a domain: to be listed, or to be removed.
	 * @defaultValue none: the audit does not check these requirements
	 * @example { wants: "listing", registrable: (host) => getDomain(host, { allowPrivateDomains: true }) ?? undefined }
	 */
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
	/** The page, after redirects. */
	readonly url: string;
	/** No finding is an error. */
	readonly passed: boolean;
	/** The worst first. */
	readonly findings: readonly Finding[];
	/** Findings that do not count. */
	readonly ignored: readonly Ignored[];
	/** Entries of `ignore` that have expired or match nothing: one sentence each. */
	readonly stale: readonly string[];
	/** A summary for people; `passed` does not depend on it. */
	readonly grade: Grade;
	/** What other scanners would say, estimated from their rules. */
	readonly estimates: readonly Estimate[];
	/** Every request and its response: only security headers, and cookies without their values. */
	readonly responses: readonly AuditedResponse[];
}

export interface AuditedResponse {
	readonly probe: Probe;
	readonly method: string;
	readonly url: string;
	readonly status: number;
	/** It arrived over https, or is judged as if it had. */
	readonly secure: boolean;
	/** What distinguishes the request from others of the same kind: an origin, a defect. */
	readonly sent?: string | undefined;
	readonly headers: Fields;
}

/**
 * Audits a running site, or an application in this process. It requests the page twice, with HEAD and conditionally,
 * sends preflights, and asks for a page that does not exist, a malformed URL, a static file and plain http. An
 * application is judged as if it were behind https.
 *
 * @throws {Unreachable} when the page does not respond.
 * @throws {TypeError} for an option that does not exist.
 * @throws {RangeError} when `ignore` names a rule that does not exist.
 * @example
 * const { passed, findings } = await audit(app);
 */
export async function audit(target: string | URL | RequestListener | Server | HttpsServer, given: AuditOptions = {}): Promise<AuditReport> {
	const unknown = Object.keys(given).find((key) => !(AUDIT_OPTIONS as readonly string[]).includes(key));
	// A misspelt option would silently audit less than you meant.
	if (unknown !== undefined)
		throw new TypeError(`${show(unknown)} is not an option of audit().${didYouMean(unknown, AUDIT_OPTIONS)} The options are ${AUDIT_OPTIONS.join(", ")}.`);
	const ignored = ignoresOf(given.ignore ?? []);
	const options = { ...given, headers: withKnownNames(given.headers ?? {}), resolve: inLowerCase(given.resolve ?? {}) };
	if (typeof target === "string" || target instanceof URL) return runAudit(new URL(target), asBehindTls(new URL(target), options), ignored);
	// Loaded when needed: a static import of node:http loads undici.
	const [http, https] = [process.getBuiltinModule("node:http"), process.getBuiltinModule("node:https")];
	const isSecure = target instanceof https.Server;
	const isServer = target instanceof http.Server || isSecure;
	const server = isServer ? target : http.createServer(target);
	const isOurs = !server.listening;
	if (isOurs) await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	try {
		const { port } = server.address() as AddressInfo;
		// A public host name: browsers do not pin localhost.
		const headers = { Host: "app.example", "X-Forwarded-Proto": "https", ...options.headers };
		// A server that is created here does not show how the user's own server answers malformed requests.
		const raw = options.raw ?? isServer;
		const address = new URL(`${isSecure ? "https" : "http"}://127.0.0.1:${port}/`);
		// The certificate of a server in a test is that of the test.
		return await runAudit(address, { ...options, headers, raw, assumeTls: true, insecure: isSecure || options.insecure === true }, ignored);
	} finally {
		if (isOurs) server.close();
	}
}

/** Spells the two headers that are looked up as they are looked up. */
function withKnownNames(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
	const known = ["Host", "X-Forwarded-Proto"];
	return Object.fromEntries(Object.entries(headers).map(([name, value]) => [known.find((one) => one.toLowerCase() === name.toLowerCase()) ?? name, value]));
}

/** URLs have hosts in lower case. */
function inLowerCase(resolve: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
	return Object.fromEntries(Object.entries(resolve).map(([host, address]) => [host.toLowerCase(), address]));
}

/** Plain http in place of https is requested as a proxy would, and under a public name on this machine: browsers do not pin localhost. */
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

/** Responses that are compared with the policy: those of the site itself, not redirects that lead there. */
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

/**
 * The headers that the policy has for this response. A policy may ask only some responses for reports: then those that it is nearer to.
 * No single header tells, for Reporting-Endpoints is also sent without `reporting`, and never over http.
 */
function policyHeadersFor(policy: CompiledPolicy, exchange: Exchange): readonly Expected[] {
	const [asking = [], others = []] = [true, false].map((reports) => expectedOf(policy, exchange.secure, true, reports, isTrusted(exchange)));
	return differences(others, exchange) < differences(asking, exchange) ? others : asking;
}

function differences(headers: readonly Expected[], exchange: Exchange): number {
	return headers.filter((header) => !isAsExpected(header, valuesOf(exchange, header.name), exchange.status)).length;
}

/** Adds what the policy says of each response. */
function withExpected(policy: CompiledPolicy, exchanges: readonly Exchange[]): readonly Exchange[] {
	const keys = policy.policy.edge;
	const ownedByEdge = keys.length === 0 ? [] : edgeHeaders(policy.policy, true).map(({ name }) => name);
	const onPurpose = onPurposeIn(policy);
	return exchanges.map((exchange) => {
		const expected = COMPARED.includes(exchange.probe) ? policyHeadersFor(policy, exchange) : undefined;
		return { ...exchange, ownedByEdge, onPurpose, expected };
	});
}

async function runAudit(address: URL, options: AuditOptions, ignores: readonly Ignore[]): Promise<AuditReport> {
	const policy = options.expect === undefined ? undefined : compiledFrom(options.expect, "expect");
	const answers = await probe(address, options);
	const compared = policy === undefined ? answers : withExpected(policy, answers);
	const exchanges = options.preload === undefined ? compared : [...compared, await preloadOf(address, options.preload, options, compared)];
	const all = judge(exchanges);
	const accepted = acceptedIn(all, policy?.policy.accepted ?? []);
	const { findings, ignored, stale } = withoutIgnored(all, [...ignores, ...accepted], today());
	// A grade is about what a visitor has, whatever was intended.
	const graded = [...findings, ...ignored.filter((one) => accepted.some(({ id, reason }) => one.id === id && one.reason === reason))];
	return {
		url: exchanges.find((one) => one.probe === "page")?.url ?? address.origin,
		passed: findings.every(({ severity }) => severity !== "error"),
		findings,
		ignored,
		stale,
		grade: gradeOf(exchanges, graded),
		estimates: estimatesOf(exchanges),
		responses: exchanges.map((one) => {
			const { probe: kind, method, url, status, secure, sent } = one;
			return { probe: kind, method, url, status, secure, ...(sent === undefined ? {} : { sent }), headers: publicFields(one) };
		}),
	};
}

/** The whole domain, also when the audit is about one page. */
async function preloadOf(address: URL, wanted: DomainOptions, options: ProbeOptions, exchanges: readonly Exchange[]): Promise<Exchange> {
	const url = new URL(`https://${address.hostname}${address.protocol === "https:" && address.port !== "" ? `:${address.port}` : ""}/`);
	const resolve = new Map(Object.entries(options.resolve ?? {}));
	const timeout = options.timeout ?? TIMEOUT;
	const isPlain = exchanges.some((one) => one.probe === "plain-http" && new URL(one.url).hostname === address.hostname);
	// With a port of its own, nothing is known of port 80.
	const domain = { ...(await domainOf(url, wanted, resolve, timeout)), hasHttp: isPlain || (address.port === "" ? false : undefined) };
	const connection = { headers: {}, timeout, insecure: options.insecure === true, assumeTls: false, resolve, http2: new Set<string>() };
	const unanswered: Exchange = { probe: "preload", method: "GET", url: url.href, status: 0, fields: [], body: "", secure: true };
	const answer = await ask(url, { probe: "preload" }, connection).catch(() => unanswered);
	return { ...answer, domain };
}
