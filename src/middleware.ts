import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { prepare, readNonce } from "./apply.ts";
import { type CompiledPolicy, compile } from "./compile.ts";
import { PolicyError } from "./core/errors.ts";
import { exposeNonce } from "./locals.ts";
import type { SecureHeadersOptions } from "./options.ts";
import { createPolicy, type Policy } from "./policy.ts";
import { type ResponseLike, stateOf } from "./response.ts";

type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;
type Next = (error?: unknown) => void;

/** Error-handling middleware: four parameters, which is how Express and Connect know it. */
export type SecureHeadersErrorHandler = (error: unknown, req: Request, res: Response, next: Next) => void;

/** Middleware for Express, Connect and plain node:http or node:http2 (call it first, without `next`). */
export interface SecureHeaders {
	(req: Request, res: Response, next?: Next): void;
	/** The checked policy; `policy.warnings` lists what is legal and weak. */
	readonly policy: Policy;
	/**
	 * Puts the policy on the answer to an error that was raised before the middleware was reached, and
	 * passes the error on. Mount it after the routes and before the application's own error page.
	 * Headers that come with the error (`err.headers`) cannot weaken the policy, and an error page that
	 * has no Cache-Control is not stored.
	 */
	readonly errorHandler: SecureHeadersErrorHandler;
}

/** `secureHeaders()`, and its error handler for an app that mounts nothing else. */
export interface SecureHeadersFactory {
	/**
	 * Makes the middleware that keeps a security policy on every response that passes it. Mount it first.
	 *
	 * The policy is checked and compiled here, once; a request only joins strings. Without options it is
	 * the default policy of the README.
	 *
	 * @throws {PolicyError} with every problem of the options at once, each with its place and its fix.
	 * @example
	 * app.use(secureHeaders({ contentSecurityPolicy: { directives: { imgSrc: [csp.self, "https://img.example"] } } }));
	 */
	(options?: SecureHeadersOptions): SecureHeaders;
	/**
	 * The error handler alone: error pages carry the policy, other responses do not.
	 * @throws {PolicyError} as `secureHeaders(options)`.
	 * @example app.use(secureHeaders.errorHandler());
	 */
	errorHandler(options?: SecureHeadersOptions): SecureHeadersErrorHandler;
}

export const secureHeaders: SecureHeadersFactory = Object.assign(
	function secureHeaders(options?: SecureHeadersOptions): SecureHeaders {
		const compiled = compileOptions(options);
		const middleware = (req: Request, res: Response, next?: Next): void => {
			compiled.everMounted = true;
			attach(req, res as ResponseLike, compiled);
			next?.();
		};
		return Object.assign(middleware, { policy: compiled.policy, errorHandler: createErrorHandler(compiled), [COMPILED]: compiled });
	},
	{
		errorHandler: (options?: SecureHeadersOptions): SecureHeadersErrorHandler => createErrorHandler(compileOptions(options)),
	},
);

/**
 * The nonce of a response, where there is no `res.locals`: on node:http, or in code that only has
 * `res`. Made at the first call; the same value for the whole response.
 *
 * @returns 22 base64url characters, safe in an attribute.
 * @throws {PolicyError} `nonce/too-late` when the headers were written before anybody read the nonce;
 * `nonce/not-mounted` when no middleware has prepared the response.
 * @example res.end(`<script nonce="${getNonce(res)}">…</script>`);
 * @see {@link https://www.w3.org/TR/CSP3/#security-nonces}
 */
export function getNonce(res: Response): string {
	return readNonce(res ?? {});
}

/** The compiled policy of a middleware, also of one that another copy of the library made; undefined for anything else. */
export function compiledOf(headers: unknown): CompiledPolicy | undefined {
	return typeof headers === "function" ? (Reflect.get(headers, COMPILED) as CompiledPolicy | undefined) : undefined;
}

const COMPILED: unique symbol = Symbol.for("headguard.compiled/1") as never;

function compileOptions(options: SecureHeadersOptions | undefined): CompiledPolicy {
	if (isRequest(options)) {
		const message = "secureHeaders was mounted instead of what it returns. Write app.use(secureHeaders()), with the parentheses.";
		throw new PolicyError([{ code: "usage/not-called", path: "", message }]);
	}
	return compile(createPolicy(options));
}

function createErrorHandler(compiled: CompiledPolicy): SecureHeadersErrorHandler {
	return function secureHeadersErrorHandler(error, req, res, next) {
		if (!res.headersSent) {
			// A route may have a policy of its own by now; it stays.
			const known = stateOf(res);
			if (known === undefined || known.guardOnly) attach(req, res as ResponseLike, compiled);
			const state = stateOf(res);
			if (state !== undefined) state.errorHeaders = headersOfError(error);
		}
		next(error);
	};
}

function attach(req: Request, res: ResponseLike, compiled: CompiledPolicy): void {
	const state = prepare(req, res, compiled);
	if (state === undefined) return;
	state.guardOnly = false;
	exposeNonce(req, res);
}

/** The headers that finalhandler and others take from an error, by lower-case name. */
function headersOfError(error: unknown): ReadonlyMap<string, string> {
	const headers = new Map<string, string>();
	try {
		const given = Object(Reflect.get(Object(error), "headers"));
		for (const name of Object.keys(given)) headers.set(name.toLowerCase(), String(Reflect.get(given, name)));
	} catch {
		// An error whose headers cannot be read has none that could win.
	}
	return headers;
}

/** Express calls a mounted function with the request: that is no options object. */
function isRequest(options: unknown): boolean {
	return typeof options === "object" && options !== null && "httpVersion" in options && "headers" in options && "url" in options;
}
