import type { HeadguardEvent } from "../core/event.ts";
import type { Request, RequestFunction } from "../core/request.ts";
import { show } from "../core/text.ts";
import type { CompiledModule } from "./format.ts";
import { type Functions, type LoadedPolicy, loadModule, refused } from "./load.ts";

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

/** @throws {PolicyError} for a module that cannot be used, or for functions that are missing or that it does not have. */
export function loadPolicy(compiled: CompiledModule, options: SecuredByOptions): LoadedPolicy {
	const { data, policy } = loadModule(compiled, readFunctions(options));
	checkFunctions(data, options);
	return policy(data.main);
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
