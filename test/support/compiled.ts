import { toData } from "../../src/cli/compile/data.ts";
import { exportedBy } from "../../src/cli/compile/exported.ts";
import type { CompiledModule } from "../../src/compiled/format.ts";
import { type SecuredBy, type SecuredByOptions, securedBy } from "../../src/compiled/index.ts";
import { type SecureHeaders, type SecureHeadersOptions, secureHeaders } from "../../src/index.ts";
import { compiledOf } from "../../src/policy/compile.ts";

/** What `headguard compile` writes for a module with these exports, as it is after it was written and read. */
export function compiledModule(headers: SecureHeaders, others: Readonly<Record<string, SecureHeaders>> = {}, stacks = 2): CompiledModule {
	const exported = new Map<string, unknown>(Object.entries({ headers, ...others }));
	const loaded = { compiled: compiledOf(headers) as never, source: headers, application: undefined, server: undefined, routes: [], exported };
	return JSON.parse(JSON.stringify(toData(exportedBy(loaded), "headers", stacks)));
}

/** The middleware of options, through a compiled module. */
export function securedByOptions(options: SecureHeadersOptions = {}, sources: SecuredByOptions["sources"] = {}): SecuredBy {
	const { onEvent, secure } = options;
	const functions = { ...(onEvent && { onEvent }), ...(typeof secure === "function" ? { secure: secure as never } : {}), sources };
	return securedBy(compiledModule(secureHeaders(options)), functions);
}
