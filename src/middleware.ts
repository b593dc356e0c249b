import type { Code } from "./core/codes.ts";
import { PolicyError, reasonOf } from "./core/errors.ts";
import { problem } from "./core/issue.ts";
import { copyOptions } from "./core/read.ts";
import { type FrameworklessFunction, type Request, type RequestFunction, type Response, refuseRequest } from "./core/request.ts";
import { isThenable } from "./core/text.ts";
import { type CompiledPolicy, compile, isCompiled } from "./policy/compile.ts";
import { createPolicy, type Policy } from "./policy/create.ts";
import type { SecureHeadersOptions } from "./policy/options.ts";
import { type Addition, CHANGE, createOverlay, knownChange, type Overlay, patched, takeWarnings } from "./policy/overlay.ts";
import { overridePolicy, type PatchMode, type PolicyPatch } from "./policy/override.ts";
import { attachPolicy, attachToError, policyOn, prepare } from "./response/attach.ts";
import { resolveDynamicSources } from "./response/dynamic.ts";
import { installFastPath } from "./response/fast-path/install.ts";
import { adoptNonce, assignNonce, checkSlot, readNonce } from "./response/nonce.ts";
import { emitEvent, type ResponseLike, stateOf } from "./response/state.ts";
import { COMPILED } from "./response/wire.ts";

type Next = (error?: unknown) => void;

/** Error-handling middleware. Express and Connect recognize it by its four parameters. */
export type SecureHeadersErrorHandler = (error: unknown, req: Request, res: Response, next: Next) => void;

/** Middleware for Express, Connect, and plain node:http or node:http2. Call it first there, without `next`. */
export interface SecureHeaders {
	(req: Request, res: Response, next?: Next): void;
	/** The checked policy. `policy.warnings` lists what is valid but weak. */
	readonly policy: Policy;
	/**
	 * Puts the policy on the response to an error that was raised before the middleware was reached, and passes the error on. Mount it after the
	 * routes and before the error page of your application. Headers that come with the error (`err.headers`) cannot weaken the policy. An error
	 * page without Cache-Control is not stored.
	 */
	readonly errorHandler: SecureHeadersErrorHandler;
	/**
	 * Returns middleware for a route or router that **adds** to the policy: sources, origins, endpoints. If a list is absent, the addition starts
	 * from the list that applies instead of it. `'none'` is dropped. `null` removes a directive, `false` switches a header off, and `true` restores
	 * its default. A header of one value takes the new value. An addition that would forbid something that was allowed is refused.
	 *
	 * The patch is checked and compiled when you call `extend`. Mounted below other overrides, it adds to their result. The order of additions does
	 * not matter.
	 *
	 * A function is called in each request, before the handlers. Equal results are compiled once. If it fails, the policy stays as it was and the
	 * error goes to `next`.
	 *
	 * @throws {PolicyError} with every problem of the patch at once.
	 * @example app.get("/pay", headers.extend({ contentSecurityPolicy: { directives: { scriptSrc: ["https://js.pay.example"] } } }), pay);
	 */
	extend(patch: PolicyPatch | RequestFunction<PolicyPatch>): SecureHeaders;
	/**
	 * Returns middleware for a route or router that **replaces** the headers that the patch names, without their defaults. Other headers stay.
	 *
	 * @throws {PolicyError} with every problem of the patch at once.
	 * @example app.get("/embed", headers.replace({ contentSecurityPolicy: { directives: { defaultSrc: [csp.self], frameAncestors: ["https://partner.example"] } } }), embed);
	 */
	replace(patch: PolicyPatch): SecureHeaders;
	/**
	 * Changes the policy of this response inside a handler, for values that depend on the request. By default it adds, and with `"replace"` it
	 * replaces. Equal patches are compiled once.
	 *
	 * @throws {PolicyError} with every problem of the patch, or `override/too-late` after the headers were
	 * sent. The policy of the response then stays as it was.
	 * @example headers.override(res, { contentSecurityPolicy: { directives: { frameAncestors: tenant.partners } } });
	 */
	override(res: Response, patch: PolicyPatch, mode?: PatchMode): void;
}

/** `secureHeaders()`, and its error handler for an app that mounts nothing else. */
export interface SecureHeadersFactory {
	/**
	 * Makes the middleware that keeps a security policy on every response that passes it. Mount it first.
	 *
	 * The policy is checked and compiled once, when you call this function. A request only joins strings. Without options, the policy is the
	 * default policy of the README.
	 *
	 * @throws {PolicyError} with every problem of the options at once, each with its place and its fix.
	 * @example
	 * app.use(secureHeaders({ contentSecurityPolicy: { directives: { imgSrc: [csp.self, "https://img.example"] } } }));
	 */
	(options?: SecureHeadersOptions): SecureHeaders;
	/**
	 * The error handler alone. Error pages carry the policy, other responses do not.
	 * @throws {PolicyError} as `secureHeaders(options)`.
	 * @example app.use(secureHeaders.errorHandler());
	 */
	errorHandler(options?: SecureHeadersOptions): SecureHeadersErrorHandler;
}

export const secureHeaders: SecureHeadersFactory = Object.assign(
	function secureHeaders(options?: SecureHeadersOptions): SecureHeaders {
		return createMiddleware(compileOptions(options), createOverlay([]), []);
	},
	{
		errorHandler: (options?: SecureHeadersOptions): SecureHeadersErrorHandler => createErrorHandler(compileOptions(options)),
	},
);

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
 * The middleware of a policy with layers on top. The layers also apply to what other mounts made of a response. From the first function on, layers
 * are applied in each request, in their order.
 */
function createMiddleware(root: CompiledPolicy, overlay: Overlay, later: readonly (Addition | DynamicPatch)[]): SecureHeaders {
	const compiled = overlay.onTop(root);
	// The policy itself replaces another one. Changes apply to it.
	const isBase = overlay.layers.length === 0 && later.length === 0;
	const steps = [resolveDynamic, ...later.map(createStep)];
	// Three parameters without a default, because frameworks count them.
	const middleware = (req: Request, res: Response, next?: Next): void => {
		const chosen = isBase ? compiled : policyFor(req, res, compiled, overlay);
		attachPolicy(req, res as ResponseLike, chosen);
		if (later.length === 0 && chosen.dynamicSources.length === 0) next?.();
		else takeSteps(req, res, steps, next ?? (() => {}));
	};
	const add = (patch: PolicyPatch, mode: PatchMode): SecureHeaders => {
		overridePolicy(compiled.policy, patch, mode);
		const layer: Addition = { mode, patch: copyOptions(patch) };
		return later.length === 0 ? createMiddleware(root, createOverlay([...overlay.layers, layer]), later) : createMiddleware(root, overlay, [...later, layer]);
	};
	return Object.assign(middleware, {
		policy: Object.freeze({ warnings: compiled.policy.warnings }),
		errorHandler: createErrorHandler(compiled),
		extend: (patch: PolicyPatch | DynamicPatch) =>
			notMounted("extend", patch) && (typeof patch === "function" ? createMiddleware(root, overlay, [...later, patch]) : add(patch, "extend")),
		replace: (patch: PolicyPatch) => notMounted("replace", patch) && add(patch, "replace"),
		override,
		[COMPILED]: compiled,
		[CHANGE]: isBase ? undefined : knownChange(overlay, later),
	});
}

/** Returns true, except for a call by Express in a request. */
function notMounted(method: PatchMode, patch: unknown): true {
	refuseRequest(patch, method, method, `app.use(headers.${method}({ … })), with the patch`);
	return true;
}

function compileOptions(options: SecureHeadersOptions | undefined): CompiledPolicy {
	refuseRequest(options, "secureHeaders", "", "app.use(secureHeaders()), with the parentheses");
	const compiled = compile(createPolicy(options));
	installFastPath(compiled);
	return compiled;
}

type DynamicPatch = FrameworklessFunction<PolicyPatch>;

/** Changes a response in its request, before the handlers. */
type Step = (req: Request, res: Response) => unknown;

/** The policy that this middleware puts on a response: its own, or its layers on the policy that is already there. */
function policyFor(req: Request, res: Response, compiled: CompiledPolicy, { onTop }: Overlay): CompiledPolicy {
	const below = policyOn(res);
	if (below === undefined || !isCompiled(below)) return compiled;
	try {
		return onTop(below);
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

function createStep(change: Addition | DynamicPatch): Step {
	if (typeof change === "function") return (req, res) => whenReady(change(req, res), (patch) => override(res, patch));
	const { onTop } = createOverlay([change]);
	return (req, res) => {
		const state = stateOf(res);
		if (state === undefined || res.headersSent || !isCompiled(state.compiled)) return undefined;
		prepare(req, res as ResponseLike, onTop(state.compiled));
		return resolveDynamic(req, res);
	};
}

/** Calls the functions of the policy that the response has now. */
function resolveDynamic(req: Request, res: Response): unknown {
	const sources = stateOf(res)?.compiled.dynamicSources ?? [];
	return sources.length === 0
		? undefined
		: whenReady(resolveDynamicSources(sources, req, res), ({ patch, nonce }) => {
				override(res, patch as PolicyPatch);
				if (nonce !== undefined) adoptNonce(res, nonce);
				const state = stateOf(res);
				if (state !== undefined) checkSlot(state);
			});
}

function whenReady<Value>(value: Value | PromiseLike<Value>, then: (value: Value) => void): unknown {
	if (isThenable(value)) return Promise.resolve(value).then(then);
	then(value as Value);
	return undefined;
}

/** Runs the steps one after the other. If one fails, the policy stays as it was and the error goes to the error page. */
function takeSteps(req: Request, res: Response, [step, ...rest]: readonly Step[], next: Next): void {
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
	if (typeof error === "object" && error !== null) return error;
	return new Error(`a function of the policy failed with ${reasonOf(error)}`, { cause: error });
}

function override(res: Response, patch: PolicyPatch, mode: PatchMode = "extend"): void {
	const state = stateOf(Object(res));
	if (state === undefined || !isCompiled(state.compiled))
		throw overrideError("override/not-mounted", "this response has no policy. Mount secureHeaders() before the code that overrides it.");
	if (res.headersSent) {
		const message = "the headers were sent before the override. Override before res.write, res.writeHead or res.flushHeaders.";
		emitEvent(state.compiled, state.req, "override/too-late", undefined, message);
		throw overrideError("override/too-late", message);
	}
	const changed = patched(state.compiled, patch, mode);
	// No one sees the `policy.warnings` of a policy that a request made.
	for (const { code, path, message } of mode === "extend" ? takeWarnings(changed, state.compiled) : [])
		emitEvent(changed, state.req, code, undefined, `the policy of this response has ${path}: ${message}`);
	prepare(state.req, res as ResponseLike, changed);
}

function overrideError(code: Code, message: string): PolicyError {
	return new PolicyError([{ code, path: "override", message }]);
}

function createErrorHandler(compiled: CompiledPolicy): SecureHeadersErrorHandler {
	return function secureHeadersErrorHandler(error, req, res, next) {
		if (res === undefined) {
			const text = "errorHandler was called, but it is the handler itself";
			throw new PolicyError([{ path: "errorHandler", ...problem("usage/called", text, "app.use(headers.errorHandler), without the parentheses") }]);
		}
		attachToError(req, res as ResponseLike, compiled, error);
		next(error);
	};
}
