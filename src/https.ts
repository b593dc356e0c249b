import type { IncomingMessage, ServerResponse } from "node:http";
import { type Exemption, type IsExempt, isTrue, readExempt, readPredicate, targetOf } from "./core/exempt.ts";
import { claimsHttps } from "./core/forwarded.ts";
import { authorityOf, readHost, readHostName, requestedHost } from "./core/host.ts";
import type { Issues } from "./core/issue.ts";
import { type Reader, readBoolean, readFields, readList, readOrThrow } from "./core/read.ts";
import { refuseRequest } from "./core/request.ts";
import { NAMES } from "./headers/facts.ts";
import { type SecureHeaders, secureHeaders } from "./middleware.ts";
import { attachPlain } from "./response/attach.ts";
import { emitEvent, type ResponseLike, stateOf } from "./response/state.ts";
import { wireOf } from "./response/wire.ts";

export interface HttpsRedirectOptions {
	/**
	 * The host to redirect to, with its port if that is not 443.
	 * @defaultValue the host of the request, if `hosts` allows it
	 * @example "www.example.com"
	 */
	readonly host?: string | undefined;
	/**
	 * The host names that a request may be redirected to when `host` is not set, without ports: the port in a request is that of http.
	 * A request for another host gets a 400.
	 * @defaultValue any well-formed host
	 * @example ["example.com", "www.example.com"]
	 */
	readonly hosts?: readonly string[] | undefined;
	/**
	 * `true` redirects with 308, which browsers and crawlers remember; `false` with 307.
	 * @defaultValue true
	 */
	readonly permanent?: boolean | undefined;
	/**
	 * What is served over http: health checks, ACME challenges. A text or pattern has to match the path as the request has it and also
	 * the path that it resolves to, so `/public/*` does not exempt `/public/..%2fadmin`.
	 * @defaultValue []
	 * @example ["/healthz", "/.well-known/acme-challenge/*"]
	 */
	readonly exempt?: readonly Exemption[] | undefined;
	/**
	 * Tells whether a request came over https, for cases that the framework cannot see. If the function throws, the answer is `false`.
	 * @defaultValue a TLS socket, or what Express says (`req.secure`)
	 * @example (req) => req.headers["x-tls"] === "on"
	 */
	readonly isSecure?: ((req: IncomingMessage) => boolean) | undefined;
	/**
	 * The policy of the redirect if the middleware of `secureHeaders()` has not run before it.
	 * @defaultValue secureHeaders()
	 */
	readonly headers?: SecureHeaders | undefined;
}

export type HttpsRedirect = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;

/**
 * Sends requests that came over http to https. GET and HEAD are redirected with 308 (or 307). Any other method gets a 403, because
 * the body of the request has already crossed the network in clear text. Mount it after `secureHeaders()`.
 *
 * A request is secure if it came over a TLS socket, if Express's `req.secure` is `true` (it follows `trust proxy`), or if `isSecure`
 * returns `true`. If only a forwarded header from an untrusted proxy says https, a redirect would loop: the request passes, and the event
 * `redirect/loop` tells how to fix it.
 *
 * The response has the whole policy and `Cache-Control: no-store`. Every response to plain http that this middleware sees goes without
 * HSTS, exempt paths included. A request whose host is not a valid host name gets a 400.
 *
 * @throws {PolicyError} with every problem of the options at once.
 * @example app.use(httpsRedirect({ host: "www.example", exempt: ["/healthz"] }));
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-15.4.9}
 * @see {@link https://www.rfc-editor.org/rfc/rfc6797#section-7.2}
 */
export function httpsRedirect(options: HttpsRedirectOptions = {}): HttpsRedirect {
	refuseRequest(options, "httpsRedirect", "httpsRedirect", "app.use(httpsRedirect()), with the parentheses");
	const { host, hosts, status, exempt, isSecure, headers } = readOptions(options);
	return function httpsRedirectMiddleware(req, res, next) {
		if (isHttps(req, isSecure)) return next();
		const isClaimed = claimsHttps(req.headers);
		if (!isClaimed) attachPlain(req, res as unknown as ResponseLike);
		if (exempt.some((isExempt) => isExempt(req))) return next();
		if (stateOf(res) === undefined) headers(req, res);
		if (isClaimed) {
			emitRedirectEvent(res, req, "redirect/loop", LOOP);
			return next();
		}
		if (req.method !== "GET" && req.method !== "HEAD") return answer(res, 403, "This address is served over https only.\n");
		return redirect(req, res, host ?? hostOf(req, hosts), status);
	};
}

function redirect(req: IncomingMessage, res: ServerResponse, host: string | undefined, status: number): void {
	if (host === undefined) {
		emitRedirectEvent(res, req, "redirect/bad-host", "the host of the request is not valid or not in hosts, so the response is 400.");
		answer(res, 400, "Bad Request\n");
		return;
	}
	res.setHeader("Location", `https://${host}${pathOf(req)}`);
	answer(res, status, "");
}

const LOOP =
	'a proxy says https, but the application does not trust the proxy, and a redirect would loop. Write app.set("trust proxy", …), or the option isSecure.';

interface Settings {
	readonly host: string | undefined;
	readonly hosts: ReadonlySet<string> | undefined;
	readonly status: number;
	readonly exempt: readonly IsExempt[];
	readonly isSecure: ((req: IncomingMessage) => boolean) | undefined;
	readonly headers: SecureHeaders;
}

const NAMES_OF_OPTIONS = ["host", "hosts", "permanent", "exempt", "isSecure", "headers"];

function readOptions(options: HttpsRedirectOptions): Settings {
	const { result } = readOrThrow("httpsRedirect", (issues) => {
		const fields = readFields(options, NAMES_OF_OPTIONS, "an options object", issues);
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

const readIsSecure: Reader<(req: IncomingMessage) => boolean> = (value, issues) => readPredicate(value, "a function of the request", issues);

function readHeaders(value: unknown, issues: Issues): SecureHeaders | undefined {
	if (wireOf(value) !== undefined) return value as SecureHeaders;
	return issues.error("usage/no-policy", "this is not middleware of secureHeaders()", "headers: secureHeaders()");
}

function readHosts(value: unknown, issues: Issues): ReadonlySet<string> {
	const list = readList(value, 'an array of host names such as ["www.example"]', issues) ?? [];
	if (list.length === 0) issues.invalid("option/type", [], "which would refuse every request", '["www.example"]');
	return new Set(list.map((host, i) => readHostName(host, issues.at(i))).filter((host) => host !== undefined));
}

function isHttps(req: IncomingMessage, isSecure: Settings["isSecure"]): boolean {
	if (Reflect.get(req.socket ?? {}, "encrypted") === true || Reflect.get(req, "secure") === true) return true;
	return isSecure !== undefined && isTrue(() => isSecure(req));
}

/** The host of the request without its port, which is that of http. A forwarded host is never used. */
function hostOf(req: IncomingMessage, hosts: ReadonlySet<string> | undefined): string | undefined {
	const hostname = requestedHost(authorityOf(req.headers));
	return hostname !== undefined && (hosts === undefined || hosts.has(hostname)) ? hostname : undefined;
}

/** The path and query. They must not start another authority: browsers read `//evil.example` as a host. */
function pathOf(req: IncomingMessage): string {
	const url = targetOf(req);
	const path = /^https?:\/\/[^/?#]*(.*)$/i.exec(url)?.[1] ?? url;
	return `/${path.replace(/^[/\\]+/, "")}`;
}

function answer(res: ServerResponse, status: number, body: string): void {
	res.statusCode = status;
	// Something other than the policy may have set it.
	res.removeHeader(NAMES.strictTransportSecurity);
	res.setHeader("Cache-Control", "no-store");
	res.setHeader("Content-Type", "text/plain; charset=utf-8");
	res.end(body);
}

function emitRedirectEvent(res: ServerResponse, req: IncomingMessage, code: "redirect/loop" | "redirect/bad-host", detail: string): void {
	const state = stateOf(res);
	if (state !== undefined) emitEvent(state.compiled, req, code, undefined, detail);
}
