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
import { type CheckedPolicy, createPolicy, type Statement } from "./create.ts";
import type { SecureHeadersOptions } from "./options.ts";

/** A policy as header text, made at start-up, with the policy that it was made from. */
export interface CompiledPolicy extends WirePolicy {
	readonly policy: CheckedPolicy;
}

/** @param base the policy that an override changes. */
export function compile(policy: CheckedPolicy, base?: CompiledPolicy): CompiledPolicy {
	const count = policy.withoutReporting === undefined ? 4 : 8;
	const blocks = Array.from({ length: count }, (_, index) => createBlock(headersAt(index, policy)));
	return compileWith(policy, blocks.length === 4 ? [...blocks, ...blocks] : blocks, base);
}

/**
 * The same for an override of a request, of which there can be thousands. A block is made when a response needs it, and shares the headers that the
 * override does not change with the base.
 * @param onMade receives the size of the text of a block.
 */
export function compileLazily(policy: CheckedPolicy, base: CompiledPolicy, onMade: (bytes: number) => void): CompiledPolicy {
	const blocks = createLazily(8, (index) => {
		if (index >= 4 && policy.withoutReporting === undefined) return blocks[index - 4] as HeaderBlock;
		const block = createBlock(headersAt(index, policy, base));
		onMade(bytesOf(block, base.blocks[index]));
		return block;
	});
	return compileWith(policy, blocks, base);
}

/** The size of the text that a block does not share with another, in its headers and its lines. */
function bytesOf({ headers, lateLines, noncedLines }: HeaderBlock, base: HeaderBlock | undefined): number {
	const own = headers.filter((header) => !base?.headers.includes(header));
	const texts = own.flatMap(({ text, nonced = [] }) => [text, ...nonced]);
	return [...texts, lateLines, ...noncedLines].reduce((sum, { length }) => sum + length, 0);
}

function compileWith(policy: CheckedPolicy, blocks: readonly HeaderBlock[], base: CompiledPolicy | undefined): CompiledPolicy {
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

/** Whether overrides can change a policy. They cannot change one that was made from helmet's options. */
export function isCompiled(wire: WirePolicy): wire is CompiledPolicy {
	return "policy" in wire;
}

/** The headers of a block, by its index (`blockFor`). Headers that are the same in the base are the objects of the base. */
function headersAt(index: number, policy: CheckedPolicy, base?: CompiledPolicy): readonly CompiledHeader[] {
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

function statementAt(index: number, policy: CheckedPolicy): Statement {
	return index < 4 ? policy : (policy.withoutReporting ?? policy);
}

function dynamicSourcesOf({ dynamic }: CheckedPolicy): readonly DynamicSource[] {
	return HEADERS.flatMap(({ key, dynamicSources }) => {
		if (!dynamic.has(key) || dynamicSources === undefined) return [];
		return [...dynamicSources(dynamic.get(key))].flatMap(([directive, functions]) => functions.map((ask) => ({ key, directive, ask })));
	});
}

/** The headers that visitors receive over https, from the application or a proxy. */
export function completeHeaders(policy: CheckedPolicy): readonly CompiledHeader[] {
	return compileHeaders(policy, { secure: true, hstsAllowed: true }, () => true);
}

/** The headers that a proxy sends: its own if the policy has an owner for some, otherwise all. */
export function edgeHeaders(policy: CheckedPolicy, secure: boolean): readonly CompiledHeader[] {
	return compileHeaders(policy, { secure, hstsAllowed: secure }, (key) => policy.edge.length === 0 || policy.edge.includes(key));
}

function compileHeaders(
	{ models, lock }: CheckedPolicy,
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

/** The middleware of `secureHeaders()`, or its options. */
export type PolicySource = SecureHeadersOptions | ((...args: never[]) => unknown);

/**
 * The compiled policy of a middleware or of options.
 * @param name the name of the argument, for the message.
 * @throws {PolicyError} if the options are refused.
 * @throws {TypeError} for another function.
 */
export function compiledFrom(source: PolicySource, name = ""): CompiledPolicy {
	if (typeof source !== "function") return compile(createPolicy(source));
	const compiled = compiledOf(source);
	if (compiled !== undefined) return compiled;
	throw new TypeError(`${name === "" ? "" : `${name}: `}received ${show(source)}. Write the middleware that secureHeaders() returns, or its options.`);
}

/** The compiled policy of a middleware, even from another copy of the library. Undefined for anything else. */
export function compiledOf(headers: unknown): CompiledPolicy | undefined {
	const wire = wireOf(headers);
	return wire !== undefined && isCompiled(wire) ? wire : undefined;
}

export { blockFor, type CompiledHeader, trustedOnly } from "../response/wire.ts";
