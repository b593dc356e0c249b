import type { Code } from "../core/codes.ts";
import { PolicyError } from "../core/errors.ts";
import type { HeadguardEvent } from "../core/event.ts";
import { ownFields } from "../core/own-fields.ts";
import type { Request, RequestFunction } from "../core/request.ts";
import { isObject, show } from "../core/text.ts";
import type { CompiledModule } from "./format.ts";
import { type Functions, type LoadedPolicy, loadModule } from "./load.ts";

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
export function loadPolicy(compiled: CompiledModule, options: SecuredByOptions | undefined): LoadedPolicy {
	const given = readOptions(options);
	const { data, policy } = loadModule(compiled, given);
	checkFunctions(data, given);
	return policy(data.main);
}

interface Given extends Functions {
	readonly listener: unknown;
}

/** @throws {PolicyError} with every option that cannot be read. */
function readOptions(options: unknown = {}): Given {
	if (!isRecord(options)) throw refusedAll([["option/type", `received ${show(options)}. Pass an object.`]]);
	const issues: Refusal[] = Object.keys(options)
		.filter((name) => !["sources", "secure", "onEvent"].includes(name))
		.map((name) => ["option/unknown", `there is no option ${show(name)}. Write sources, secure or onEvent.`]);
	const { sources = {}, secure, onEvent } = ownFields(options) as { [name: string]: unknown };
	if (!isRecord(sources)) issues.push(wrongType("sources", sources, "an object with the functions, by their names"));
	if (secure !== undefined && typeof secure !== "function") issues.push(wrongType("secure", secure, "a function"));
	if (onEvent !== undefined && onEvent !== false && typeof onEvent !== "function") issues.push(wrongType("onEvent", onEvent, "a function, or false"));
	if (issues.length > 0) throw refusedAll(issues);
	return {
		sources: sources as Functions["sources"],
		secure: secure as Functions["secure"],
		onEvent: (onEvent || undefined) as Functions["onEvent"],
		listener: onEvent,
	};
}

function isRecord(value: unknown): value is object {
	return isObject(value) && !Array.isArray(value);
}

function wrongType(name: string, value: unknown, expected: string): Refusal {
	return [FUNCTIONS, `${name}: received ${show(value)}. Pass ${expected}.`];
}

type Refusal = readonly [code: Code, message: string];

const FUNCTIONS = "compiled/functions";

/** Every function that the policy has must be there, and no other: a name with a mistake in it would leave out sources. */
function checkFunctions({ policies }: CompiledModule, { sources, secure, listener }: Given): void {
	const all = Object.values(policies);
	const needsSecure = all.some((policy) => policy.secure === "function");
	const hasListener = all.some((policy) => policy.onEvent === true);
	const messages = checkSources(new Set(all.flatMap((policy) => policy.sources ?? []).map(({ ask }) => ask)), sources);
	if (needsSecure && secure === undefined) messages.push("the option secure of the policy is a function. Pass it as secure.");
	if (!needsSecure && secure !== undefined) messages.push("the option secure of the policy is not a function. Write it there, and compile it again.");
	if (hasListener && listener === undefined) messages.push("the policy has a function onEvent. Pass it as onEvent, or onEvent: false.");
	if (messages.length > 0) throw refusedAll(messages.map((message) => [FUNCTIONS, message]));
}

function checkSources(asked: ReadonlySet<string>, sources: object): string[] {
	const isThere = (name: string): boolean => Object.hasOwn(sources, name) && typeof Reflect.get(sources, name) === "function";
	return [
		...[...asked].filter((name) => !isThere(name)).map((name) => `the policy has a function ${show(name)}. Write sources: { ${name} }.`),
		...Object.keys(sources)
			.filter((name) => !asked.has(name))
			.map((name) => `the policy has no function ${show(name)}. Compile it again, or remove it from sources.`),
	];
}

function refusedAll(issues: readonly Refusal[]): PolicyError {
	return new PolicyError(issues.map(([code, message]) => ({ code, path: "securedBy", message })));
}
