import type { HeadguardEvent } from "../core/event.ts";
import type { FrameworklessFunction } from "../core/request.ts";
import type { HeaderText, Transport } from "../headers/define.ts";
import type { HeaderFacts } from "../headers/facts.ts";

/**
 * What a policy comes to: everything that a request can need, as text. policy/compile and headguard/helmet make it at
 * start-up; nothing on the way of a response knows where it came from.
 */
export interface WirePolicy {
	/** What to take off every response. */
	readonly remove: readonly { readonly name: string; readonly lowerName: string }[];
	/** One block for each kind of transport, for responses that ask for reports and then for those that do not; see `blockFor`. */
	readonly blocks: readonly HeaderBlock[];
	/** The share of responses that ask for reports. */
	readonly reportFraction: number;
	/** What each request is asked before its handlers run. */
	readonly dynamicSources: readonly DynamicSource[];
	/** The policy that this one was laid on, before any overrides; undefined for one that lies on nothing. */
	readonly base: WirePolicy | undefined;
	/** A header that the application takes off alone stays away, and what it sets to nothing goes out as nothing. */
	readonly removalWins: boolean;
	/** How it is decided whether a request came over https; undefined asks the connection. */
	readonly secure: boolean | ((req: never) => boolean) | undefined;
	/** What a response gets that has no Cache-Control of its own. */
	readonly cacheControl: string | undefined;
	/** Request headers that the policy depends on. */
	readonly vary: readonly string[];
	/** Headers may be written as one block. */
	readonly headerBlock: boolean;
	/** Told of what could not be kept. */
	readonly onEvent: ((event: HeadguardEvent) => void) | undefined;
}

/** One header, ready to be set. */
export interface CompiledHeader extends HeaderText {
	readonly name: string;
	readonly lowerName: string;
	/** Several values on one response each count (`all`), or there may be only one (`one`). */
	readonly cardinality: "all" | "one";
	/** A comma belongs to the value; elsewhere it joins several values. */
	readonly commaInValue: boolean;
	/** The application's value never wins. */
	readonly locked: boolean;
	/** Set at once even where the others wait for the block; see `HeaderFacts`. */
	readonly early: boolean;
	/** Whether a value of the application protects less than ours. */
	readonly weaker: (value: string, ours: string) => boolean;
}

/** What goes out on one kind of response. */
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
export interface DynamicSource {
	readonly key: string;
	readonly directive: string;
	readonly ask: FrameworklessFunction<unknown>;
}

/** A policy that asks nothing of a request and depends on nothing, but for what is given. */
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

/**
 * A change of policies that is made once for each policy that it comes to lie on: as often as there are stacks of mounts.
 * Made once more it changes nothing.
 */
export function onceForEach<Wire extends WirePolicy>(change: (below: Wire) => Wire): (below: Wire) => Wire {
	const results = new WeakMap<Wire, Wire>();
	// Nearly always it is the same.
	let last: readonly [below: Wire, made: Wire] | undefined;
	return (below) => {
		if (last?.[0] === below) return last[1];
		const made = results.get(below) ?? change(below);
		results.set(below, made).set(made, made);
		last = [below, made];
		return made;
	};
}

/** A header with its text, and what is true of it whatever its value. */
export function compileHeader(
	{ name, cardinality, locked, commaInValue, early, weaker }: HeaderFacts,
	{ text, nonced, complete }: HeaderText,
	lock: boolean,
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
		weaker: weaker ?? (() => true),
	};
}

/** What goes out on a transport, on a response that asks for reports or on one that does not. */
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

/** A block with headers on top: they take the place of those of the same name, and the others follow. */
export function blockOnTop({ headers }: HeaderBlock, above: readonly CompiledHeader[]): HeaderBlock {
	return createBlock([...new Map([...headers, ...above].map((header) => [header.lowerName, header])).values()]);
}

/**
 * A block with another text of one of its headers, which only a request tells, and whole: the block has no slots, and none of
 * its headers is early. Made in each request, so the lines around the header are remembered.
 */
export function withText(block: HeaderBlock, name: string, text: string, nonced: readonly string[] | undefined): HeaderBlock {
	const [, index, before, after] = around(block, name);
	const headers = block.headers.with(index, { ...(block.headers[index] as CompiledHeader), text, nonced });
	const lateLines = `${before}${name}: ${text}\r\n${after}`;
	return { ...block, headers, hasNonce: isNonced(headers), lateLines, noncedLines: [lateLines] };
}

/** Where a header stands in a block, and the lines before and after it. */
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

/** Stands for the nonce while lines are put together; cannot occur in a header. */
const MARK = "\u0000";

/** The wire policy of a middleware, also of one that another copy of the library made; undefined for anything else. */
export function wireOf(headers: unknown): WirePolicy | undefined {
	return typeof headers === "function" ? (Reflect.get(headers, COMPILED) as WirePolicy | undefined) : undefined;
}

export const COMPILED: unique symbol = Symbol.for("headguard.compiled/1") as never;
