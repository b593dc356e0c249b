import type { Code } from "../core/codes.ts";
import { reasonOf } from "../core/errors.ts";
import { publish } from "./events.ts";
import { ServerResponse } from "./node.ts";
import type { RequestLike } from "./transport.ts";
import type { CompiledHeader, HeaderBlock, WirePolicy } from "./wire.ts";

/** Holds headers until they become bytes. */
export interface HeaderStore {
	getHeader(name: string): unknown;
	setHeader(name: string, value: string | readonly string[]): unknown;
	removeHeader(name: string): void;
}

/** The part of a response that is used: the public API that node:http, the http2 compatibility API and mocks share. */
export interface ResponseLike extends HeaderStore {
	readonly headersSent: boolean;
	statusCode: number;
	statusMessage?: string;
	writeHead?: WriteHead;
	getHeaderNames?(): readonly string[];
	appendHeader?(name: string, value: string | readonly string[]): unknown;
}

type WriteHead = (this: ResponseLike, statusCode: number, ...rest: unknown[]) => unknown;

/** Calls the writeHead under ours, and judges what it does to the headers. */
export type Watch = (state: ResponseState, res: ResponseLike, status: number, args: readonly unknown[]) => unknown;

/** Everything that is known of one response. A second mount swaps `compiled` and `block`. */
export interface ResponseState {
	readonly req: RequestLike;
	compiled: WirePolicy;
	block: HeaderBlock;
	/**
	 * What put the policy on the response. `node`: the server guard, before the server emits the request. `guard`: the same, once the server has
	 * emitted it. `middleware`: a middleware.
	 */
	source: "node" | "guard" | "middleware";
	/**
	 * Where the headers are until they become bytes. `block`: the first line of the response will carry them. `shown`: the same, but they were
	 * read, so they are also on the response one by one. `headers`: they were set one by one. `stream`: nowhere.
	 */
	mode: "block" | "shown" | "headers" | "stream";
	nonce: string | undefined;
	/** The response has a policy with a nonce that the application made. */
	hasOwnNonce: boolean;
	/** The writeHead that ours replaced. Undefined on an object that has none. */
	readonly writeHead: WriteHead | undefined;
	/** Calls a custom writeHead. If undefined, writeHead is called as it is. */
	readonly watch: Watch | undefined;
	/** Our function wrote the head, with the block or without it. */
	isWritten: boolean;
	/** No header was set before the policy. */
	readonly wasBare: boolean;
	/** The text of the last header that was joined with the nonce, so that it is joined once. */
	joined: { readonly header: CompiledHeader; readonly text: string } | undefined;
	/** The seal is running. A call of writeHead from inside it passes through. */
	sealing: boolean;
	/** `res.locals`, which may hold a nonce that the application made when the head is written. */
	locals: object | undefined;
	/** The locals whose value cannot be the nonce. An event has reported them. */
	refused: object | undefined;
	/** Looks for a nonce in the locals. Undefined if the policy has none for them. */
	takeOwnNonce: ((state: ResponseState, res: ResponseLike) => void) | undefined;
	/** Headers that came with an error (`err.headers`). They never win over the policy. */
	errorHeaders: ReadonlyMap<string, string> | undefined;
}

/** What is known of a response before anything happens to it. */
export function newState(
	req: RequestLike,
	compiled: WirePolicy,
	block: HeaderBlock,
	mode: ResponseState["mode"],
	source: ResponseState["source"],
	wasBare = false,
	writeHead?: ResponseState["writeHead"],
	watch?: ResponseState["watch"],
): ResponseState {
	return {
		req,
		compiled,
		block,
		source,
		mode,
		nonce: undefined,
		hasOwnNonce: false,
		writeHead,
		watch,
		isWritten: false,
		wasBare,
		joined: undefined,
		sealing: false,
		locals: undefined,
		refused: undefined,
		takeOwnNonce: undefined,
		errorHeaders: undefined,
	};
}

/** The headers are on the response, one by one. */
export function isShown({ mode }: ResponseState): boolean {
	return mode === "headers" || mode === "shown";
}

/** They are written with the first line. */
export function isInBlock({ mode }: ResponseState): boolean {
	return mode === "block" || mode === "shown";
}

/**
 * Policies whose middleware was reached on a response that a server guard had prepared, and whether always through a framework.
 * An override counts as the policy that it changes.
 */
const REACHED: WeakMap<WirePolicy, "by a framework" | "by the server"> = shared("headguard.reached/2", () => new WeakMap());

export function noteReached(compiled: WirePolicy, req: RequestLike): void {
	const policy = compiled.base ?? compiled;
	if (!isInFramework(req)) REACHED.set(policy, "by the server");
	else if (!REACHED.has(policy)) REACHED.set(policy, "by a framework");
}

/** The application wrote a response before the middleware of its policy, which it mounts and reaches for other requests. */
export function isMissed({ source, compiled, req }: ResponseState): boolean {
	if (source !== "guard") return false;
	const reached = REACHED.get(compiled.base ?? compiled);
	// A listener beside the application, such as Socket.IO, has no framework and no place for a middleware.
	return reached === "by the server" || (reached === "by a framework" && isInFramework(req));
}

/** Connect, and the router of Express, keep the address of a request before anything is called that is mounted. */
function isInFramework(req: RequestLike): boolean {
	return Reflect.get(req, "originalUrl") !== undefined;
}

/** What is kept for one response. The framework may give it locals before there is a state. */
export interface Entry {
	state: ResponseState | undefined;
	/** The value of `res.locals`, if our accessor provides it. */
	locals: unknown;
	/** The locals that received the nonce. */
	bound: object | undefined;
}

/**
 * Kept beside the response and not on it: once Express has set the prototype, each own property of a response costs microseconds on Node 20 and 22.
 * The ESM and CJS copies share it.
 */
const ENTRIES: WeakMap<object, Entry> = shared("headguard.responses/1", () => new WeakMap());

/** The key of an entry: on the object in which Node keeps the headers of a response, and on a response of ours. */
export const ENTRY: unique symbol = Symbol.for("headguard.entry/1") as never;

/** What is known of that object. All copies of the library know it as soon as one of them has found it. */
const HEADERS_KEY: HeadersKey = shared("headguard.place/1", () => ({ key: undefined }));

interface HeadersKey {
	/** The property of a response that holds the object. Only a response has it as an own property. */
	key: symbol | undefined;
}

/**
 * A WeakMap costs half a microsecond for each response, most of it in garbage collection. The object that holds the headers is made for each
 * response and ends with it.
 */
export function learnHeadersKey(key: symbol): void {
	HEADERS_KEY.key = key;
}

/** The property of a response in which Node keeps its headers, if a copy of the library has found it. */
export function headersKey(): symbol | undefined {
	return HEADERS_KEY.key;
}

/** Moves the entry when the object is replaced. */
export function moveEntry(res: object, replace: () => void): void {
	const entry = knownEntry(res);
	replace();
	if (entry !== undefined) keep(res, entry);
}

export function setState(res: object, state: ResponseState): void {
	const entry = knownEntry(res);
	if (entry === undefined) keep(res, { state, locals: undefined, bound: undefined });
	else entry.state = state;
}

export function stateOf(res: object): ResponseState | undefined {
	return knownEntry(res)?.state;
}

/** The entry of the response, or of the response that it wraps. Makes one if there is none. */
export function entryOf(res: object): Entry {
	const known = knownEntry(res);
	if (known !== undefined) return known;
	const entry: Entry = { state: undefined, locals: undefined, bound: undefined };
	keep(res, entry);
	return entry;
}

function knownEntry(res: object): Entry | undefined {
	const known = (headersOf(res)?.[ENTRY] as Entry | undefined) ?? (res as { [ENTRY]?: Entry })[ENTRY] ?? ENTRIES.get(res);
	return known !== undefined || isGenuine(res) ? known : entryBehind(res);
}

/** True for a response itself, and not for an object that wraps one. It may be false for a framework's response. */
function isGenuine(res: object): boolean {
	return HEADERS_KEY.key === undefined ? Object.getPrototypeOf(res) === ServerResponse.prototype : Object.hasOwn(res, HEADERS_KEY.key);
}

function keep(res: object, entry: Entry): void {
	const headers = headersOf(res);
	if (headers === undefined) ENTRIES.set(res, entry);
	else headers[ENTRY] = entry;
}

function headersOf(res: object): Record<symbol, unknown> | undefined {
	return HEADERS_KEY.key === undefined ? undefined : ((res as Record<symbol, Record<symbol, unknown> | null>)[HEADERS_KEY.key] ?? undefined);
}

/** A response can be wrapped in an object that inherits from it, or in a proxy object. Express's request holds the genuine one. */
function entryBehind(res: object): Entry | undefined {
	for (let object: object | null = Object.getPrototypeOf(res); object !== null; object = Object.getPrototypeOf(object)) {
		const entry = ENTRIES.get(object);
		if (entry !== undefined) return entry;
	}
	// A value that is not an object has no entry.
	return ENTRIES.get((Reflect.get(res, "req") as { res?: unknown } | undefined)?.res as object);
}

/** Reports that something could not be kept on a response. */
export function emitEvent(
	{ onEvent }: Pick<WirePolicy, "onEvent">,
	req: RequestLike | undefined,
	code: Code,
	header: string | undefined,
	detail: string,
): void {
	const url: unknown = req === undefined ? undefined : (Reflect.get(req, "originalUrl") ?? Reflect.get(req, "url"));
	publish(onEvent, { code, header, path: typeof url === "string" ? pathOf(url) : undefined, detail });
}

/** The text of a header, with the nonce of the response if it was read. */
export function currentText(state: ResponseState, header: CompiledHeader): string {
	if (state.nonce === undefined || header.nonced === undefined) return header.text;
	if (state.joined?.header !== header) state.joined = { header, text: header.nonced.join(state.nonce) };
	return state.joined.text;
}

export function emitFailure(state: ResponseState, header: string | undefined, error: unknown): void {
	emitEvent(state.compiled, state.req, "attach/failed", header, `the header could not be set: ${reasonOf(error)}`);
}

/** Without the query and the authority of an absolute target. Both may hold secrets. */
function pathOf(url: string): string {
	return (url.split(/[?#]/, 1)[0] ?? "").replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, "");
}

/** A value that all copies of the library in a process share. */
export function shared<Value>(name: string, create: () => Value): Value {
	// One property of the global object holds all of them: each one costs a tenth of a millisecond at start-up.
	const key = Symbol.for("headguard.shared/1");
	let values = Reflect.get(globalThis, key) as Map<string, unknown> | undefined;
	if (values === undefined) {
		values = new Map();
		Object.defineProperty(globalThis, key, { value: values });
	}
	if (!values.has(name)) values.set(name, create());
	return values.get(name) as Value;
}
