import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type { Http2SecureServer, Http2Server } from "node:http2";
import type { Server as HttpsServer } from "node:https";
import type { Socket } from "node:net";
import { PolicyError } from "../core/errors.ts";
import { problem, received } from "../core/issue.ts";
import type { Mounted } from "../mount.ts";
import { prepare } from "../response/attach.ts";
import { isNode } from "../response/fast-path/proof.ts";
import { type ResponseLike, shared, stateOf } from "../response/state.ts";
import { blockFor, headerLines, type WirePolicy, wireOf } from "../response/wire.ts";
import { guardStreams, rememberStream } from "./http2.ts";

/** A server of node:http, node:https or node:http2. */
export type NodeServer = HttpServer | HttpsServer | Http2Server | Http2SecureServer;

type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/** The state of one protected server. */
interface Guard {
	compiled: WirePolicy;
}

/**
 * Puts the policy on the answers that no middleware sees. Some are Node's own: to a malformed request, headers that are too large, a missing Host,
 * a timeout, an unknown Expect, or too many requests. Others are sent before the middleware is reached: a preflight that `cors()` answered, a
 * static file, an early error. They keep their status and their connection behavior. They carry no nonce, because nothing reads one.
 *
 * Use it together with `app.use(headers)`, not instead of it. It works before and after `listen()`, for one server and until that closes. A second
 * call swaps the policy. If the application has its own `clientError` listener, that listener answers. No prototype is patched. On Bun, it does not
 * reach 400 without a Host and 503 after `maxRequestsPerSocket`.
 *
 * @returns the server.
 * @throws {PolicyError} `usage/no-policy` if the second argument is not what `secureHeaders()` returned.
 * @example
 * const headers = secureHeaders();
 * app.use(headers);
 * protectServer(app.listen(3000), headers);
 */
export function protectServer<Server extends NodeServer>(server: Server, headers: Mounted): Server {
	if (typeof server !== "object" || server === null || typeof server.listenerCount !== "function") {
		const expected = "protectServer(app.listen(3000), headers), or the result of http.createServer(app)";
		throw new PolicyError([{ path: "protectServer", ...received("usage/no-server", server, "which is not a server", expected) }]);
	}
	const compiled = wireOf(headers);
	if (compiled === undefined) {
		const expected = "protectServer(server, headers), with the same headers as in app.use(headers)";
		throw new PolicyError([{ path: "protectServer", ...problem("usage/no-policy", "the second argument is not middleware of secureHeaders()", expected) }]);
	}
	const known = GUARDS.get(server);
	if (known !== undefined) {
		known.compiled = compiled;
		return server;
	}
	const guard: Guard = { compiled };
	GUARDS.set(server, guard);
	guardResponses(server, guard);
	if (!isNode() && !("updateSettings" in server)) guardUnpublished(server, guard);
	guardClientErrors(server as HttpServer, guard);
	guardStreams(server as Http2Server, guard);
	return server;
}

/** Whether protectServer was called for a server. */
export function isProtected(server: object): boolean {
	return GUARDS.has(server);
}

/** The ESM and CJS copies share it. Of two listeners for broken requests, each would leave the answer to the other. */
const GUARDS: WeakMap<object, Guard> = shared("headguard.guards/1", () => new WeakMap());

/** Node publishes it for every HTTP/1 request, also for those that it answers itself. */
const REQUEST_START = "http.server.request.start";

interface RequestStart {
	readonly server: object;
	readonly request: IncomingMessage;
	readonly response: ServerResponse;
}

/**
 * Prepares each response before other code receives it. The channel also covers answers without a `request` event (417, 400 without Host, 503). It
 * is not a stable API yet, so a `request` listener backs it up.
 */
function guardResponses(server: NodeServer, guard: Guard): void {
	const onStart = (message: unknown): void => {
		const { server: source, request, response } = message as RequestStart;
		if (source !== server) return;
		rememberResponse(request.socket, response);
		prepareUnseen(request, response, guard);
	};
	// Subscribed only while the server listens. A server that never listens would stay subscribed forever.
	if (server.listening) subscribe(REQUEST_START, onStart);
	server.on("listening", () => {
		// app.listen() may listen already and emit the event later. Two subscriptions would do everything twice.
		unsubscribe(REQUEST_START, onStart);
		subscribe(REQUEST_START, onStart);
	});
	server.on("close", () => unsubscribe(REQUEST_START, onStart));
	onRequest(server, (request, response) => {
		rememberStream(response);
		prepareUnseen(request, response, guard);
		noteEmitted(response);
	});
}

/**
 * Runs before all other `request` listeners. On HTTP/2 it is added only when there is another one: with a listener, Node answers requests that the
 * application may want to answer from the stream.
 */
function onRequest(server: NodeServer, listener: RequestListener): void {
	const listen = (): void => void server.prependListener("request", listener as never);
	if (!("updateSettings" in server) || server.listenerCount("request") > 0) {
		listen();
		return;
	}
	const onNewListener = (event: string | symbol): void => {
		if (event !== "request") return;
		server.off("newListener", onNewListener);
		listen();
	};
	server.on("newListener", onNewListener);
}

/**
 * Bun does not publish the start of a request. Its events cover all requests except those that it answers itself, because they have no Host or
 * because a connection had too many. Another listener for an expectation has taken over the answer. Without one, these are the answers that the
 * server gives.
 */
function guardUnpublished(server: HttpServer | HttpsServer, guard: Guard): void {
	const onEvent: RequestListener = (request, response) => {
		rememberResponse(request.socket, response);
		prepareUnseen(request, response, guard);
	};
	server.prependListener("request", onEvent);
	server.prependListener("checkContinue", (request: IncomingMessage, response: ServerResponse & { req: IncomingMessage }) => {
		onEvent(request, response);
		if (server.listenerCount("checkContinue") > 1) return;
		response.writeContinue();
		server.emit("request", request, response);
	});
	server.prependListener("checkExpectation", (request: IncomingMessage, response: ServerResponse) => {
		onEvent(request, response);
		if (server.listenerCount("checkExpectation") === 1) response.writeHead(417).end();
	});
}

function prepareUnseen(request: IncomingMessage, response: ServerResponse, { compiled }: Guard): void {
	if (stateOf(response) !== undefined) return;
	prepare(request, response as ResponseLike, compiled, "node");
}

/** The server emits the request, to the application or to another listener. */
function noteEmitted(response: ServerResponse): void {
	const state = stateOf(response);
	if (state?.source === "node") state.source = "guard";
}

/** Socket → responses that have not ended. Pipelined requests have several. */
const UNFINISHED: WeakMap<Socket, ServerResponse[]> = shared("headguard.unfinished/1", () => new WeakMap());

function rememberResponse(socket: Socket, response: ServerResponse): void {
	const unfinished = UNFINISHED.get(socket)?.filter(({ writableEnded }) => !writableEnded) ?? [];
	unfinished.push(response);
	UNFINISHED.set(socket, unfinished);
}

/** Node's own answers to a request that cannot be parsed, by the code of the error. */
const CLIENT_ERRORS: ReadonlyMap<string, string> = new Map([
	["HPE_HEADER_OVERFLOW", "431 Request Header Fields Too Large"],
	["HPE_CHUNK_EXTENSIONS_OVERFLOW", "413 Payload Too Large"],
	["ERR_HTTP_REQUEST_TIMEOUT", "408 Request Timeout"],
]);

function guardClientErrors(server: HttpServer, guard: Guard): void {
	const onClientError = (error: Error & { code?: string }, socket: Socket): void => {
		// Another listener has taken over the answer.
		if (server.listenerCount("clientError") > 1) return;
		if (socket.writable && !isAnswering(socket)) {
			const status = CLIENT_ERRORS.get(error.code ?? "") ?? "400 Bad Request";
			socket.write(rawAnswer(status, staticLines(guard.compiled, socket)));
		}
		socket.destroy(error);
	};
	server.on("clientError", onClientError);
}

/**
 * Bytes written into a response that has begun would be read as part of its body. Only the first of several pipelined responses is on the wire. The
 * others wait.
 */
function isAnswering(socket: Socket): boolean {
	return UNFINISHED.get(socket)?.find(({ writableEnded }) => !writableEnded)?.headersSent === true;
}

function rawAnswer(status: string, lines: string): string {
	return `HTTP/1.1 ${status}\r\nConnection: close\r\n${lines}\r\n`;
}

/** The header lines of the policy, when there is no request that names a host. */
function staticLines(compiled: WirePolicy, socket: Socket): string {
	const secure = Reflect.get(socket, "encrypted") === true;
	return headerLines(blockFor(compiled, secure, true).headers);
}
