import { PolicyError, reasonOf } from "./core/errors.ts";
import { problem } from "./core/issue.ts";
import type { Request, Response } from "./core/request.ts";
import { isObject, isThenable } from "./core/text.ts";
import { attachToError, policyOn } from "./response/attach.ts";
import { resolveDynamicSources } from "./response/dynamic.ts";
import { adoptNonce, assignNonce, checkSlot, readNonce } from "./response/nonce.ts";
import { emitEvent, type ResponseLike, stateOf } from "./response/state.ts";
import type { WirePolicy } from "./response/wire.ts";

/* What secureHeaders() and securedBy() share: neither needs the compiler. */

export type Next = (error?: unknown) => void;

/** Error-handling middleware. Express and Connect recognize it by its four parameters. */
export type SecureHeadersErrorHandler = (error: unknown, req: Request, res: Response, next: Next) => void;

/** Middleware that keeps a policy on each response. `secureHeaders()` and `securedBy()` return it. */
export interface Mounted {
	(req: Request, res: Response, next?: Next): void;
	/**
	 * Puts the policy on the response to an error that was raised before the middleware was reached, and passes the error on. Mount it after the
	 * routes and before the error page of your application. Headers that come with the error (`err.headers`) cannot weaken the policy. An error
	 * page without Cache-Control is not stored.
	 */
	readonly errorHandler: SecureHeadersErrorHandler;
}

/** Changes a response in its request, before the handlers. */
export type Step = (req: Request, res: Response) => unknown;

/**
 * Returns the nonce of a response. Use it where there is no `res.locals`: on node:http, or in code that only has `res`. The first call makes the
 * nonce, and every call for that response returns the same value.
 *
 * @returns 22 base64url characters, safe in an attribute.
 * @throws {PolicyError} `nonce/too-late` if the headers were written before the nonce was first read,
 * `nonce/not-mounted` if no middleware prepared the response.
 * @example res.end(`<script nonce="${getNonce(res)}">…</script>`);
 * @see {@link https://www.w3.org/TR/CSP3/#security-nonces}
 */
export function getNonce(res: Response): string {
	return readNonce(Object(res));
}

/**
 * Sets the nonce of a response, so that the policy contains it. Use it with a framework that makes a nonce and puts it on its scripts. Call it
 * once, before the headers are written and before any code reads the nonce. Afterwards, `res.locals.cspNonce` and `getNonce(res)` return this
 * value.
 *
 * @param nonce 22 to 256 characters of base64, base64url or hexadecimal digits: 128 random bits, fresh for each response.
 * @throws {PolicyError} `nonce/foreign` for a value that cannot be the nonce, or if the response has another one;
 * `nonce/too-late` after the headers were written; `nonce/not-mounted` if no middleware prepared the response.
 * @example app.use((req, res, next) => { setNonce(res, framework.nonceOf(req)); next(); });
 * @see {@link https://www.w3.org/TR/CSP3/#security-nonces}
 */
export function setNonce(res: Response, nonce: string): void {
	assignNonce(Object(res), nonce);
}

/**
 * The policy that a middleware puts on a response: its own, or its change of the policy that is already there.
 *
 * @param change undefined if the policy below cannot be changed.
 */
export function policyFor<Wire extends WirePolicy>(req: Request, res: Response, own: Wire, change: (below: WirePolicy) => Wire | undefined): WirePolicy {
	const below = policyOn(res);
	if (below === undefined) return own;
	try {
		return change(below) ?? own;
	} catch (error) {
		emitEvent(
			below,
			req,
			"override/failed",
			undefined,
			`the override does not fit the policy of this response, so the policy stays as it was: ${reasonOf(error)}`,
		);
		return below;
	}
}

/**
 * Returns a step that calls the functions of the policy that the response has now.
 * @param override puts an addition on a response.
 */
export function createResolver(override: (res: Response, patch: object) => void): Step {
	return (req, res) => {
		const sources = stateOf(res)?.compiled.dynamicSources ?? [];
		return sources.length === 0
			? undefined
			: whenReady(resolveDynamicSources(sources, req, res), ({ patch, nonce }) => {
					override(res, patch);
					if (nonce !== undefined) adoptNonce(res, nonce);
					const state = stateOf(res);
					if (state !== undefined) checkSlot(state);
				});
	};
}

export function whenReady<Value>(value: Value | PromiseLike<Value>, then: (value: Value) => void): unknown {
	if (isThenable(value)) return Promise.resolve(value).then(then);
	then(value as Value);
	return undefined;
}

/** Runs the steps one after the other. If one fails, the policy stays as it was and the error goes to the error page. */
export function takeSteps(req: Request, res: Response, [step, ...rest]: readonly Step[], next: Next): void {
	if (step === undefined) {
		next();
		return;
	}
	const hadBegun = res.headersSent;
	const go = (): void => {
		// A response was begun meanwhile. A handler that began another would end the connection.
		if (hadBegun || !res.headersSent) takeSteps(req, res, rest, next);
	};
	const fail = (error: unknown): void => {
		const state = stateOf(res);
		if (state !== undefined)
			emitEvent(state.compiled, req, "override/failed", undefined, `a function of the policy failed, so the policy stays as it was: ${reasonOf(error)}`);
		// No error page can be sent any more. Frameworks would cut off the response that is being sent.
		if (res.headersSent) go();
		else next(asError(error));
	};
	let pending: unknown;
	try {
		pending = step(req, res);
	} catch (error) {
		fail(error);
		return;
	}
	// Outside the try block: an error of a later handler is not ours.
	if (isThenable(pending)) (pending as PromiseLike<unknown>).then(go, fail);
	else go();
}

/** Frameworks ignore a falsy error, and treat some strings as commands. */
function asError(error: unknown): unknown {
	if (isObject(error)) return error;
	return new Error(`a function of the policy failed with ${reasonOf(error)}`, { cause: error });
}

export function createErrorHandler(compiled: WirePolicy): SecureHeadersErrorHandler {
	return function secureHeadersErrorHandler(error, req, res, next) {
		if (res === undefined) {
			const text = "errorHandler was called, but it is the handler itself";
			throw new PolicyError([{ path: "errorHandler", ...problem("usage/called", text, "app.use(headers.errorHandler), without the parentheses") }]);
		}
		attachToError(req, res as ResponseLike, compiled, error);
		next(error);
	};
}
