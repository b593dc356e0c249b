import type { CompiledModule } from "../compiled/format.ts";
import type { SecuredByOptions } from "../compiled/functions.ts";
import { securedBy } from "../compiled/index.ts";
import { PolicyError } from "../core/errors.ts";
import { problem, received } from "../core/issue.ts";
import { refuseRequest } from "../core/request.ts";
import { isObject } from "../core/text.ts";
import type { Mounted } from "../mount.ts";
import { wireOf } from "../response/wire.ts";

/** What the adapters take: the default export of a compiled module, or the middleware of `secureHeaders()` or `securedBy()`. */
export type AdapterPolicy = CompiledModule | Mounted;

/**
 * The nonce of a response, which is made when it is printed. It works like a string in templates and in string concatenation. Its `typeof` is
 * `"object"`, and `String(nonce)` is a string. `script` and `style` are the same nonce, for code that was written for `@fastify/helmet`.
 */
export type CspNonce = string & { readonly script: string; readonly style: string };

/**
 * The middleware of what an adapter was given.
 *
 * @throws {PolicyError} `usage/no-policy` for anything but a policy, and for a compiled module as `securedBy()`.
 */
export function toMounted(policy: unknown, options: SecuredByOptions | undefined): Mounted {
	refuseRequest(policy, "secure", "secure", "secure(policy), with the parentheses");
	if (wireOf(policy) !== undefined) {
		refuseOptions(options);
		return policy as Mounted;
	}
	if (isObject(policy) && Object.hasOwn(policy, "format")) return securedBy(policy as CompiledModule, options);
	const expected = "the default export of a compiled module, or secureHeaders({ … })";
	throw new PolicyError([{ path: "secure", ...received("usage/no-policy", policy, "which is not a policy", expected) }]);
}

/** They would have no effect. */
function refuseOptions(options: unknown): void {
	if (options === undefined || (isObject(options) && Object.keys(options).length === 0)) return;
	const text = "the functions in the second argument are those of a compiled module, and the first is middleware";
	throw new PolicyError([{ path: "secure", ...problem("compiled/functions", text, "secureHeaders({ … }) with its functions, or a compiled module") }]);
}
