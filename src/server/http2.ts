import type { Http2Server, IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream, ServerStreamFileResponseOptions } from "node:http2";
import type { Socket } from "node:net";
import { chooseBlock, createState } from "../response/attach.ts";
import { http2Stream } from "../response/node.ts";
import { seal } from "../response/seal.ts";
import { type HeaderStore, shared, stateOf } from "../response/state.ts";
import { listStore, recordStore } from "../response/stores.ts";
import type { RequestLike } from "../response/transport.ts";
import { blockFor, headerLines, type WirePolicy } from "../response/wire.ts";

/** Stream → its response of the compatibility API. */
const RESPONSES: WeakMap<object, object> = shared("headguard.streams/1", () => new WeakMap());

export function rememberStream(response: object): void {
	const stream = http2Stream(response);
	if (stream !== undefined) RESPONSES.set(stream, response);
}

/**
 * HTTP/2 has answers below the compatibility API: Node's own 417 and 405, `stream.respond` and pushed streams. Each passes a method of its stream,
 * which is wrapped on that stream only.
 */
export function guardStreams(server: Http2Server, guard: { readonly compiled: WirePolicy }): void {
	server.prependListener("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => guardStream(stream, headers, guard.compiled));
	server.on("unknownProtocol", (socket: Socket) => {
		if (server.listenerCount("unknownProtocol") > 1) return;
		const lines = headerLines(blockFor(guard.compiled, true, true).headers);
		socket.end(`HTTP/1.0 403 Forbidden\r\nContent-Type: text/plain\r\n${lines}\r\nThis server speaks HTTP/2; the client offered it no common protocol.\r\n`);
	});
}

function guardStream(stream: ServerHttp2Stream, requestHeaders: IncomingHttpHeaders, compiled: WirePolicy): void {
	const req: RequestLike & { url?: string | undefined } = {
		headers: requestHeaders,
		socket: stream.session?.socket,
		url: requestHeaders[":path"],
	};
	const sealOnto = (store: HeaderStore): void => {
		const state = stateOf(RESPONSES.get(stream) ?? {});
		// The compatibility response is writing its head and has sealed it.
		if (state?.sealing === true) return;
		seal(state ?? createState(req, compiled, chooseBlock(req, compiled), undefined, "stream", "node"), store, Number(store.getHeader(":status") ?? 200));
	};
	const sealed = (headers: OutgoingHttpHeaders | undefined): OutgoingHttpHeaders | undefined => {
		// Node's own error says what is wrong with them.
		if (headers === null || (headers !== undefined && typeof headers !== "object")) return headers;
		// Node 22 and newer also accept an array of names and values. Older versions must still refuse it.
		if (Array.isArray(headers)) {
			const copy = Object.assign(headers.slice(), symbolsOf(headers));
			sealOnto(listStore(copy));
			return copy as never;
		}
		const copy: OutgoingHttpHeaders = { ...headers };
		sealOnto(recordStore(copy));
		return copy;
	};
	/** `statCheck` changes the headers after the seal. */
	const watched = <Options extends ServerStreamFileResponseOptions>(options: Options | undefined): Options | undefined => {
		const { statCheck } = options ?? {};
		if (typeof statCheck !== "function") return options;
		const checkThenSeal: typeof statCheck = function (this: unknown, stats, headers, statOptions) {
			const result: unknown = Reflect.apply(statCheck, this, [stats, headers, statOptions]);
			if (result !== false) sealOnto(recordStore(headers));
			return result as undefined;
		};
		return { ...(options as Options), statCheck: checkThenSeal };
	};
	const { respond, respondWithFD, respondWithFile, pushStream } = stream;
	stream.respond = (headers, options) => respond.call(stream, sealed(headers), options);
	stream.respondWithFD = (fd, headers, options) => respondWithFD.call(stream, fd, sealed(headers), watched(options));
	stream.respondWithFile = (path, headers, options) => respondWithFile.call(stream, path, sealed(headers), watched(options));
	stream.pushStream = ((headers: OutgoingHttpHeaders, ...rest: unknown[]) => {
		if (typeof rest.at(-1) !== "function") return Reflect.apply(pushStream, stream, [headers, ...rest]);
		const callback = rest.pop() as (error: Error | null, pushed: ServerHttp2Stream, headers: OutgoingHttpHeaders) => void;
		const guarded: typeof callback = (error, pushed, sent) => {
			if (pushed !== undefined && pushed !== null) guardStream(pushed, { ...requestHeaders, ":path": String(headers?.[":path"] ?? "") }, compiled);
			callback(error, pushed, sent);
		};
		return Reflect.apply(pushStream, stream, [headers, ...rest, guarded]);
	}) as typeof pushStream;
}

/** Node lists the names of sensitive headers under a symbol. */
function symbolsOf(headers: object): object {
	return Object.fromEntries(Object.getOwnPropertySymbols(headers).map((symbol) => [symbol, Reflect.get(headers, symbol)]));
}
