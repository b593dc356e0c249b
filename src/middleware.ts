import type { Code } from "./core/codes.ts";
import { PolicyError } from "./core/errors.ts";
import { copyOptions } from "./core/read.ts";
import { type FrameworklessFunction, type Request, type RequestFunction, type Response, refuseRequest } from "./core/request.ts";
import {
	createErrorHandler,
	createResolver,
	type Mounted,
	type Next,
	policyFor,
	type SecureHeadersErrorHandler,
	type Step,
	takeSteps,
	whenReady,
} from "./mount.ts";
import { type CompiledPolicy, compile, isCompiled } from "./policy/compile.ts";
import { createPolicy, type Policy } from "./policy/create.ts";
import type { SecureHeadersOptions } from "./policy/options.ts";
import { type Addition, CHANGE, createOverlay, knownChange, type Overlay, patched, takeWarnings } from "./policy/overlay.ts";
import { overridePolicy, type PatchMode, type PolicyPatch } from "./policy/override.ts";
import { attachPolicy, prepare } from "./response/attach.ts";
import { installFastPath } from "./response/fast-path/install.ts";
import { emitEvent, type ResponseLike, stateOf } from "./response/state.ts";
import { ANSWERED, COMPILED, PER_REQUEST, type WirePolicy } from "./response/wire.ts";

export { getNonce, type SecureHeadersErrorHandler, setNonce } from "./mount.ts";

/** Middleware for Express, Connect, and plain node:http or node:http2. Call it first there, without `next`. */
export interface SecureHeaders extends Mounted {
	/** The checked policy. `policy.warnings` lists what is valid but weak. */
	readonly policy: Policy;
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
 * The middleware of a policy with layers on top. The layers also apply to what other mounts made of a response. From the first function on, layers
 * are applied in each request, in their order.
 */
function createMiddleware(root: CompiledPolicy, overlay: Overlay, later: readonly (Addition | DynamicPatch)[]): SecureHeaders {
	const compiled = overlay.onTop(root);
	// The policy itself replaces another one. Changes apply to it.
	const isBase = overlay.layers.length === 0 && later.length === 0;
	const steps = [resolveDynamic, ...later.map(createStep)];
	const change = (below: WirePolicy): CompiledPolicy | undefined => (isCompiled(below) ? overlay.onTop(below) : undefined);
	// Three parameters without a default, because frameworks count them.
	const middleware = (req: Request, res: Response, next?: Next): void => {
		const chosen = isBase ? compiled : policyFor(req, res, compiled, change);
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
		[ANSWERED]: (below: CompiledPolicy, patch: PolicyPatch) => patched(below, patch, "extend"),
		[PER_REQUEST]: later.some((step) => typeof step === "function"),
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

const resolveDynamic = createResolver((res, patch) => override(res, patch as PolicyPatch));

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
