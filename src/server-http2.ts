import type { Http2Server, IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import { chooseBlock, createState } from "./apply.ts";
import { blockFor, type CompiledPolicy, headerLines } from "./compile.ts";
import { type HeaderStore, shared, stateOf } from "./response.ts";
import { seal } from "./seal.ts";
import type { RequestLike } from "./transport.ts";

/** Stream → the response of the compatibility API that stands on it. */
const RESPONSES: WeakMap<object, object> = shared("headguard.streams/1", () => new WeakMap());

export function rememberStream(response: object): void {
	const stream: unknown = Reflect.get(response, "stream");
	if (typeof stream === "object" && stream !== null) RESPONSES.set(stream, response);
}

/**
 * HTTP/2 has answers below the compatibility API: 417 and 405 that Node gives itself, `stream.respond`
 * and pushed streams. Each passes a method of its stream, which is wrapped on that stream alone.
 */
export function guardStreams(server: Http2Server, guard: { readonly compiled: CompiledPolicy }): void {
	server.prependListener("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => guardStream(stream, headers, guard.compiled));
	server.on("unknownProtocol", (socket: Socket) => {
		if (server.listenerCount("unknownProtocol") > 1) return;
		const lines = headerLines(blockFor(guard.compiled, true, true).headers);
		socket.end(`HTTP/1.0 403 Forbidden\r\nContent-Type: text/plain\r\n${lines}\r\nThis server speaks HTTP/2; the client offered it no common protocol.\r\n`);
	});
}

function guardStream(stream: ServerHttp2Stream, requestHeaders: IncomingHttpHeaders, compiled: CompiledPolicy): void {
	const req: RequestLike & { url?: string | undefined } = {
		headers: requestHeaders,
		authority: requestHeaders[":authority"],
		socket: stream.session?.socket,
		url: requestHeaders[":path"],
	};
	const sealed = (headers: OutgoingHttpHeaders | undefined): OutgoingHttpHeaders | undefined => {
		const state = stateOf(RESPONSES.get(stream) ?? {});
		// The compatibility response is writing, and has sealed the headers itself.
		if (state?.sealing === true) return headers;
		// Raw arrays are a newer form; what cannot be read is left to its author.
		if (Array.isArray(headers)) return headers;
		const copy: OutgoingHttpHeaders = { ...headers };
		seal(state ?? createState(req, compiled, chooseBlock(req, compiled), undefined, false), recordStore(copy), Number(copy[":status"] ?? 200));
		return copy;
	};
	const { respond, respondWithFD, respondWithFile, pushStream } = stream;
	stream.respond = (headers, options) => respond.call(stream, sealed(headers), options);
	stream.respondWithFD = (fd, headers, options) => respondWithFD.call(stream, fd, sealed(headers), options);
	stream.respondWithFile = (path, headers, options) => respondWithFile.call(stream, path, sealed(headers), options);
	stream.pushStream = ((headers: OutgoingHttpHeaders, ...rest: unknown[]) => {
		const callback = rest.pop() as (error: Error | null, pushed: ServerHttp2Stream, headers: OutgoingHttpHeaders) => void;
		const guarded: typeof callback = (error, pushed, sent) => {
			if (pushed !== undefined && pushed !== null) guardStream(pushed, { ...requestHeaders, ":path": String(headers[":path"] ?? "") }, compiled);
			callback(error, pushed, sent);
		};
		return Reflect.apply(pushStream, stream, [headers, ...rest, guarded]);
	}) as typeof pushStream;
}

/** A header object of HTTP/2, whose names may come in any case. */
function recordStore(headers: OutgoingHttpHeaders): HeaderStore {
	const keyOf = (name: string): string => Object.keys(headers).find((key) => key.toLowerCase() === name.toLowerCase()) ?? name.toLowerCase();
	return {
		getHeader: (name) => headers[keyOf(name)],
		setHeader(name, value) {
			headers[keyOf(name)] = value as string | string[];
		},
		removeHeader(name) {
			delete headers[keyOf(name)];
		},
	};
}
