import type { CompiledPolicy, HeaderBlock } from "./compile.ts";
import type { Code } from "./core/codes.ts";
import { publish } from "./events.ts";
import type { RequestLike } from "./transport.ts";

/** Where headers stand before they become bytes. */
export interface HeaderStore {
	getHeader(name: string): unknown;
	setHeader(name: string, value: string | readonly string[]): unknown;
	removeHeader(name: string): void;
}

/** What of a response is used: the public API that node:http, the http2 compatibility API and mocks share. */
export interface ResponseLike extends HeaderStore {
	readonly headersSent: boolean;
	statusCode: number;
	statusMessage?: string;
	writeHead?: WriteHead;
}

type WriteHead = (this: ResponseLike, statusCode: number, ...rest: unknown[]) => unknown;

/** Everything that is known of one response. A second mount swaps `compiled` and `block`. */
export interface ResponseState {
	readonly req: RequestLike;
	compiled: CompiledPolicy;
	block: HeaderBlock;
	nonce: string | undefined;
	/** writeHead as it was before ours; undefined on what has none. */
	readonly writeHead: WriteHead | undefined;
	/** The seal is at work; a writeHead from inside it passes through. */
	sealing: boolean;
	/** Put there by the server guard alone: no middleware has been reached yet. */
	guardOnly: boolean;
	/** `res.locals` with our property on it. */
	locals: object | undefined;
	/** Headers that came with an error (`err.headers`); they never win over the policy. */
	errorHeaders: ReadonlyMap<string, string> | undefined;
}

/**
 * Response → state. Kept beside the response, not on it: after Express has set the prototype, each
 * own property of a response costs microseconds on Node 20 and 22. Shared by the ESM and CJS copies.
 */
const STATES: WeakMap<object, ResponseState> = shared("headguard.responses/1", () => new WeakMap());

export function setState(res: object, state: ResponseState): void {
	STATES.set(res, state);
}

/**
 * A response may be seen through an object that inherits from it, or through a proxy object; Express's
 * request knows the genuine one.
 */
export function stateOf(res: object): ResponseState | undefined {
	for (let object: object | null = res; object !== null; object = Object.getPrototypeOf(object)) {
		const state = STATES.get(object);
		if (state !== undefined) return state;
	}
	const genuine = (Reflect.get(res, "req") as { res?: unknown } | undefined)?.res;
	return typeof genuine === "object" && genuine !== null ? STATES.get(genuine) : undefined;
}

/** Something could not be kept on a response. */
export function report({ policy }: CompiledPolicy, req: RequestLike | undefined, code: Code, header: string | undefined, detail: string): void {
	const url: unknown = req === undefined ? undefined : (Reflect.get(req, "originalUrl") ?? Reflect.get(req, "url"));
	publish(policy.onEvent, { code, header, path: typeof url === "string" ? pathOf(url) : undefined, detail });
}

/** Without the query, and without the authority of an absolute target: both may hold secrets. */
function pathOf(url: string): string {
	return (url.split(/[?#]/, 1)[0] ?? "").replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, "");
}

export function reasonOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}

export function shared<Value>(name: string, create: () => Value): Value {
	const key = Symbol.for(name);
	const known = Reflect.get(globalThis, key) as Value | undefined;
	if (known !== undefined) return known;
	const created = create();
	Object.defineProperty(globalThis, key, { value: created });
	return created;
}
