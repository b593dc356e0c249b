import type { SecuredByOptions } from "../compiled/functions.ts";
import type { Request, Response } from "../core/request.ts";
import type { Mounted } from "../mount.ts";
import { type AdapterPolicy, toMounted } from "./policy.ts";
import { runNow } from "./step.ts";

/** What is used of the context of Koa. */
export interface KoaContext {
	readonly req: Request;
	readonly res: Response;
	/** Gets `cspNonce`. */
	readonly state: object;
}

/** Middleware for Koa. */
export type KoaMiddleware = (ctx: KoaContext, next: () => Promise<unknown>) => Promise<unknown>;

/**
 * Makes Koa middleware that keeps a policy on every response, also on those to errors and on 404. Mount it first. The nonce is `ctx.state.cspNonce`.
 * On a route, it takes an override: the result of `headers.extend()`, or of `securedBy(compiled).overrides`.
 *
 * @param policy the default export of a module that `headguard compile` wrote, or the middleware that `secureHeaders()` returns.
 * @param options the functions of a compiled policy.
 * @throws {PolicyError} `usage/no-policy` for anything else, and for a compiled module as `securedBy()`.
 * @example
 * import { secure } from "headguard/koa";
 * app.use(secure(secureHeaders()));
 */
export function secure(policy: AdapterPolicy, options?: SecuredByOptions): KoaMiddleware {
	const headers = toMounted(policy, options);
	const onerror = createOnError(headers);
	return function headguard(ctx, next) {
		const { req, res } = ctx;
		// As in Express, the policy puts the nonce there and looks for one of the application.
		(res as { locals?: object }).locals = ctx.state;
		(ctx as FailingContext).onerror = onerror;
		const pending = runNow(headers, req, res);
		// An error that a middleware before this one answers.
		return (pending === undefined ? next() : pending.then(next)).catch((error) => {
			headers.errorHandler(error, req, res, () => {});
			throw error;
		});
	};
}

interface FailingContext extends KoaContext {
	onerror(error: unknown): void;
}

/** Koa answers all other errors here. It removes all headers, and then sets those of the error, which cannot weaken the policy. */
function createOnError({ errorHandler }: Mounted): FailingContext["onerror"] {
	return function onerror(this: FailingContext, error) {
		// It is also called for responses that have ended well.
		if (error !== undefined && error !== null) errorHandler(error, this.req, this.res, () => {});
		(Object.getPrototypeOf(this) as FailingContext).onerror.call(this, error);
	};
}

export * from "./exports.ts";
export type { AdapterPolicy, CspNonce } from "./policy.ts";
