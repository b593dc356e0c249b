import { isLoopback } from "../../core/address.ts";
import { OWN_FILE } from "../checks/consistency.ts";
import { FOREIGN_ORIGIN, lookalikesOf } from "../checks/cors.ts";
import { OTHER_HOST } from "../checks/redirect.ts";
import { reportUris } from "../checks/reporting.ts";
import { tagsIn } from "../html.ts";
import { mayReceive, type Secrets, secretsOf } from "../secrets.ts";
import { type Exchange, isAt, locationOf, type Probe, targetOf, valuesOf } from "../types.ts";
import { ask } from "./http.ts";
import type { ProbeOptions } from "./options.ts";
import { type Ask, type ConnectionOptions, TIMEOUT, Unreachable } from "./request.ts";

const MAX_TIME = 60_000;
const HOPS = 5;

/** Requests everything that the rules judge. @throws {Unreachable} when the page itself does not respond. */
export async function probe(address: URL, options: ProbeOptions): Promise<readonly Exchange[]> {
	const unanswered: Probe[] = [];
	const send = senderOf(address, options, unanswered);
	const exchanges: Exchange[] = [];
	const { page, target, redirecting } = await findPage(address, send, exchanges, options);
	const [first] = exchanges;
	// Also where http leads to https only by way of another address over http.
	if (first !== undefined && isPlainHop(address, target, first) && options.assumeTls !== true) exchanges[0] = { ...first, probe: "plain-http" };
	exchanges.push(page);
	const isElsewhere = target.hostname !== address.hostname;
	// Another host did not agree to intrusive requests.
	for (const question of questionsFor(target, page, isElsewhere ? { ...options, active: false, raw: false } : options))
		await attempt(exchanges, () => send(target, question));
	const plain = plainOf(address, target, exchanges);
	for (const url of plain) await attempt(exchanges, () => send(url, { probe: "plain-http" }));
	for (const url of firstHopsOf(exchanges)) await attempt(exchanges, () => send(url, { probe: "first-hop" }));
	const sent = redirecting ?? plain[0];
	for (const header of options.active === true ? ["X-Forwarded-Host", "Host"] : ["X-Forwarded-Host"])
		if (sent !== undefined) await attempt(exchanges, () => send(sent, { probe: "other-host", headers: { [header]: OTHER_HOST }, sent: header }));
	// A request without a response must not look like a good one.
	return exchanges.map((one) => (one === page ? { ...one, unanswered } : one));
}

type Send = (url: URL, question: Ask) => Promise<Exchange>;

/** Sends within the time that is left, and to the application behind a proxy as well. */
function senderOf(address: URL, options: ProbeOptions, unanswered: Probe[]): Send {
	const end = Date.now() + (options.maxTime ?? MAX_TIME);
	const direct = options.direct === undefined ? undefined : new URL(options.direct);
	const http2 = new Set<string>();
	const secrets = secretsOf(address, direct, options.headers ?? {});
	const connection = (headers: ConnectionOptions["headers"]): ConnectionOptions => {
		const left = end - Date.now();
		if (left <= 0) throw new Unreachable("there is no time left", true);
		return {
			headers,
			timeout: Math.min(options.timeout ?? TIMEOUT, left),
			insecure: options.insecure === true,
			assumeTls: options.assumeTls === true,
			resolve: new Map(Object.entries(options.resolve ?? {})),
			http2,
		};
	};
	return async (url, question) => {
		options.onProgress?.(question.probe);
		const headers = secrets.headersFor(url, question.headers?.["Host"]);
		const answer = redacted(await answered(question.probe, () => ask(url, question, connection(headers))), secrets);
		if (direct === undefined || ["plain-http", "first-hop", "redirect", "other-host"].includes(question.probe)) return answer;
		const behind = await askDirectly(direct, url, question, connection(secrets.headersBehind(url)));
		if (behind === undefined) unanswered.push(question.probe);
		return { ...answer, direct: behind === undefined ? undefined : redacted(behind, secrets) };
	};
	async function answered(probe: Probe, run: () => Promise<Exchange>): Promise<Exchange> {
		try {
			return await run();
		} catch (error) {
			if (error instanceof Unreachable && error.isTimeout) unanswered.push(probe);
			throw error;
		}
	}
}

function redacted(exchange: Exchange, { hide, isEmpty }: Secrets): Exchange {
	if (isEmpty) return exchange;
	return { ...exchange, fields: exchange.fields.map(([name, value]) => [name, hide(value)] as const), body: hide(exchange.body) };
}

/** Sends a request to the application as its proxy would. */
async function askDirectly(direct: URL, url: URL, question: Ask, connection: ConnectionOptions): Promise<Exchange | undefined> {
	const headers = {
		...connection.headers,
		Host: connection.headers["Host"] ?? url.host,
		"X-Forwarded-Proto": connection.headers["X-Forwarded-Proto"] ?? url.protocol.slice(0, -1),
	};
	try {
		return await ask(
			direct,
			{ ...question, path: question.path ?? `${url.pathname}${url.search}` },
			{ ...connection, headers, assumeTls: url.protocol === "https:" },
		);
	} catch (error) {
		if (!(error instanceof Unreachable)) throw error;
		return undefined;
	}
}

interface Found {
	readonly page: Exchange;
	/** The URL of the page with its query, which reports do not show. */
	readonly target: URL;
	/** The first URL that redirects. */
	readonly redirecting: URL | undefined;
}

/** The first response that is not a redirect. Those before it are judged as well. */
async function findPage(address: URL, send: Send, exchanges: Exchange[], { headers }: ProbeOptions): Promise<Found> {
	let url = address;
	for (let hop = 0; hop <= HOPS; hop++) {
		const page = await send(url, { probe: "page" });
		const location = locationOf(page);
		if (location === undefined) return { page, target: url, redirecting: hop === 0 ? undefined : address };
		const next = nextOf(url, location);
		exchanges.push({ ...page, probe: "redirect", direct: undefined });
		// A redirect to the name in the Host header leads to the address that the name was sent to.
		const own = mayReceive(address, url) ? url.origin : address.origin;
		url = next.host === headers?.["Host"] ? new URL(`${next.pathname}${next.search}`, own) : next;
	}
	throw new Unreachable(`${address.origin} redirects more than ${HOPS} times`);
}

/** Whether a redirect answers plain http: it leads to https at last, or to another host at once. */
function isPlainHop({ protocol, origin }: URL, target: URL, redirect: Exchange): boolean {
	return protocol === "http:" && (target.protocol === "https:" || targetOf(redirect)?.origin !== origin);
}

function nextOf(url: URL, location: string): URL {
	if (!URL.canParse(location, url.href)) throw new Unreachable(`${url.origin} redirects to something that is not a URL`);
	const next = new URL(location, url);
	if (!/^https?:$/.test(next.protocol)) throw new Unreachable(`${url.origin} redirects to ${next.protocol}, which is not a web address`);
	return next;
}

/**
 * Over http, the address that was named, which visitors type, and the page, if it is on another host. Not what was requested already, nor a
 * host with a port of its own.
 */
function plainOf(address: URL, target: URL, exchanges: readonly Exchange[]): readonly URL[] {
	if (exchanges.some((one) => one.probe === "plain-http")) return [];
	const hosts = [address, ...(target.hostname === address.hostname ? [] : [target])];
	return hosts.filter(({ protocol, port }) => protocol === "https:" && port === "").map(({ hostname, pathname }) => new URL(`http://${hostname}${pathname}`));
}

/** Where http first leads on the same host, if nothing was requested there: browsers learn HSTS from that response. */
function firstHopsOf(exchanges: readonly Exchange[]): readonly URL[] {
	return exchanges
		.filter(({ probe }) => probe === "plain-http")
		.flatMap((plain) => {
			const to = targetOf(plain);
			const isFirst = to?.protocol === "https:" && to.hostname === new URL(plain.url).hostname;
			return to !== undefined && isFirst && !exchanges.some((one) => isAt(one, to)) ? [to] : [];
		});
}

function questionsFor(target: URL, page: Exchange, options: ProbeOptions): readonly Ask[] {
	const isOwn = isLoopback(target.hostname);
	const isRaw = options.raw ?? (options.active === true || isOwn);
	const own = assetOf(page, target);
	const asset: readonly Ask[] =
		options.staticPath === undefined && own !== undefined ? [{ probe: "static", path: own, sent: OWN_FILE }] : optional("static", options.staticPath);
	return [
		{ probe: "again" },
		{ probe: "head", method: "HEAD" },
		...conditional(page),
		{ probe: "compressed", headers: { "Accept-Encoding": "gzip" } },
		{ probe: "not-found", path: unknownPath() },
		{ probe: "malformed", path: "/%" },
		...crossOrigin(options.allowedOrigin),
		...optional("failing", options.failingPath),
		...asset,
		...optional("data", options.dataPath),
		...optional("logout", options.logoutPath),
		...optional("upload", options.uploadPath),
		...(options.paths ?? []).map((path): Ask => ({ probe: "page", path })),
		...(isRaw ? MALFORMED : []),
		...(options.active === true ? intrusive(target, page) : []),
	];
}

function optional(probe: Probe, path: string | undefined): readonly Ask[] {
	return path === undefined ? [] : [{ probe, path }];
}

function conditional(page: Exchange): readonly Ask[] {
	const [etag] = valuesOf(page, "ETag");
	const [modified] = valuesOf(page, "Last-Modified");
	const isText = (value: string | undefined): value is string => value !== undefined && /^[\x20-\x7e]+$/.test(value);
	if (isText(etag)) return [{ probe: "conditional", headers: { "If-None-Match": etag } }];
	return isText(modified) ? [{ probe: "conditional", headers: { "If-Modified-Since": modified } }] : [];
}

function crossOrigin(allowed: string | undefined): readonly Ask[] {
	const from = (probe: Probe, origin: string, more: Partial<Ask> = {}): Ask => ({ probe, sent: origin, ...more, headers: { Origin: origin, ...more.headers } });
	const preflight = { method: "OPTIONS", headers: { "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type" } };
	return [
		from("foreign", FOREIGN_ORIGIN),
		from("null-origin", "null"),
		from("preflight", FOREIGN_ORIGIN, preflight),
		...(allowed === undefined
			? []
			: [
					from("allowed", allowed),
					from("allowed-preflight", allowed, preflight),
					from("allowed-error", allowed, { path: unknownPath() }),
					...lookalikesOf(allowed).map((origin) => from("lookalike", origin)),
				]),
	];
}

/** HTTP/1 servers answer these before an application sees them. */
const MALFORMED: readonly Ask[] = [
	{ probe: "malformed", sent: "a header without a colon", raw: "GET / HTTP/1.1\r\nHost: %HOST%\r\nno colon\r\nConnection: close\r\n\r\n" },
	{ probe: "malformed", sent: "a request without Host", raw: "GET / HTTP/1.1\r\nConnection: close\r\n\r\n" },
	{ probe: "refused", sent: "an unknown Expect", raw: "GET / HTTP/1.1\r\nHost: %HOST%\r\nExpect: headguard\r\nConnection: close\r\n\r\n" },
	{
		probe: "refused",
		sent: "headers that are too large",
		raw: `GET / HTTP/1.1\r\nHost: %HOST%\r\nX-Headguard-Audit: ${"a".repeat(40_000)}\r\nConnection: close\r\n\r\n`,
	},
];

/** What a browser sends with a form of another site. */
const CROSS_SITE_FORM: Readonly<Record<string, string>> = {
	Origin: FOREIGN_ORIGIN,
	"Content-Type": "application/x-www-form-urlencoded",
	"Sec-Fetch-Site": "cross-site",
	"Sec-Fetch-Mode": "navigate",
	"Sec-Fetch-Dest": "document",
};

function intrusive(target: URL, page: Exchange): readonly Ask[] {
	const json = { "Content-Type": "application/json" };
	const report = reportUris(page).find((url) => URL.canParse(url, target.href) && new URL(url, target).origin === target.origin);
	return [
		{ probe: "trace", method: "TRACE" },
		{ probe: "cross-site", sent: FOREIGN_ORIGIN, method: "POST", headers: CROSS_SITE_FORM, body: "" },
		{ probe: "malformed", sent: "a body that is not JSON", method: "POST", headers: json, body: '{"headguard' },
		{ probe: "refused", sent: "a body that is too large", method: "POST", headers: json, body: JSON.stringify("a".repeat(2_000_000)) },
		...(report === undefined
			? []
			: [
					{
						probe: "report" as const,
						method: "POST",
						path: new URL(report, target).pathname,
						headers: { "Content-Type": "application/csp-report" },
						body: JSON.stringify({ "csp-report": { "document-uri": target.origin, "violated-directive": "default-src", "blocked-uri": "inline" } }),
					},
				]),
	];
}

/** A file that the page loads from its own origin. */
function assetOf(page: Exchange, target: URL): string | undefined {
	for (const { name, attributes } of tagsIn(page.body)) {
		const address = attributes.get(name === "link" ? "href" : "src");
		if (!["script", "img", "link"].includes(name) || address === undefined || !URL.canParse(address, target.href)) continue;
		const url = new URL(address, target);
		const isFile = name !== "link" || /\b(?:stylesheet|icon|modulepreload)\b/i.test(attributes.get("rel") ?? "");
		if (isFile && url.origin === target.origin && url.pathname !== target.pathname) return `${url.pathname}${url.search}`;
	}
	return undefined;
}

/** A single request without a response does not end the audit. */
async function attempt(exchanges: Exchange[], question: () => Promise<Exchange>): Promise<void> {
	try {
		exchanges.push(await question());
	} catch (error) {
		if (!(error instanceof Unreachable)) throw error;
	}
}

/** A path that no site has. */
function unknownPath(): string {
	return `/headguard-audit-${process.getBuiltinModule("node:crypto").randomBytes(6).toString("hex")}`;
}
