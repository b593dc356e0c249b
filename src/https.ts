import type { IncomingMessage, ServerResponse } from "node:http";
import type { Issues } from "./core/issue.ts";
import { isAsync, type Reader, readBoolean, readEach, readFields, readList, readOrThrow } from "./core/read.ts";
import { show } from "./core/text.ts";
import { type SecureHeaders, secureHeaders } from "./middleware.ts";
import { ignoreRejection } from "./response/events.ts";
import { emitEvent, stateOf } from "./response/state.ts";
import { wireOf } from "./response/wire.ts";

/** A path that is not redirected: exact, a prefix ending in `*`, a pattern, or a function of the request. */
export type HttpsExemption = string | RegExp | ((req: IncomingMessage) => boolean);

export interface HttpsRedirectOptions {
	/**
	 * The host to redirect to, with a port if it is not 443.
	 * @defaultValue the host of the request, if `hosts` allows it
	 * @example "www.example.com"
	 */
	readonly host?: string | undefined;
	/**
	 * The hosts that may be redirected to, when `host` is not fixed. A request for another host is refused with 400.
	 * @defaultValue any well-formed host
	 * @example ["example.com", "www.example.com"]
	 */
	readonly hosts?: readonly string[] | undefined;
	/**
	 * 308, which browsers and crawlers remember, or 307.
	 * @defaultValue true
	 */
	readonly permanent?: boolean | undefined;
	/**
	 * What is answered over http: health checks, ACME challenges.
	 * @defaultValue []
	 * @example ["/healthz", "/.well-known/acme-challenge/*"]
	 */
	readonly exempt?: readonly HttpsExemption[] | undefined;
	/**
	 * Tells whether a request came over https, where the framework cannot. A function that throws counts as `false`.
	 * @defaultValue a TLS socket, or what Express says (`req.secure`)
	 * @example (req) => req.headers["x-tls"] === "on"
	 */
	readonly isSecure?: ((req: IncomingMessage) => boolean) | undefined;
	/**
	 * The policy of the redirect, where the middleware of `secureHeaders()` has not run before.
	 * @defaultValue secureHeaders()
	 */
	readonly headers?: SecureHeaders | undefined;
}

export type HttpsRedirect = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;

/**
 * Sends requests that came over http to https: GET and HEAD with 308 (or 307), anything else is refused
 * with 403, because its body has already crossed the network in clear. Mount it after
 * `secureHeaders()`.
 *
 * Secure is a TLS socket, what Express says (`req.secure`, which follows `trust proxy`), or `isSecure`. A forwarded
 * header that nobody vouches for redirects nobody: when one says https, the redirect would loop, so the
 * request passes and an event (`redirect/loop`) names the fix.
 *
 * The answer carries the whole policy and `Cache-Control: no-store`. A Host that is no host name is
 * refused with 400.
 *
 * @throws {PolicyError} with every problem of the options at once.
 * @example app.use(httpsRedirect({ host: "www.example", exempt: ["/healthz"] }));
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-15.4.9}
 */
export function httpsRedirect(options: HttpsRedirectOptions = {}): HttpsRedirect {
	const { host, hosts, status, exempt, isSecure, headers } = readOptions(options);
	return function httpsRedirectMiddleware(req, res, next) {
		if (isHttps(req, isSecure) || exempt.some((one) => isExempt(one, req))) return next();
		if (stateOf(res) === undefined) headers(req, res);
		if (claimsHttps(req)) {
			emitRedirectEvent(
				res,
				req,
				"redirect/loop",
				'a proxy says https, but the application does not trust it; redirecting would loop. Write app.set("trust proxy", …), or the option isSecure.',
			);
			return next();
		}
		if (req.method !== "GET" && req.method !== "HEAD") return answer(res, 403, "This address is served over https only.\n");
		const target = host ?? hostOf(req, hosts);
		if (target === undefined) {
			emitRedirectEvent(res, req, "redirect/bad-host", "the request named a host that is not allowed or not well-formed; it was refused.");
			return answer(res, 400, "Bad Request\n");
		}
		res.setHeader("Location", `https://${target}${pathOf(req)}`);
		return answer(res, status, "");
	};
}

interface Settings {
	readonly host: string | undefined;
	readonly hosts: ReadonlySet<string> | undefined;
	readonly status: number;
	readonly exempt: readonly HttpsExemption[];
	readonly isSecure: ((req: IncomingMessage) => boolean) | undefined;
	readonly headers: SecureHeaders;
}

const NAMES = ["host", "hosts", "permanent", "exempt", "isSecure", "headers"];
/** A host name or IPv4 address, or an IPv6 literal; with a port. */
const HOST = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;

function readOptions(options: HttpsRedirectOptions): Settings {
	const { result } = readOrThrow("httpsRedirect", (issues) => {
		const fields = readFields(options, NAMES, "an options object", issues);
		return (
			fields && {
				host: fields.read("host", readHost, undefined),
				hosts: fields.read("hosts", readHosts, undefined),
				status: fields.read("permanent", readBoolean, true) ? 308 : 307,
				exempt: fields.read("exempt", readExempt, []),
				isSecure: fields.read("isSecure", readIsSecure, undefined),
				headers: fields.read("headers", readHeaders, undefined) ?? secureHeaders(),
			}
		);
	});
	return result as Settings;
}

function readExempt(value: unknown, issues: Issues): readonly HttpsExemption[] {
	return readEach(value, 'an array such as ["/healthz"]', issues, (one, at): HttpsExemption | undefined => {
		if ((typeof one === "string" && one.startsWith("/")) || one instanceof RegExp) return one;
		return readFunction<HttpsExemption>(one, 'a path such as "/healthz" or "/.well-known/*", a RegExp or a function', at);
	});
}

const readIsSecure: Reader<(req: IncomingMessage) => boolean> = (value, issues) => readFunction(value, "a function of the request", issues);

/** A function whose answer cannot be waited for. */
function readFunction<Result extends HttpsExemption>(value: unknown, expected: string, issues: Issues): Result | undefined {
	if (typeof value !== "function") return issues.type(value, expected);
	if (!isAsync(value)) return value as Result;
	issues.error("option/async", "received an async function; the answer cannot wait for it. Write a function that returns true or false at once.");
	return undefined;
}

function readHeaders(value: unknown, issues: Issues): SecureHeaders | undefined {
	if (wireOf(value) !== undefined) return value as SecureHeaders;
	issues.error("usage/no-policy", "it is not a middleware of secureHeaders(). Write headers: secureHeaders().");
	return undefined;
}

function readHost(value: unknown, issues: Issues): string | undefined {
	if (typeof value === "string" && HOST.test(value)) return value.toLowerCase();
	issues.error("option/type", `received ${show(value)}, which is no host. Write a host name such as "www.example" or "www.example:8443", without a scheme.`);
	return undefined;
}

function readHosts(value: unknown, issues: Issues): ReadonlySet<string> {
	const list = readList(value, 'an array of host names such as ["www.example"]', issues) ?? [];
	if (list.length === 0) issues.error("option/type", 'received an empty list, which would refuse every request. Write ["www.example"].');
	return new Set(list.map((host, i) => readHost(host, issues.at(i))).filter((host) => host !== undefined));
}

function isHttps(req: IncomingMessage, isSecure: Settings["isSecure"]): boolean {
	if (Reflect.get(req.socket ?? {}, "encrypted") === true || Reflect.get(req, "secure") === true) return true;
	return isSecure !== undefined && isTrue(() => isSecure(req));
}

/** The answer of a function of the user's; anything but true, also an error or a promise, is no. */
function isTrue(ask: () => unknown): boolean {
	try {
		const answer = ask();
		ignoreRejection(answer);
		return answer === true;
	} catch {
		return false;
	}
}

function isExempt(one: HttpsExemption, req: IncomingMessage): boolean {
	const path = fullUrl(req).split("?", 1)[0] ?? "";
	if (typeof one === "string") return one.endsWith("*") ? path.startsWith(one.slice(0, -1)) : path === one;
	// search, because a pattern with a g flag would remember where it stopped.
	return one instanceof RegExp ? path.search(one) >= 0 : isTrue(() => one(req));
}

/** Headers by which proxies say that the client came over https, in a way that the framework did not take. */
function claimsHttps(req: IncomingMessage): boolean {
	const { headers } = req;
	return (
		/^\s*https\b/i.test(String(headers["x-forwarded-proto"] ?? "")) ||
		/proto="?https/i.test(String(headers["forwarded"] ?? "")) ||
		/^on$/i.test(String(headers["x-forwarded-ssl"] ?? "")) ||
		/"scheme":\s*"https"/i.test(String(headers["cf-visitor"] ?? "")) ||
		headers["x-arr-ssl"] !== undefined
	);
}

/** The host of the request without its port, which is that of http; never a forwarded one. */
function hostOf(req: IncomingMessage, hosts: ReadonlySet<string> | undefined): string | undefined {
	const host = req.headers.host;
	if (host === undefined || !HOST.test(host)) return undefined;
	const name = host.replace(/:\d+$/, "").toLowerCase();
	return hosts === undefined || hosts.has(name) ? name : undefined;
}

/** The path and query, which must not start another authority: `//evil.example` is a host to a browser. */
function pathOf(req: IncomingMessage): string {
	const url = fullUrl(req);
	const path = /^https?:\/\/[^/]*(.*)$/i.exec(url)?.[1] ?? url;
	return `/${path.replace(/^[/\\]+/, "")}`;
}

function fullUrl(req: IncomingMessage): string {
	const original: unknown = Reflect.get(req, "originalUrl");
	return typeof original === "string" ? original : (req.url ?? "/");
}

function answer(res: ServerResponse, status: number, body: string): void {
	res.statusCode = status;
	res.setHeader("Cache-Control", "no-store");
	res.setHeader("Content-Type", "text/plain; charset=utf-8");
	res.end(body);
}

function emitRedirectEvent(res: ServerResponse, req: IncomingMessage, code: "redirect/loop" | "redirect/bad-host", detail: string): void {
	const state = stateOf(res);
	if (state !== undefined) emitEvent(state.compiled, req, code, undefined, detail);
}
