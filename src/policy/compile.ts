import { ownFields } from "../core/own-fields.ts";
import { show } from "../core/text.ts";
import type { HeaderDefinition, Transport } from "../headers/define.ts";
import { HEADERS } from "../headers/index.ts";
import { weakerOf } from "../headers/weaker.ts";
import {
	type CompiledHeader,
	compileHeader,
	createBlock,
	createLazily,
	createWire,
	type DynamicSource,
	type HeaderBlock,
	TRANSPORTS,
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
	const count = policy.withoutReporting === undefined ? 4 : 8;
	const blocks = Array.from({ length: count }, (_, index) => createBlock(headersAt(index, policy)));
	return compileWith(policy, blocks.length === 4 ? [...blocks, ...blocks] : blocks, base);
}

/**
 * The same for an override that a request made, of which there may be thousands: a block is made when a response
 * needs it, and shares with the base what the override does not change.
 * @param onMade hears how much text a block has.
 */
export function compileLazily(policy: Policy, base: CompiledPolicy, onMade: (bytes: number) => void): CompiledPolicy {
	const blocks = createLazily(8, (index) => {
		if (index >= 4 && policy.withoutReporting === undefined) return blocks[index - 4] as HeaderBlock;
		const block = createBlock(headersAt(index, policy, base));
		onMade(bytesOf(block, base.blocks[index]));
		return block;
	});
	return compileWith(policy, blocks, base);
}

/** The text that a block does not share with another: in its headers, and in its lines. */
function bytesOf({ headers, lateLines, noncedLines }: HeaderBlock, base: HeaderBlock | undefined): number {
	const own = headers.filter((header) => !base?.headers.includes(header));
	const texts = own.flatMap(({ text, nonced = [] }) => [text, ...nonced]);
	return [...texts, lateLines, ...noncedLines].reduce((sum, { length }) => sum + length, 0);
}

function compileWith(policy: Policy, blocks: readonly HeaderBlock[], base: CompiledPolicy | undefined): CompiledPolicy {
	const { remove, reportFraction, secure, preset, vary, headerBlock, onEvent } = policy;
	const wire = createWire({
		base: base?.base ?? base,
		blocks,
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

/** The headers of a block, by its place among them (`blockFor`). Those that are the same on the base are its objects. */
function headersAt(index: number, policy: Policy, base?: CompiledPolicy): readonly CompiledHeader[] {
	const { models } = statementAt(index, policy);
	const below = base && statementAt(index, base.policy).models;
	const shared = new Map(base?.blocks[index]?.headers.map((header) => [header.name, header]));
	return compileHeaders(
		{ ...policy, models },
		TRANSPORTS[index % 4] as Transport,
		(key) => !policy.edge.includes(key),
		({ key, name }) => (below?.get(key) === models.get(key) ? shared.get(name) : undefined),
	);
}

function statementAt(index: number, policy: Policy): Statement {
	return index < 4 ? policy : (policy.withoutReporting ?? policy);
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

function compileHeaders(
	{ models, lock }: Policy,
	transport: Transport,
	isWanted: (key: string) => boolean,
	known?: (header: HeaderDefinition) => CompiledHeader | undefined,
): readonly CompiledHeader[] {
	const headers: CompiledHeader[] = [];
	for (const definition of HEADERS) {
		if (!models.has(definition.key) || !isWanted(definition.key)) continue;
		const same = known?.(definition);
		if (same !== undefined) {
			headers.push(same);
			continue;
		}
		const text = definition.write(models.get(definition.key), transport);
		if (text !== undefined) headers.push(compileHeader(definition, ownFields(text), lock.includes(definition.key), weakerOf(definition.name)));
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
