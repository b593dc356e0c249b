import { isLoopback } from "../../core/address.ts";
import { OWN_FILE } from "../checks/consistency.ts";
import { FOREIGN_ORIGIN, lookalikesOf } from "../checks/cors.ts";
import { OTHER_HOST } from "../checks/redirect.ts";
import { reportUris } from "../checks/reporting.ts";
import { tagsIn } from "../html.ts";
import { mayReceive, type Secrets, secretsOf } from "../secrets.ts";
import { type Exchange, locationOf, type Probe, valuesOf } from "../types.ts";
import { type Ask, ask, type ConnectionOptions, TIMEOUT, Unreachable } from "./http.ts";

/** Which requests the audit sends, and how. */
export interface ProbeOptions {
	/**
	 * Request headers, for example for a page behind a login. The audit sends them to the origin of the URL and to `direct` only, and reports
	 * never show them.
	 * @defaultValue {}
	 * @example { Cookie: "session=…" }
	 */
	readonly headers?: Readonly<Record<string, string>> | undefined;
	/**
	 * Paths of more pages to audit. Each must respond with a page.
	 * @defaultValue []
	 * @example ["/login", "/account"]
	 */
	readonly paths?: readonly string[] | undefined;
	/**
	 * The path of a route that responds with a status of 5xx.
	 * @defaultValue none: the audit requests no such route
	 * @example "/fail"
	 */
	readonly failingPath?: string | undefined;
	/**
	 * The path of a static file.
	 * @defaultValue the first file that the page loads from its own origin
	 * @example "/app.js"
	 */
	readonly staticPath?: string | undefined;
	/**
	 * The path of a route that responds with data, such as JSON.
	 * @defaultValue none: the audit requests no such route
	 * @example "/api/items"
	 */
	readonly dataPath?: string | undefined;
	/**
	 * The path of a route that signs visitors out. The audit requests it, which ends the session that `headers` identifies.
	 * @defaultValue none: the audit requests no such route
	 * @example "/logout"
	 */
	readonly logoutPath?: string | undefined;
	/**
	 * The path of a file that a visitor uploaded.
	 * @defaultValue none: the audit requests no such file
	 * @example "/uploads/photo.png"
	 */
	readonly uploadPath?: string | undefined;
	/**
	 * An origin that your CORS configuration allows. The audit also tries origins that look like it.
	 * @defaultValue none: the audit tries only origins that must not be allowed
	 * @example "https://app.example.com"
	 */
	readonly allowedOrigin?: string | undefined;
	/**
	 * The time limit for each request, in milliseconds.
	 * @defaultValue 10_000
	 */
	readonly timeout?: number | undefined;
	/**
	 * The time limit for all requests together, in milliseconds. After it, the audit sends no more requests.
	 * @defaultValue 60_000
	 */
	readonly maxTime?: number | undefined;
	/**
	 * Accepts certificates that no trusted authority has signed. The default is `true` when you pass an `https.Server`.
	 * @defaultValue false
	 */
	readonly insecure?: boolean | undefined;
	/**
	 * Also sends requests that no browser sends: TRACE, broken and oversized bodies, a violation report, and malformed requests. They may fill
	 * logs and trigger alerts.
	 * @defaultValue false
	 */
	readonly active?: boolean | undefined;
	/**
	 * Sends malformed requests, which Node answers before the application sees them.
	 * @defaultValue true for an `http.Server` or `https.Server`, a URL of this machine, and a URL with `active`; false otherwise
	 */
	readonly raw?: boolean | undefined;
	/**
	 * Judges responses over plain http as if they were sent over https, for an application behind a proxy that terminates TLS.
	 * It is always `true` when you pass an application or a server.
	 * @defaultValue false
	 */
	readonly assumeTls?: boolean | undefined;
	/**
	 * The addresses to connect to, by `host:port`, as in curl's `--resolve`.
	 * @defaultValue {}
	 * @example { "www.example.com:443": "127.0.0.1" }
	 */
	readonly resolve?: Readonly<Record<string, string>> | undefined;
	/**
	 * The origin of the application, when the URL that you audit is that of its proxy. The audit also sends each request there, and compares
	 * the responses.
	 * @defaultValue none
	 * @example "http://127.0.0.1:3000"
	 */
	readonly direct?: string | URL | undefined;
	/**
	 * Called before each request, with the kind of request.
	 * @defaultValue none
	 * @example (probe) => console.log(probe)
	 */
	readonly onProgress?: ((probe: Probe) => void) | undefined;
}

const MAX_TIME = 60_000;
const HOPS = 5;

/** Requests everything that the rules judge. @throws {Unreachable} when the page itself does not respond. */
export async function probe(address: URL, options: ProbeOptions): Promise<readonly Exchange[]> {
	const unanswered: Probe[] = [];
	const send = senderOf(address, options, unanswered);
	const exchanges: Exchange[] = [];
	const { page, target, redirecting } = await findPage(address, send, exchanges, options);
	exchanges.push(page);
	const isElsewhere = target.hostname !== address.hostname;
	// Another host did not agree to intrusive requests.
	for (const question of questionsFor(target, page, isElsewhere ? { ...options, active: false, raw: false } : options))
		await attempt(exchanges, () => send(target, question));
	const http = plainOf(target, exchanges);
	if (http !== undefined) await attempt(exchanges, () => send(http, { probe: "plain-http" }));
	const sent = redirecting ?? http;
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
		};
	};
	return async (url, question) => {
		options.onProgress?.(question.probe);
		const headers = secrets.headersFor(url, question.headers?.["Host"]);
		const answer = redacted(await answered(question.probe, () => ask(url, question, connection(headers))), secrets);
		if (direct === undefined || ["plain-http", "redirect", "other-host"].includes(question.probe)) return answer;
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
	const headers = { ...connection.headers, Host: connection.headers["Host"] ?? url.host, "X-Forwarded-Proto": url.protocol.slice(0, -1) };
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
async function findPage(address: URL, send: Send, exchanges: Exchange[], { headers, assumeTls }: ProbeOptions): Promise<Found> {
	let url = address;
	for (let hop = 0; hop <= HOPS; hop++) {
		const page = await send(url, { probe: "page" });
		const location = locationOf(page);
		if (location === undefined) return { page, target: url, redirecting: hop === 0 ? undefined : address };
		const next = nextOf(url, location);
		const isToHttps = url.protocol === "http:" && hop === 0 && assumeTls !== true && next.origin !== url.origin;
		exchanges.push({ ...page, probe: isToHttps ? "plain-http" : "redirect", direct: undefined });
		// A redirect to the name in the Host header leads to the address that the name was sent to.
		const own = mayReceive(address, url) ? url.origin : address.origin;
		url = next.host === headers?.["Host"] ? new URL(`${next.pathname}${next.search}`, own) : next;
	}
	throw new Unreachable(`${address.origin} redirects more than ${HOPS} times`);
}

function nextOf(url: URL, location: string): URL {
	if (!URL.canParse(location, url.href)) throw new Unreachable(`${url.origin} redirects to something that is not a URL`);
	const next = new URL(location, url);
	if (!/^https?:$/.test(next.protocol)) throw new Unreachable(`${url.origin} redirects to ${next.protocol}, which is not a web address`);
	return next;
}

/** The URL of the same page over http; undefined when it was requested already, or with a port of its own. */
function plainOf(target: URL, exchanges: readonly Exchange[]): URL | undefined {
	const isKnown = target.protocol !== "https:" || target.port !== "" || exchanges.some((one) => one.probe === "plain-http");
	return isKnown ? undefined : new URL(`http://${target.hostname}${target.pathname}`);
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

function intrusive(target: URL, page: Exchange): readonly Ask[] {
	const json = { "Content-Type": "application/json" };
	const report = reportUris(page).find((url) => URL.canParse(url, target.href) && new URL(url, target).origin === target.origin);
	return [
		{ probe: "trace", method: "TRACE" },
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
