import { reasonOf } from "../core/errors.ts";
import { isThenable } from "../core/text.ts";
import { resolveDynamicSources } from "../response/dynamic.ts";
import { adoptNonce, checkSlot } from "../response/nonce.ts";
import { seal, sealRest } from "../response/seal.ts";
import { currentText, ENTRY, type Entry, emitEvent, type HeaderStore, newState, type ResponseLike, type ResponseState, shared } from "../response/state.ts";
import { blockOn, evidence, type RequestLike } from "../response/transport.ts";
import { ANSWERED, type HeaderBlock, PER_REQUEST, type WirePolicy, wireOf } from "../response/wire.ts";

/** The policy with what its functions returned. */
export type Answerer = (below: WirePolicy, patch: object) => WirePolicy;

export interface Source {
	readonly wire: WirePolicy;
	readonly answered: Answerer;
}

/** The exchanges of requests. The copies of the library share them, such as headguard/fetch and headguard/hono. */
export const EXCHANGES: WeakMap<object, Exchange> = shared("headguard.exchanges/1", () => new WeakMap());

/** Undefined for anything but middleware, and for middleware that makes a patch in each request. */
export function sourceOf(headers: unknown): Source | undefined {
	const wire = wireOf(headers);
	if (wire === undefined || Reflect.get(headers as object, PER_REQUEST) === true) return undefined;
	return { wire, answered: Reflect.get(headers as object, ANSWERED) as Answerer };
}

/** A request and the response to it, which does not exist yet. The nonce is made on it. */
export interface Exchange extends ResponseLike {
	headersSent: boolean;
	readonly state: ResponseState;
	/** Resolves when the functions of the policy have returned. */
	answers: PromiseLike<void> | undefined;
}

/** The state is on the exchange itself: an entry in a WeakMap, and functions for each exchange, cost half of a request. */
class NewExchange implements Exchange {
	statusCode = 200;
	headersSent = false;
	readonly state: ResponseState;
	answers: PromiseLike<void> | undefined = undefined;
	readonly [ENTRY]: Entry;

	constructor(state: ResponseState) {
		this.state = state;
		this[ENTRY] = { state, locals: undefined, bound: undefined };
	}

	// Nothing is on the response before there is one.
	getHeader(): undefined {}
	setHeader(): void {}
	removeHeader(): void {}
}

/** Chooses the headers for a request. The policy of a handler further inside replaces that of the one around it. */
export function begin(request: Request, { wire, answered }: Source, outer: Exchange | undefined): Exchange {
	const exchange = outer === undefined || outer.headersSent ? createExchange(request, wire) : outer;
	if (exchange === outer) choose(exchange.state, request, wire);
	exchange.answers = wire.dynamicSources.length === 0 ? undefined : ask(request, exchange, answered);
	return exchange;
}

function createExchange(request: Request, wire: WirePolicy): Exchange {
	const like = toRequestLike(request);
	return new NewExchange(newState(like, wire, chooseBlock(request, like, wire), "stream", "middleware"));
}

function choose(state: ResponseState, request: Request, wire: WirePolicy): void {
	state.compiled = wire;
	state.block = chooseBlock(request, state.req as RequestLike, wire);
}

/** Calls the functions of the policy. If one fails, the policy stays as it was and the handler is not called. */
async function ask(request: Request, exchange: Exchange, answered: Answerer): Promise<void> {
	const { state } = exchange;
	const { compiled } = state;
	try {
		const answers = resolveDynamicSources(compiled.dynamicSources, request as never, exchange as never);
		const { patch, nonce } = isThenable(answers) ? await answers : (answers as Awaited<typeof answers>);
		choose(state, request, answered(compiled, patch));
		if (nonce !== undefined) adoptNonce(exchange, nonce);
		checkSlot(state);
	} catch (error) {
		emitEvent(compiled, state.req, "override/failed", undefined, `a function of the policy failed, so the policy stays as it was: ${reasonOf(error)}`);
		throw error;
	}
}

/** The URL is the evidence. A forwarded header is none: nothing says which proxy to trust. */
function chooseBlock(request: Request, like: RequestLike, wire: WirePolicy): HeaderBlock {
	const seen = wire.secure === undefined ? evidence(like, undefined) : evidence(request as never, wire.secure);
	if (typeof seen === "object") emitEvent(wire, like, seen.code, undefined, seen.detail);
	const reports = wire.reportFraction === 1 || Math.random() < wire.reportFraction;
	return blockOn(wire, seen, like, reports);
}

function toRequestLike({ url, method }: Request): RequestLike & { readonly url: string; readonly method: string } {
	const address = ADDRESS.exec(url);
	return { url, method, headers: { host: address?.[2] ?? "" }, socket: { encrypted: address?.[1] === "https:" } };
}

/** The address of a `Request` is absolute and normal, so that it need not be parsed again. */
const ADDRESS = /^(https?:)\/\/([^/?#]*)/;

/** Puts the policy on a response. Its body is not read. A response whose headers cannot be changed is replaced by one with the same body. */
export function finish(exchange: Exchange, response: Response): Response {
	const { state } = exchange;
	if (isUntouchable(response)) {
		exchange.headersSent = true;
		return response;
	}
	const changes: Changes = new Map();
	const given = valuesOf(response.headers);
	const store = storeOf(given, changes);
	if (isBare(state, given, response.status)) {
		for (const header of state.block.headers) changes.set(header.lowerName, currentText(state, header));
		sealRest(state, store, response.status);
	} else seal(state, store, response.status);
	exchange.headersSent = true;
	// Read again: the response of a framework may make the object that it ends up with only when another property is read.
	if (changed(response.headers, changes)) return response;
	const headers = new Headers(response.headers);
	changed(headers, changes);
	return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}

/** Not a response, one that no page receives (`Response.error()`, an opaque one), or one that changes the protocol. */
function isUntouchable(response: Response): boolean {
	if (typeof response !== "object" || response === null || typeof response.headers?.get !== "function") return true;
	return response.status < 200 || (Reflect.get(response, "webSocket") ?? undefined) !== undefined;
}

/** They are read once, because each access to `Headers` is slow. */
function valuesOf(headers: Headers): ReadonlyMap<string, string> {
	const given = new Map<string, string>();
	headers.forEach((value, name) => {
		given.set(name, value);
	});
	return given;
}

/** The response has no header of the policy, as most have none. Then each gets the text of the policy, whatever the rules. */
function isBare({ block }: ResponseState, given: ReadonlyMap<string, string>, status: number): boolean {
	return status !== 304 && !block.headers.some(({ lowerName }) => given.has(lowerName));
}

/** What is set on a response in the end. A header with no value is removed. */
type Changes = Map<string, string | readonly string[]>;

/** The headers of a response, with changes that are not on it yet. */
function storeOf(given: ReadonlyMap<string, string>, changes: Changes): HeaderStore {
	return {
		getHeader(name) {
			const key = name.toLowerCase();
			const change = changes.get(key);
			if (change === undefined) return given.get(key);
			if (typeof change === "string") return change;
			return change.length === 0 ? undefined : change.join(", ");
		},
		setHeader: (name, value) => changes.set(name.toLowerCase(), value),
		removeHeader(name) {
			const key = name.toLowerCase();
			if (given.has(key) || changes.has(key)) changes.set(key, []);
		},
	};
}

/** Changes the headers of a response. False if they cannot be changed, and then none is. */
function changed(headers: Headers, changes: Changes): boolean {
	try {
		for (const [name, change] of changes) {
			if (typeof change === "string") headers.set(name, change);
			else {
				headers.delete(name);
				for (const one of change) headers.append(name, one);
			}
		}
		return true;
	} catch {
		return false;
	}
}
