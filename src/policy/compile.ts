import { ownFields } from "../core/own-fields.ts";
import { show } from "../core/text.ts";
import type { Transport } from "../headers/define.ts";
import { HEADERS } from "../headers/index.ts";
import {
	type CompiledHeader,
	compileHeader,
	createBlocks,
	createWire,
	type DynamicSource,
	type HeaderBlock,
	type WirePolicy,
	wireOf,
} from "../response/wire.ts";
import { createPolicy, type Policy, type Statement } from "./create.ts";
import type { SecureHeadersOptions } from "./options.ts";

/** A policy as literal text, made at start-up, with the policy that it was made of. */
export interface CompiledPolicy extends WirePolicy {
	readonly policy: Policy;
}

/** @param base what the policy lies on, if it is an override. */
export function compile(policy: Policy, base?: CompiledPolicy): CompiledPolicy {
	const { remove, reportFraction, secure, preset, vary, headerBlock, onEvent } = policy;
	const wire = createWire({
		base: base?.base ?? base,
		blocks: blocksOf(policy),
		remove,
		reportFraction,
		dynamicSources: dynamicSourcesOf(policy),
		secure,
		cacheControl: preset?.cacheControl,
		vary,
		headerBlock,
		onEvent,
	});
	return { ...wire, policy };
}

/** Whether overrides can lie on a policy: not on what helmet's options made. */
export function isCompiled(wire: WirePolicy): wire is CompiledPolicy {
	return "policy" in wire;
}

function blocksOf(policy: Policy): readonly HeaderBlock[] {
	const blocksSaying = ({ models }: Statement): readonly HeaderBlock[] =>
		createBlocks((transport) => compileHeaders({ ...policy, models }, transport, (key) => !policy.edge.includes(key)));
	const reporting = blocksSaying(policy);
	return [...reporting, ...(policy.withoutReporting === undefined ? reporting : blocksSaying(policy.withoutReporting))];
}

function dynamicSourcesOf({ dynamic }: Policy): readonly DynamicSource[] {
	return HEADERS.flatMap(({ key, dynamicSources }) => {
		if (!dynamic.has(key) || dynamicSources === undefined) return [];
		return [...dynamicSources(dynamic.get(key))].flatMap(([directive, functions]) => functions.map((ask) => ({ key, directive, ask })));
	});
}

/** What visitors get over https, whoever sends it. */
export function completeHeaders(policy: Policy): readonly CompiledHeader[] {
	return compileHeaders(policy, { secure: true, hstsAllowed: true }, () => true);
}

/** What a proxy sends over https: its own headers where the policy gives it some, otherwise all. */
export function edgeHeaders(policy: Policy): readonly CompiledHeader[] {
	return compileHeaders(policy, { secure: true, hstsAllowed: true }, (key) => policy.edge.length === 0 || policy.edge.includes(key));
}

function compileHeaders({ models, lock }: Policy, transport: Transport, isWanted: (key: string) => boolean): readonly CompiledHeader[] {
	const headers: CompiledHeader[] = [];
	for (const definition of HEADERS) {
		if (!models.has(definition.key) || !isWanted(definition.key)) continue;
		const text = definition.write(models.get(definition.key), transport, models);
		if (text !== undefined) headers.push(compileHeader(definition, ownFields(text), lock.includes(definition.key)));
	}
	return headers;
}

/** The middleware of `secureHeaders()`, or the options that it would be made of. */
export type PolicySource = SecureHeadersOptions | ((...args: never[]) => unknown);

/**
 * What a policy is compiled to, whichever way it is given.
 * @param name goes before the message, where there are several arguments.
 * @throws {PolicyError} when the options are refused.
 * @throws {TypeError} for a function that is no such middleware.
 */
export function compiledFrom(source: PolicySource, name = ""): CompiledPolicy {
	if (typeof source !== "function") return compile(createPolicy(source));
	const compiled = compiledOf(source);
	if (compiled !== undefined) return compiled;
	throw new TypeError(`${name === "" ? "" : `${name}: `}received ${show(source)}. Give the middleware that secureHeaders() returns, or its options.`);
}

/** The compiled policy of a middleware, also of one that another copy of the library made; undefined for anything else. */
export function compiledOf(headers: unknown): CompiledPolicy | undefined {
	const wire = wireOf(headers);
	return wire !== undefined && isCompiled(wire) ? wire : undefined;
}

export { blockFor, type CompiledHeader } from "../response/wire.ts";
