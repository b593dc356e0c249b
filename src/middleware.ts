import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { prepare, type ResponseLike, readNonce } from "./apply.ts";
import { compile } from "./compile.ts";
import { PolicyError } from "./core/errors.ts";
import { exposeNonce } from "./locals.ts";
import type { SecureHeadersOptions } from "./options.ts";
import { createPolicy, type Policy } from "./policy.ts";

/** Middleware for Express, Connect and plain node:http or node:http2 (call it first, without `next`). */
export interface SecureHeaders {
	(req: IncomingMessage | Http2ServerRequest, res: ServerResponse | Http2ServerResponse, next?: (error?: unknown) => void): void;
	/** The checked policy; `policy.warnings` lists what is legal and weak. */
	readonly policy: Policy;
}

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
export function secureHeaders(options?: SecureHeadersOptions): SecureHeaders {
	if (isRequest(options)) {
		const message = "secureHeaders was mounted instead of what it returns. Write app.use(secureHeaders()), with the parentheses.";
		throw new PolicyError([{ code: "usage/not-called", path: "", message }]);
	}
	const policy = createPolicy(options);
	const compiled = compile(policy);
	const middleware = (req: IncomingMessage | Http2ServerRequest, res: ServerResponse | Http2ServerResponse, next?: (error?: unknown) => void): void => {
		prepare(req, res as ResponseLike, compiled);
		if (compiled.hasNonce) exposeNonce(res);
		next?.();
	};
	return Object.assign(middleware, { policy });
}

/**
 * The nonce of a response, where there is no `res.locals`: on Connect, node:http, or in code that only
 * has `res`. Made at the first call; the same value for the whole response.
 *
 * @returns 22 base64url characters, safe in an attribute.
 * @throws {PolicyError} `nonce/too-late` when the headers were written before anybody read the nonce;
 * `nonce/not-mounted` when no middleware has prepared the response.
 * @example res.end(`<script nonce="${getNonce(res)}">…</script>`);
 * @see {@link https://www.w3.org/TR/CSP3/#security-nonces}
 */
export function getNonce(res: ServerResponse | Http2ServerResponse): string {
	return readNonce(res);
}

/** Express calls a mounted function with the request: that is no options object. */
function isRequest(options: unknown): boolean {
	return typeof options === "object" && options !== null && "httpVersion" in options && "headers" in options && "url" in options;
}
