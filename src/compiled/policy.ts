import { PolicyError } from "../core/errors.ts";
import type { HeadguardEvent } from "../core/event.ts";
import type { Request, RequestFunction, Response } from "../core/request.ts";
import { show } from "../core/text.ts";
import { createErrorHandler, createResolver, type Mounted, type Next, policyFor, takeSteps } from "../mount.ts";
import { attachPolicy, prepare } from "../response/attach.ts";
import { emitEvent, type ResponseLike, stateOf } from "../response/state.ts";
import { ANSWERED, COMPILED, type WirePolicy } from "../response/wire.ts";
import { withAnswers, withSameAnswers } from "./answers.ts";
import type { CompiledModule } from "./format.ts";
import { type Functions, type LoadedModule, type LoadedPolicy, loadModule, own, refused } from "./load.ts";

/** The functions of a policy, which a compiled module cannot hold. Pass what the policy has, under the names of the functions. */
export interface SecuredByOptions {
	/**
	 * The functions in the lists of the policy, by their names. Each returns hosts, schemes, or the nonce of the response.
	 * @example { tenantImages }
	 */
	readonly sources?: { readonly [name: string]: RequestFunction<string | readonly string[]> } | undefined;
	/** The function of the option `secure`. */
	readonly secure?: ((req: Request) => boolean) | undefined;
	/** Receives the events of the policy. `false` if nothing should, although the policy has a function. */
	readonly onEvent?: false | ((event: HeadguardEvent) => void) | undefined;
}

/** Middleware for Express, Connect, and plain node:http or node:http2. Call it first there, without `next`. */
export interface SecuredBy<Override extends string = string> extends Mounted {
	/** The other middleware that the module of the policy exports, such as the results of `headers.extend()`, by name. */
	readonly overrides: { readonly [name in Override]: Mounted };
}

/** @throws {PolicyError} for a module that cannot be used, or for functions that are missing or that it does not have. */
export function loadPolicy(compiled: CompiledModule, options: SecuredByOptions): LoadedPolicy {
	const { data, policy } = loadModule(compiled, readFunctions(options));
	checkFunctions(data, options);
	return policy(data.main);
}

export function createMiddleware<Override extends string>(main: LoadedPolicy): SecuredBy<Override> {
	const { module } = main;
	const names = Object.keys(module.data.exports).filter((name) => name !== module.data.main);
	const overrides = Object.fromEntries(names.map((name) => [name, middlewareOf(module.policy(name), module)]));
	return Object.assign(middlewareOf(main, module), { overrides }) as SecuredBy<Override>;
}

function middlewareOf(compiled: LoadedPolicy, module: LoadedModule): Mounted {
	const changes = own(module.data.exports, compiled.name) ?? {};
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
	const result = own(changes, below.name);
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

function readFunctions({ sources = {}, secure, onEvent }: SecuredByOptions): Functions {
	return { sources: sources as Functions["sources"], secure: secure as Functions["secure"], onEvent: onEvent === false ? undefined : onEvent };
}

const FUNCTIONS = "compiled/functions";

/** Every function that the policy has must be there, and no other: a name with a mistake in it would leave out sources. */
function checkFunctions({ policies }: CompiledModule, options: SecuredByOptions): void {
	const all = Object.values(policies);
	for (const name of Object.keys(options))
		if (!["sources", "secure", "onEvent"].includes(name))
			throw refused("option/unknown", `there is no option ${show(name)}. Write sources, secure or onEvent.`);
	checkSources(new Set(all.flatMap((policy) => policy.sources ?? []).map(({ ask }) => ask)), options.sources ?? {});
	const needsSecure = all.some((policy) => policy.secure === "function");
	if (needsSecure !== (typeof options.secure === "function"))
		throw refused(
			FUNCTIONS,
			needsSecure
				? "the option secure of the policy is a function. Pass it as secure."
				: "the option secure of the policy is not a function. Write it there, and compile it again.",
		);
	checkListener(
		all.some((policy) => policy.onEvent === true),
		options.onEvent,
	);
}

function checkSources(asked: ReadonlySet<string>, sources: object): void {
	for (const name of asked) {
		if (Object.hasOwn(sources, name) && typeof Reflect.get(sources, name) === "function") continue;
		throw refused(FUNCTIONS, `the policy has a function ${show(name)}. Write sources: { ${name} }.`);
	}
	const other = Object.keys(sources).find((name) => !asked.has(name));
	if (other !== undefined) throw refused(FUNCTIONS, `the policy has no function ${show(other)}. Compile it again, or remove it from sources.`);
}

function checkListener(hasListener: boolean, onEvent: unknown): void {
	if (onEvent !== undefined && onEvent !== false && typeof onEvent !== "function")
		throw refused(FUNCTIONS, `onEvent: received ${show(onEvent)}. Pass a function, or false.`);
	if (hasListener && onEvent === undefined) throw refused(FUNCTIONS, "the policy has a function onEvent. Pass it as onEvent, or onEvent: false.");
}
