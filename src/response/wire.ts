import type { HeadguardEvent } from "../core/event.ts";
import type { FrameworklessFunction } from "../core/request.ts";
import type { HeaderText, Transport } from "../headers/define.ts";
import { factsOf, type HeaderFacts } from "../headers/facts.ts";

/**
 * A policy as text: everything that a request can need. policy/compile and headguard/helmet make it at start-up. The code that handles responses
 * does not know where it came from.
 */
export interface WirePolicy {
	/** The headers to remove from every response. */
	readonly remove: readonly { readonly name: string; readonly lowerName: string }[];
	/** One block for each kind of transport: four for responses that ask for reports, then four for those that do not. See `blockFor`. */
	readonly blocks: readonly HeaderBlock[];
	/** The share of responses that ask for reports. */
	readonly reportFraction: number;
	/** The functions that are called in each request, before its handlers run. */
	readonly dynamicSources: readonly DynamicSource[];
	/** The policy that this one overrides, before any overrides. Undefined for a policy that is not an override. */
	readonly base: WirePolicy | undefined;
	/** A header that the application removes stays away, and an empty value that it sets is sent. */
	readonly removalWins: boolean;
	/** Whether a request came over https. If undefined, the connection decides. */
	readonly secure: boolean | ((req: never) => boolean) | undefined;
	/** The Cache-Control for responses that have none. */
	readonly cacheControl: string | undefined;
	/** Request headers that the policy depends on. */
	readonly vary: readonly string[];
	/** The headers may be written as one block. */
	readonly headerBlock: boolean;
	/** Receives what could not be kept. */
	readonly onEvent: ((event: HeadguardEvent) => void) | undefined;
}

/** One header, ready to be set. */
export interface CompiledHeader extends HeaderText {
	readonly name: string;
	readonly lowerName: string;
	/** Whether several values on one response all count (`all`) or there may be only one (`one`). */
	readonly cardinality: "all" | "one";
	/** A comma is part of the value. In other headers it separates values. */
	readonly commaInValue: boolean;
	/** The application's value never wins. */
	readonly locked: boolean;
	/** The header is set at once even if the others wait for the block. See `HeaderFacts`. */
	readonly early: boolean;
	/** Whether a value of the application protects less than ours. */
	readonly weaker: (value: string, ours: string) => boolean;
}

/** The headers of one kind of response. */
export interface HeaderBlock {
	readonly headers: readonly CompiledHeader[];
	/** Some header has a nonce slot. */
	readonly hasNonce: boolean;
	/** Headers that are set at once even if the others are written in one block. */
	readonly early: readonly CompiledHeader[];
	/** Lower-case names of the others. */
	readonly lateNames: readonly string[];
	/** The others as lines of HTTP/1, when no nonce was read. */
	readonly lateLines: string;
	/** The same, split at the nonce slots. Joining the parts with the nonce gives the lines. */
	readonly noncedLines: readonly string[];
}

/** A function in the policy, and where its answers are added. */
export interface DynamicSource {
	readonly key: string;
	readonly directive: string;
	readonly ask: FrameworklessFunction<unknown>;
}

/** Makes a policy that calls no function and depends on no request, except for the given parts. */
export function createWire({ remove, ...parts }: Given): WirePolicy {
	return {
		base: undefined,
		reportFraction: 1,
		dynamicSources: [],
		removalWins: false,
		secure: undefined,
		cacheControl: undefined,
		vary: [],
		headerBlock: true,
		onEvent: undefined,
		...parts,
		remove: remove.map((name) => ({ name, lowerName: name.toLowerCase() })),
	};
}

type Given = Pick<WirePolicy, "blocks"> & Partial<Omit<WirePolicy, "remove">> & { readonly remove: readonly string[] };

/** Applies a change once for each policy that it receives, which is once for each stack of mounts. Applying it to its own result changes nothing. */
export function onceForEach<Wire extends WirePolicy>(change: (below: Wire) => Wire): (below: Wire) => Wire {
	const results = new WeakMap<Wire, Wire>();
	// It is nearly always the same one.
	let last: readonly [below: Wire, made: Wire] | undefined;
	return (below) => {
		if (last?.[0] === below) return last[1];
		const made = results.get(below) ?? change(below);
		results.set(below, made).set(made, made);
		last = [below, made];
		return made;
	};
}

/** A header with its text, and the facts that hold for every value. */
export function compileHeader(
	{ name, cardinality, locked, commaInValue, early }: HeaderFacts,
	{ text, nonced, complete }: HeaderText,
	lock: boolean,
	weaker: CompiledHeader["weaker"],
): CompiledHeader {
	return {
		name,
		lowerName: name.toLowerCase(),
		text,
		nonced,
		complete,
		cardinality: cardinality === "many" ? "all" : "one",
		commaInValue: commaInValue,
		locked: lock || locked,
		early,
		weaker,
	};
}

/** The headers for a transport, on a response that asks for reports or on one that does not. */
export function blockFor({ blocks }: Pick<WirePolicy, "blocks">, secure: boolean, hstsAllowed: boolean, reports = true): HeaderBlock {
	return blocks[(reports ? 0 : 4) + (secure ? 2 : 0) + (hstsAllowed ? 1 : 0)] as HeaderBlock;
}

/** Each kind of transport, in the order of `blockFor`. */
export const TRANSPORTS: readonly Transport[] = [false, true].flatMap((secure) => [false, true].map((hstsAllowed) => ({ secure, hstsAllowed })));

/** The same blocks, each made when it is first asked for. */
export function createLazily(count: number, create: (index: number) => HeaderBlock): readonly HeaderBlock[] {
	const blocks: HeaderBlock[] = [];
	for (let index = 0; index < count; index++) {
		Object.defineProperty(blocks, index, {
			configurable: true,
			get() {
				const value = create(index);
				Object.defineProperty(blocks, index, { value });
				return value;
			},
		});
	}
	return blocks;
}

export function createBlock(headers: readonly CompiledHeader[]): HeaderBlock {
	const late = headers.filter(({ early }) => !early);
	return {
		headers,
		hasNonce: isNonced(headers),
		early: headers.filter(({ early }) => early),
		lateNames: late.map(({ lowerName }) => lowerName),
		lateLines: headerLines(late),
		noncedLines: late
			.map(({ name, text, nonced }) => `${name}: ${nonced?.join(MARK) ?? text}\r\n`)
			.join("")
			.split(MARK),
	};
}

/** A block without the headers that browsers only read on an origin that they trust. It is made once for each block. */
export function trustedOnly(block: HeaderBlock): HeaderBlock {
	const known = TRUSTED.get(block);
	if (known !== undefined) return known;
	const headers = block.headers.filter(({ name }) => factsOf(name)?.secureOnly !== true);
	const made = headers.length === block.headers.length ? block : createBlock(headers);
	TRUSTED.set(block, made);
	return made;
}

const TRUSTED = new WeakMap<HeaderBlock, HeaderBlock>();

/** A block with other headers on top. They replace those of the same name, and the rest is appended. */
export function blockOnTop({ headers }: HeaderBlock, above: readonly CompiledHeader[]): HeaderBlock {
	return createBlock([...new Map([...headers, ...above].map((header) => [header.lowerName, header])).values()]);
}

/**
 * A block with another text for one of its headers, which depends on the request. The block has no slots and no early headers. This runs in each
 * request, so the lines around the header are cached.
 */
export function withText(block: HeaderBlock, name: string, text: string, nonced: readonly string[] | undefined): HeaderBlock {
	const [, index, before, after] = around(block, name);
	const headers = block.headers.with(index, { ...(block.headers[index] as CompiledHeader), text, nonced });
	const lateLines = `${before}${name}: ${text}\r\n${after}`;
	return { ...block, headers, hasNonce: isNonced(headers), lateLines, noncedLines: [lateLines] };
}

/** The position of a header in a block, and the lines before and after it. */
type Around = readonly [name: string, index: number, before: string, after: string];

const AROUND = new WeakMap<HeaderBlock, Around>();

function around(block: HeaderBlock, name: string): Around {
	const known = AROUND.get(block);
	if (known?.[0] === name) return known;
	const { headers } = block;
	const index = headers.findIndex((header) => header.name === name);
	const made: Around = [name, index, headerLines(headers.slice(0, index)), headerLines(headers.slice(index + 1))];
	AROUND.set(block, made);
	return made;
}

function isNonced(headers: readonly CompiledHeader[]): boolean {
	return headers.some(({ nonced }) => nonced !== undefined);
}

/** Headers as bytes of HTTP/1, without a nonce. */
export function headerLines(headers: readonly CompiledHeader[]): string {
	return headers.map(({ name, text }) => `${name}: ${text}\r\n`).join("");
}

/** Marks the nonce while lines are put together. It cannot occur in a header. */
const MARK = "\u0000";

/** The wire policy of a middleware, even if another copy of the library made it. Undefined for anything else. */
export function wireOf(headers: unknown): WirePolicy | undefined {
	return typeof headers === "function" ? (Reflect.get(headers, COMPILED) as WirePolicy | undefined) : undefined;
}

/** What middleware of headguard/helmet puts on a response. */
export function settingsOf(middleware: object): WirePolicy | undefined {
	return Reflect.get(middleware, SETTINGS) as WirePolicy | undefined;
}

export const SETTINGS: unique symbol = Symbol.for("headguard.settings/1") as never;

export const COMPILED: unique symbol = Symbol.for("headguard.compiled/1") as never;

/** On a middleware: how its policy takes in what the functions of a policy returned. */
export const ANSWERED: unique symbol = Symbol.for("headguard.answered/1") as never;

/** On a middleware: true if a function changes its policy in each request. */
export const PER_REQUEST: unique symbol = Symbol.for("headguard.per-request/1") as never;
