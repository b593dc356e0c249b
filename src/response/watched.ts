import type { OutgoingHttpHeaders } from "node:http2";
import { sealCaching } from "./caching.ts";
import { http2Stream, http2WriteHead, ServerResponse } from "./node.ts";
import { sealHeader } from "./seal-header.ts";
import { emitFailure, type HeaderStore, type ResponseLike, type ResponseState, type Watch } from "./state.ts";
import { recordStore } from "./stores.ts";

/** Node's writeHead when the library was loaded. */
const NODE_S = ServerResponse.prototype.writeHead;

/**
 * How to call a writeHead that is not Node's: on the response, as on-headers puts it, on the prototype of an application, or in a class. It can
 * change headers after the seal. Undefined for Node's own.
 *
 * @param wrapped the writeHead that headguard put on Node's prototype.
 */
export function watchFor(res: ResponseLike, wrapped: unknown): Watch | undefined {
	const { writeHead } = res as { writeHead?: unknown };
	if (writeHead === undefined || writeHead === NODE_S || writeHead === wrapped) return undefined;
	return http2Stream(res) !== undefined && writeHead === http2WriteHead() ? undefined : writeWatched;
}

/** Calls a writeHead under ours that is not Node's. Each header of the policy that it changes is judged at once, by the same rules. */
function writeWatched(state: ResponseState, res: ResponseLike, status: number, args: readonly unknown[]): unknown {
	const judged = new Map([...state.block.headers.map(({ lowerName }) => lowerName), "cache-control"].map((name) => [name, String(res.getHeader(name))]));
	const judge = (store: HeaderStore, lowerName: string): void => {
		if (judged.get(lowerName) === String(store.getHeader(lowerName))) return;
		sealAgain(state, store, lowerName, status);
		if (judged.has(lowerName)) judged.set(lowerName, String(store.getHeader(lowerName)));
	};
	const restore = [watchMethods(state, res, judge), watchStream(state, res, judge)];
	try {
		return Reflect.apply(state.writeHead as NonNullable<ResponseState["writeHead"]>, res, args as [number]);
	} finally {
		for (const undo of restore) undo();
	}
}

type Method = (...args: never[]) => unknown;

/** Seals a header again if it has changed. */
type Judge = (store: HeaderStore, lowerName: string) => void;

function watchMethods(state: ResponseState, res: ResponseLike, judge: Judge): () => void {
	const { setHeader, removeHeader, appendHeader } = res;
	const store: HeaderStore = {
		getHeader: (name) => res.getHeader(name),
		setHeader: (name, value) => Reflect.apply(setHeader, res, [name, value]),
		removeHeader: (name) => Reflect.apply(removeHeader, res, [name]),
	};
	// A removed header would be added again. So it stays, and the next value that is set or appended replaces it.
	const removed = new Set<string>();
	const watch = (method: Method) =>
		function (this: unknown, ...given: unknown[]): unknown {
			const lowerName = String(given[0]).toLowerCase();
			if (removed.delete(lowerName)) store.removeHeader(lowerName);
			const result = Reflect.apply(method, this, given);
			if (!res.headersSent) judge(store, lowerName);
			return result;
		};
	const remove = function (this: unknown, name: unknown, ...rest: unknown[]): unknown {
		const lowerName = String(name).toLowerCase();
		if (res.headersSent || !state.block.headers.some((header) => header.lowerName === lowerName)) {
			const result = Reflect.apply(removeHeader, this, [name, ...rest] as [string]);
			if (!res.headersSent) judge(store, lowerName);
			return result;
		}
		removed.add(lowerName);
		return undefined;
	};
	const watched: Record<string, unknown> = { setHeader: watch(setHeader), removeHeader: remove };
	if (appendHeader !== undefined) watched["appendHeader"] = watch(appendHeader);
	return replaceOn(res, watched);
}

/** The compatibility API of HTTP/2 uses no public method for the headers that writeHead receives. They all pass the stream. */
function watchStream(state: ResponseState, res: ResponseLike, judge: Judge): () => void {
	const stream = http2Stream(res) as { respond(headers: OutgoingHttpHeaders, options?: unknown): unknown } | undefined;
	if (stream === undefined) return () => {};
	const { respond } = stream;
	const names = [...state.block.headers, ...state.compiled.remove].map(({ lowerName }) => lowerName);
	return replaceOn(stream, {
		respond(headers: OutgoingHttpHeaders, options: unknown): unknown {
			const copy: OutgoingHttpHeaders = { ...headers };
			const store = recordStore(copy);
			for (const lowerName of [...names, "cache-control"]) judge(store, lowerName);
			return Reflect.apply(respond, stream, [copy, options]);
		},
	});
}

/** Puts properties on an object, and returns a function that removes them. */
function replaceOn(object: object, properties: Readonly<Record<string, unknown>>): () => void {
	const own = Object.keys(properties).map((name) => [name, Object.getOwnPropertyDescriptor(object, name)] as const);
	try {
		Object.assign(object, properties);
	} catch {
		// The object cannot be watched. What was sealed before stays.
	}
	return () => {
		for (const [name, descriptor] of own) {
			if (descriptor === undefined) Reflect.deleteProperty(object, name);
			else Object.defineProperty(object, name, descriptor);
		}
	};
}

function sealAgain(state: ResponseState, store: HeaderStore, lowerName: string, status: number): void {
	try {
		const header = state.block.headers.find((one) => one.lowerName === lowerName);
		if (header !== undefined) sealHeader(state, store, header, status);
		else if (state.compiled.remove.some((one) => one.lowerName === lowerName)) store.removeHeader(lowerName);
		else if (lowerName === "cache-control" || lowerName === "vary") sealCaching(state, store, status);
	} catch (error) {
		emitFailure(state, lowerName, error);
	}
}
