import { PolicyError } from "../core/errors.ts";
import type { Request, Response } from "../core/request.ts";
import { show } from "../core/text.ts";
import { createErrorHandler, createResolver, type Mounted, type Next, policyFor, takeSteps } from "../mount.ts";
import { attachPolicy, prepare } from "../response/attach.ts";
import { emitEvent, type ResponseLike, stateOf } from "../response/state.ts";
import { ANSWERED, COMPILED, type WirePolicy } from "../response/wire.ts";
import { withAnswers, withSameAnswers } from "./answers.ts";
import type { LoadedModule, LoadedPolicy } from "./load.ts";

/** Middleware for Express, Connect, and plain node:http or node:http2. Call it first there, without `next`. */
export interface SecuredBy<Override extends string = string> extends Mounted {
	/** The other middleware that the module of the policy exports, such as the results of `headers.extend()`, by name. */
	readonly overrides: { readonly [name in Override]: Mounted };
}

export function createMiddleware<Override extends string>(main: LoadedPolicy): SecuredBy<Override> {
	const { module } = main;
	const names = Object.keys(module.data.exports).filter((name) => name !== module.data.main);
	const overrides = Object.fromEntries(names.map((name) => [name, middlewareOf(module.policy(name), module)]));
	return Object.assign(middlewareOf(main, module), { overrides }) as SecuredBy<Override>;
}

function middlewareOf(compiled: LoadedPolicy, module: LoadedModule): Mounted {
	const changes = module.data.exports[compiled.name] ?? {};
	const isBase = Object.keys(changes).length === 0;
	const change = (below: WirePolicy): LoadedPolicy | undefined => changedBy(below, changes, compiled.name, module);
	const steps = [createResolver(answer)];
	// Three parameters without a default, because frameworks count them.
	const middleware = (req: Request, res: Response, next?: Next): void => {
		const chosen = isBase ? compiled : policyFor(req, res, compiled, change);
		attachPolicy(req, res as ResponseLike, chosen);
		if (chosen.dynamicSources.length === 0) next?.();
		else takeSteps(req, res, steps, next ?? (() => {}));
	};
	return Object.assign(middleware, { errorHandler: createErrorHandler(compiled), [COMPILED]: compiled, [ANSWERED]: withAnswers });
}

/** What an override makes of a policy. Undefined for a policy of another module, which it replaces. */
function changedBy(below: WirePolicy, changes: Readonly<Record<string, string>>, name: string, module: LoadedModule): LoadedPolicy | undefined {
	if (!isLoaded(below) || below.module !== module) return undefined;
	const result = changes[below.name];
	if (result === undefined) throw new Error(`the module has no policy for ${show(name)} on top of ${show(below.name)}. Compile it with more --stacks`);
	return withSameAnswers(module.policy(result), below.given);
}

function answer(res: Response, patch: object): void {
	const state = stateOf(res);
	if (state === undefined || !isLoaded(state.compiled)) return;
	if (res.headersSent) {
		const message = "the headers were sent before the functions of the policy returned.";
		emitEvent(state.compiled, state.req, "override/too-late", undefined, message);
		throw new PolicyError([{ code: "override/too-late", path: "sources", message }]);
	}
	prepare(state.req, res as ResponseLike, withAnswers(state.compiled, patch));
}

function isLoaded(wire: WirePolicy): wire is LoadedPolicy {
	return "module" in wire;
}
