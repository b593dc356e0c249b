import type { Context, MiddlewareHandler } from "hono";
import type { SecuredByOptions } from "../compiled/functions.ts";
import { PolicyError } from "../core/errors.ts";
import { problem } from "../core/issue.ts";
import type { Request as NodeRequest, Response as NodeResponse } from "../core/request.ts";
import type { Mounted } from "../mount.ts";
import { attachToError } from "../response/attach.ts";
import { createLazyNonce } from "../response/lazy-nonce.ts";
import type { ResponseLike } from "../response/state.ts";
import { begin, EXCHANGES, type Exchange, finish, type Source, sourceOf } from "./exchange.ts";
import { type AdapterPolicy, type CspNonce, toMounted } from "./policy.ts";
import { runNow } from "./step.ts";

declare module "hono" {
	interface ContextVariableMap {
		/** The nonce of the response, which is made when it is printed. */
		cspNonce: CspNonce;
	}
}

/**
 * Makes Hono middleware that keeps a policy on every response, also on those to errors and on 404. Mount it first, with `app.use`. The nonce is
 * `c.get("cspNonce")`. On a route, it takes an override: the result of `headers.extend()`, or of `securedBy(compiled).overrides`.
 *
 * On `@hono/node-server`, the policy is on Node's own response. Elsewhere, it is put on the `Response` when all handlers have returned.
 *
 * @param policy the default export of a module that `headguard compile` wrote, or the middleware that `secureHeaders()` returns.
 * @param options the functions of a compiled policy.
 * @throws {PolicyError} `usage/no-policy` for anything else, and for a compiled module as `securedBy()`.
 * @example
 * import { secure } from "headguard/hono";
 * import compiled from "./headers.compiled.js";
 * app.use(secure(compiled));
 */
export function secure(policy: AdapterPolicy, options?: SecuredByOptions): MiddlewareHandler {
	const headers = toMounted(policy, options);
	const source = sourceOf(headers);
	if (source === undefined) {
		const text = "the policy has functions that make a patch in each request, and there is no place for them where Hono has no response of Node";
		throw new PolicyError([{ path: "secure", ...problem("usage/no-policy", text, "a function in a list of sources") }]);
	}
	return function headguard(c, next) {
		const { incoming, outgoing } = (c.env ?? {}) as NodeBindings;
		return typeof outgoing?.writeHead === "function" && incoming !== undefined ? onNode(headers, c, incoming, outgoing, next) : onFetch(source, c, next);
	};
}

/** What `@hono/node-server` puts into `c.env`. */
interface NodeBindings {
	readonly incoming?: NodeRequest;
	readonly outgoing?: NodeResponse;
}

async function onNode(headers: Mounted, c: Context, incoming: NodeRequest, outgoing: NodeResponse, next: () => Promise<void>): Promise<void> {
	c.set("cspNonce", createLazyNonce(outgoing as ResponseLike) as CspNonce);
	await runNow(headers, incoming, outgoing);
	await next();
	if (c.error !== undefined) headers.errorHandler(c.error, incoming, outgoing, () => {});
}

async function onFetch(source: Source, c: Context, next: () => Promise<void>): Promise<void> {
	const { raw } = c.req;
	const outer = EXCHANGES.get(raw);
	const exchange = begin(raw, source, outer);
	EXCHANGES.set(raw, exchange);
	c.set("cspNonce", createLazyNonce(exchange) as CspNonce);
	try {
		await exchange.answers;
	} catch (error) {
		// The headers of an earlier response stay on the error page, which is made later.
		if (exchange !== outer) c.res = finish(exchange, new Response(null, { status: 500 }));
		throw error;
	}
	await next();
	if (c.error !== undefined) attachToError(exchange.state.req, exchange, source.wire, c.error);
	if (exchange !== outer) sealOn(c, exchange);
}

/** Hono copies the headers of the last response to the one that replaces it. */
function sealOn(c: Context, exchange: Exchange): void {
	const sent = finish(exchange, c.res);
	if (sent === c.res) return;
	c.res = undefined;
	c.res = sent;
}

export * from "./exports.ts";
export type { AdapterPolicy, CspNonce } from "./policy.ts";
