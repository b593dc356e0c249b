import { installFastPath } from "../response/fast-path/install.ts";
import type { CompiledModule } from "./format.ts";
import { loadPolicy, type SecuredByOptions } from "./functions.ts";
import { createMiddleware, type SecuredBy } from "./policy.ts";

/**
 * Makes the middleware of a policy that `headguard compile` wrote. It is the middleware of `secureHeaders()` without the checks of the options and
 * without the compiler, for processes that start often. Mount it first.
 *
 * @throws {PolicyError} `compiled/format` if another version wrote the module, `compiled/changed` if it was edited, `compiled/invalid` if it is not
 * a compiled module, `compiled/functions` if a function of the policy is missing.
 * @example
 * import { securedBy } from "headguard/compiled";
 * import compiled from "./headers.compiled.js";
 * app.use(securedBy(compiled));
 */
export function securedBy<Override extends string>(compiled: CompiledModule<Override>, options?: SecuredByOptions): SecuredBy<Override> {
	const main = loadPolicy(compiled, options);
	installFastPath(main);
	return createMiddleware(main);
}

export type { Code } from "../core/codes.ts";
export { PolicyError } from "../core/errors.ts";
export type { HeadguardEvent } from "../core/event.ts";
export type { PolicyIssue } from "../core/issue.ts";
export { getNonce, type Mounted, type SecureHeadersErrorHandler, setNonce } from "../mount.ts";
export { type NodeServer, protectServer } from "../server/index.ts";
export type { CompiledModule } from "./format.ts";
export type { SecuredByOptions } from "./functions.ts";
export type { SecuredBy } from "./policy.ts";
