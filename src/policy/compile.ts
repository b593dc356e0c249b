import { ownFields } from "../core/read.ts";
import type { AskedInRequest } from "../core/request.ts";
import { show } from "../core/text.ts";
import type { HeaderDefinition, HeaderText, Transport } from "../headers/define.ts";
import { HEADERS } from "../headers/index.ts";
import { createPolicy, type Policy } from "./create.ts";
import type { SecureHeadersOptions } from "./options.ts";

/** One header, ready to be set. */
export interface CompiledHeader extends HeaderText {
	readonly name: string;
	readonly lowerName: string;
	/** Several values on one response each count (`all`), or there may be only one (`one`). */
	readonly several: "all" | "one";
	/** A comma belongs to the value; elsewhere it joins several values. */
	readonly commas: boolean;
	/** The application's value never wins. */
	readonly locked: boolean;
	/** Whether a value of the application protects less than ours. */
	readonly weaker: (value: string, ours: string) => boolean;
}

/** What goes out on one kind of transport. */
export interface HeaderBlock {
	readonly headers: readonly CompiledHeader[];
	/** Some header has a nonce slot. */
	readonly hasNonce: boolean;
	/** Headers that are set at once even where the others are written in one block. */
	readonly early: readonly CompiledHeader[];
	/** Lower-case names of the others. */
	readonly lateNames: readonly string[];
	/** The others as lines of HTTP/1, when no nonce was read. */
	readonly lateLines: string;
	/** The same around the nonce slots, to be joined by the nonce. */
	readonly noncedLines: readonly string[];
}

/** A function in the policy, and where its answers are added. */
export interface Ask {
	readonly key: string;
	readonly directive: string;
	readonly ask: AskedInRequest<unknown>;
}

/** A policy as literal text: everything that a request can need is made here, at start-up. */
export interface CompiledPolicy {
	readonly policy: Policy;
	/** What to take off every response. */
	readonly remove: readonly { readonly name: string; readonly lowerName: string }[];
	/** One block for each kind of transport; see `blockFor`. */
	readonly blocks: readonly HeaderBlock[];
	/** The blocks of responses that ask for no reports, where only a share does. */
	readonly silentBlocks: readonly HeaderBlock[] | undefined;
	/** Some block has a nonce slot. */
	readonly hasNonce: boolean;
	/** What each request is asked before its handlers run. */
	readonly asks: readonly Ask[];
	/** Some request has reached the middleware: from then on one that did not is worth an event. */
	readonly mounted: { ever: boolean };
	/** Made of helmet's options: a header that the application takes off stays away, and no override knows the policy. */
	readonly asHelmet: boolean;
}

export function compile(policy: Policy): CompiledPolicy {
	const blocks = compileBlocks(policy);
	const hasNonce = blocks.some((block) => block.hasNonce);
	return {
		policy,
		remove: policy.remove.map((name) => ({ name, lowerName: name.toLowerCase() })),
		blocks,
		silentBlocks: policy.silent === undefined ? undefined : compileBlocks(policy.silent),
		hasNonce,
		asks: asksOf(policy),
		mounted: { ever: false },
		asHelmet: false,
	};
}

function compileBlocks(policy: Policy): readonly HeaderBlock[] {
	return TRANSPORTS.map((transport) => compileBlock(compileHeaders(policy, transport, (key) => !policy.edge.includes(key))));
}

export function blockFor({ blocks }: Pick<CompiledPolicy, "blocks">, secure: boolean, pinnable: boolean): HeaderBlock {
	return blocks[(secure ? 2 : 0) + (pinnable ? 1 : 0)] as HeaderBlock;
}

/** The same for each answer to whether this response asks for reports: that first. */
export function blocksFor({ blocks, silentBlocks }: CompiledPolicy, secure: boolean, pinnable: boolean): readonly HeaderBlock[] {
	return [blocks, silentBlocks ?? []].filter(({ length }) => length > 0).map((list) => blockFor({ blocks: list }, secure, pinnable));
}

/** Headers as bytes of HTTP/1, without a nonce. */
export function headerLines(headers: readonly CompiledHeader[]): string {
	return headers.map(({ name, text }) => `${name}: ${text}\r\n`).join("");
}

function asksOf({ asking }: Policy): readonly Ask[] {
	return HEADERS.flatMap(({ key, asked }) => {
		if (!asking.has(key) || asked === undefined) return [];
		return [...asked(asking.get(key))].flatMap(([directive, functions]) => functions.map((ask) => ({ key, directive, ask })));
	});
}

/** In the order that `blockFor` counts. */
const TRANSPORTS: readonly Transport[] = [
	{ secure: false, pinnable: false },
	{ secure: false, pinnable: true },
	{ secure: true, pinnable: false },
	{ secure: true, pinnable: true },
];

/** What visitors get over https, whoever sends it. */
export function completeHeaders(policy: Policy): readonly CompiledHeader[] {
	return compileHeaders(policy, { secure: true, pinnable: true }, () => true);
}

/** What a proxy sends over https: its own headers where the policy gives it some, otherwise all. */
export function edgeHeaders(policy: Policy): readonly CompiledHeader[] {
	return compileHeaders(policy, { secure: true, pinnable: true }, (key) => policy.edge.length === 0 || policy.edge.includes(key));
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

export function compileBlock(headers: readonly CompiledHeader[]): HeaderBlock {
	const late = headers.filter(({ name }) => name.length >= SHORTEST_LATE);
	return {
		headers,
		hasNonce: headers.some(({ nonced }) => nonced !== undefined),
		early: headers.filter(({ name }) => name.length < SHORTEST_LATE),
		lateNames: late.map(({ lowerName }) => lowerName),
		lateLines: headerLines(late),
		noncedLines: late
			.map(({ name, text, nonced }) => `${name}: ${nonced?.join(MARK) ?? text}\r\n`)
			.join("")
			.split(MARK),
	};
}

/** No header that is left for the block has a shorter name; those that frameworks ask for all the time have. */
export const SHORTEST_LATE = 15;

/** Stands for the nonce while lines are put together; cannot occur in a header. */
const MARK = "\u0000";

export function compileHeader(
	{ name, several, locked, commas, weaker }: HeaderDefinition,
	{ text, nonced, framework }: HeaderText,
	lock: boolean,
): CompiledHeader {
	return {
		name,
		lowerName: name.toLowerCase(),
		text,
		nonced,
		framework,
		several,
		commas: commas === true,
		locked: lock || locked === true,
		weaker: weaker ?? (() => true),
	};
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
	return typeof headers === "function" ? (Reflect.get(headers, COMPILED) as CompiledPolicy | undefined) : undefined;
}

export const COMPILED: unique symbol = Symbol.for("headguard.compiled/1") as never;
