/** What every adapter exports beside its own. */

export type { CompiledModule } from "../compiled/format.ts";
export type { SecuredByOptions } from "../compiled/functions.ts";
export type { Code } from "../core/codes.ts";
export { PolicyError } from "../core/errors.ts";
export type { HeadguardEvent } from "../core/event.ts";
export type { PolicyIssue } from "../core/issue.ts";
export type { Mounted, SecureHeadersErrorHandler } from "../mount.ts";
