import { withAnswers } from "../compiled/answers.ts";
import type { CompiledModule } from "../compiled/format.ts";
import { loadPolicy, type SecuredByOptions } from "../compiled/functions.ts";
import { PolicyError } from "../core/errors.ts";
import { received } from "../core/issue.ts";
import type { Mounted } from "../mount.ts";
import { readNonce } from "../response/nonce.ts";
import { type Answerer, begin, EXCHANGES, finish, type Source, sourceOf } from "./exchange.ts";

/** A handler of the fetch API: of a worker, a route or a server. Everything after the request is passed on. */
export type FetchHandler<Req extends Request, Rest extends readonly unknown[]> = (request: Req, ...rest: Rest) => Response | PromiseLike<Response>;

/**
 * Keeps a policy on every response of a handler. The handler gets the same request, and its body and the body of its response are not read.
 *
 * @param policy the default export of a module that `headguard compile` wrote, which needs no compiler, or the middleware that `secureHeaders()` returns.
 * @param options the functions of a compiled policy.
 * @throws {PolicyError} `usage/no-policy` for anything else, and for a compiled module as `securedBy()`.
 * @example
 * import { getNonce, secure } from "headguard/fetch";
 * import compiled from "./headers.compiled.js";
 * export default { fetch: secure((request) => new Response(`<script nonce="${getNonce(request)}">…</script>`, { headers: { "Content-Type": "text/html" } }), compiled) };
 */
export function secure<Req extends Request, Rest extends readonly unknown[]>(
	handler: FetchHandler<Req, Rest>,
	policy: CompiledModule | Mounted,
	options?: SecuredByOptions,
): (request: Req, ...rest: Rest) => Promise<Response> {
	const source = sourceOf(policy) ?? compiledSource(policy, options);
	return async function secured(request, ...rest) {
		const outer = EXCHANGES.get(request);
		const exchange = begin(request, source, outer);
		EXCHANGES.set(request, exchange);
		await exchange.answers;
		const response = await handler(request, ...rest);
		// The outermost handler has the last word, with the policy of the innermost.
		return outer === undefined || outer.headersSent ? finish(exchange, response) : response;
	};
}

/**
 * Returns the nonce of the response to a request. The first call makes it, and every call for that request returns the same value.
 *
 * @returns 22 base64url characters, safe in an attribute.
 * @throws {PolicyError} `nonce/too-late` if the handler returned before the nonce was first read, `nonce/not-mounted` if `secure()` did not receive the
 * request.
 */
export function getNonce(request: Request): string {
	return readNonce(EXCHANGES.get(request) ?? {});
}

function compiledSource(policy: unknown, options: SecuredByOptions | undefined): Source {
	if (typeof policy === "object" && policy !== null && "format" in policy)
		return { wire: loadPolicy(policy as CompiledModule, options), answered: withAnswers as unknown as Answerer };
	const expected = "the default export of a compiled module, or secureHeaders({ … }), without functions that make a patch in each request";
	throw new PolicyError([{ path: "secure", ...received("usage/no-policy", policy, "which is not a policy", expected) }]);
}

export * from "./exports.ts";
