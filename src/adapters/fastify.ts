import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from "fastify";
import type { SecuredByOptions } from "../compiled/functions.ts";
import { PolicyError } from "../core/errors.ts";
import { received } from "../core/issue.ts";
import type { Mounted, Next } from "../mount.ts";
import { wireOf } from "../response/wire.ts";
import { type AdapterPolicy, type CspNonce, toMounted } from "./policy.ts";

declare module "fastify" {
	interface FastifyReply {
		/** The nonce of the response, which is made when it is printed. */
		readonly cspNonce: CspNonce;
	}
	interface FastifyContextConfig {
		/** An override for this route: the result of `headers.extend()` or `headers.replace()`, or of `securedBy(compiled).overrides`. */
		headguard?: Mounted | undefined;
	}
}

/**
 * Makes a Fastify plugin that keeps a policy on every response of the instance that registers it, and of those inside: also on errors and on 404.
 * Register it before other plugins. The nonce is `reply.cspNonce`. A route changes the policy with `config: { headguard: headers.extend({ … }) }`.
 *
 * @param policy the default export of a module that `headguard compile` wrote, or the middleware that `secureHeaders()` returns.
 * @param options the functions of a compiled policy.
 * @throws {PolicyError} `usage/no-policy` for anything else, and for a compiled module as `securedBy()`.
 * @example
 * import { secure } from "headguard/fastify";
 * app.register(secure(secureHeaders()));
 */
export function secure(policy: AdapterPolicy, options?: SecuredByOptions): FastifyPluginCallback {
	const headers = toMounted(policy, options);
	const plugin: FastifyPluginCallback = function headguard(app, _options, done) {
		if (!app.hasReplyDecorator(DECORATED)) {
			app.decorateReply(DECORATED, true);
			app.decorateReply("cspNonce", { getter: readNonce });
		}
		app.addHook("onRoute", ({ config }) => void overrideIn(config));
		app.addHook("onRequest", (request, reply, next) => mount(headers, request, reply, next as Next));
		app.addHook("onError", (request, reply, error, next) => headers.errorHandler(error, request.raw, reply.raw, () => next()));
		done();
	};
	return Object.assign(plugin, AS_PLUGIN);
}

/** Says that another plugin of headguard has given the replies the nonce. */
const DECORATED = Symbol.for("headguard.fastify/1");

/** What `fastify-plugin` sets: the hooks belong to the instance that registers the plugin, and not to a new one inside it. */
const AS_PLUGIN = {
	[Symbol.for("skip-override")]: true,
	[Symbol.for("fastify.display-name")]: "headguard",
	[Symbol.for("plugin-meta")]: { name: "headguard", fastify: "5.x" },
};

interface WithLocals {
	locals?: { readonly cspNonce?: CspNonce };
}

function mount(headers: Mounted, request: FastifyRequest, reply: FastifyReply, next: Next): void {
	// As in Express, the policy puts the nonce there.
	(reply.raw as WithLocals).locals ??= {};
	const override = overrideIn(request.routeOptions.config);
	if (override === undefined) headers(request.raw, reply.raw, next);
	else headers(request.raw, reply.raw, (error) => (error === undefined ? override(request.raw, reply.raw, next) : next(error)));
}

function readNonce(this: FastifyReply): CspNonce {
	const nonce = (this.raw as WithLocals).locals?.cspNonce;
	if (nonce !== undefined) return nonce;
	throw new PolicyError([
		{
			code: "nonce/not-mounted",
			path: "reply.cspNonce",
			message: "this response has no policy: the plugin was registered after its route, or for another instance.",
		},
	]);
}

/** @throws {PolicyError} for a value that is not an override. */
function overrideIn(config: { readonly headguard?: unknown } | undefined): Mounted | undefined {
	if (config === undefined || !Object.hasOwn(config, "headguard") || config.headguard === undefined) return undefined;
	if (wireOf(config.headguard) !== undefined) return config.headguard as Mounted;
	const expected = "headers.extend({ … }), headers.replace({ … }), or one of securedBy(compiled).overrides";
	throw new PolicyError([{ path: "config.headguard", ...received("usage/no-policy", config.headguard, "which is not an override", expected) }]);
}

export * from "./exports.ts";
export type { AdapterPolicy, CspNonce } from "./policy.ts";
