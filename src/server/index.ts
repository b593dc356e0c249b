import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type { Http2SecureServer, Http2Server } from "node:http2";
import type { Server as HttpsServer } from "node:https";
import type { Socket } from "node:net";
import { PolicyError } from "../core/errors.ts";
import { show } from "../core/text.ts";
import type { SecureHeaders } from "../middleware.ts";
import { prepare } from "../response/attach.ts";
import { isNode } from "../response/fast-path/proof.ts";
import { type ResponseLike, shared, stateOf } from "../response/state.ts";
import { blockFor, headerLines, type WirePolicy, wireOf } from "../response/wire.ts";
import { guardStreams, rememberStream } from "./http2.ts";

/** A server of node:http, node:https or node:http2. */
export type NodeServer = HttpServer | HttpsServer | Http2Server | Http2SecureServer;

type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/** What is known of one protected server. */
interface Guard {
	compiled: WirePolicy;
}

/**
 * Puts the policy on the answers that no middleware sees: those that Node writes by itself (a malformed
 * request, too large headers, a missing Host, a timeout, an unknown Expect, too many requests), and
 * those that were sent before the middleware was reached (a preflight that `cors()` answered, a static file, an
 * early error). They keep their status and their connection behaviour. Without per-request values:
 * a nonce that nobody reads is not there.
 *
 * Belongs beside `app.use(headers)`, not in its place. Works before and after `listen()`, for one server and
 * until it closes; a second call swaps the policy. A `clientError` listener of the application
 * keeps its say. No prototype is patched. On Bun, 400 without a Host and 503 after `maxRequestsPerSocket` are out of reach.
 *
 * @returns the server.
 * @throws {PolicyError} `usage/no-policy` when the second argument is not what `secureHeaders()` returned.
 * @example
 * const headers = secureHeaders();
 * app.use(headers);
 * protectServer(app.listen(3000), headers);
 */
export function protectServer<Server extends NodeServer>(server: Server, headers: SecureHeaders): Server {
	if (typeof server !== "object" || server === null || typeof server.listenerCount !== "function") {
		const message = `received ${show(server)}, which is not a server. Write protectServer(app.listen(3000), headers), or give what http.createServer(app) returns.`;
		throw new PolicyError([{ code: "usage/no-server", path: "protectServer", message }]);
	}
	const compiled = wireOf(headers);
	if (compiled === undefined) {
		throw new PolicyError([
			{
				code: "usage/no-policy",
				path: "protectServer",
				message:
					"the second argument is not a middleware of secureHeaders(). Write protectServer(server, headers), with the same headers that app.use(headers) got.",
			},
		]);
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

/** Shared by the ESM and CJS copies: two listeners for broken requests would each leave the answer to the other. */
const GUARDS: WeakMap<object, Guard> = shared("headguard.guards/1", () => new WeakMap());

/** Published by Node for every HTTP/1 request, also for those that it answers itself. */
const REQUEST_START = "http.server.request.start";

interface RequestStart {
	readonly server: object;
	readonly request: IncomingMessage;
	readonly response: ServerResponse;
}

/**
 * Prepares each response before anybody else has it. The channel also sees what is never emitted as a
 * request (417, 400 without Host, 503); it is not yet stable API, so a `request` listener stands behind it.
 */
function guardResponses(server: NodeServer, guard: Guard): void {
	const onStart = (message: unknown): void => {
		const { server: source, request, response } = message as RequestStart;
		if (source !== server) return;
		rememberResponse(request.socket, response);
		prepareUnseen(request, response, guard);
	};
	// Subscribed only while the server listens: one that never does would never let go.
	if (server.listening) subscribe(REQUEST_START, onStart);
	server.on("listening", () => {
		// app.listen() may be listening already and say so only afterwards; twice would do everything twice.
		unsubscribe(REQUEST_START, onStart);
		subscribe(REQUEST_START, onStart);
	});
	server.on("close", () => unsubscribe(REQUEST_START, onStart));
	onRequest(server, (request, response) => {
		rememberStream(response);
		prepareUnseen(request, response, guard);
	});
}

/**
 * Before everybody else who listens for requests. On HTTP/2 only where somebody does: a listener makes
 * Node answer what the application may want to answer from the stream.
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
 * Bun publishes no start of a request. Its events tell of all requests but those that it answers itself for want of a Host
 * or because a connection had too many. Whoever else listens for an expectation has taken the answer over; without a
 * listener these are the answers that the server gives.
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
	prepare(request, response as ResponseLike, compiled, "guard");
}

/** Socket → responses that have not ended: pipelined requests have several. */
const UNFINISHED: WeakMap<Socket, ServerResponse[]> = shared("headguard.unfinished/1", () => new WeakMap());

function rememberResponse(socket: Socket, response: ServerResponse): void {
	const unfinished = UNFINISHED.get(socket)?.filter(({ writableEnded }) => !writableEnded) ?? [];
	unfinished.push(response);
	UNFINISHED.set(socket, unfinished);
}

/** Node's own answers to a request that cannot be read, by the code of the error. */
const CLIENT_ERRORS: ReadonlyMap<string, string> = new Map([
	["HPE_HEADER_OVERFLOW", "431 Request Header Fields Too Large"],
	["HPE_CHUNK_EXTENSIONS_OVERFLOW", "413 Payload Too Large"],
	["ERR_HTTP_REQUEST_TIMEOUT", "408 Request Timeout"],
]);

function guardClientErrors(server: HttpServer, guard: Guard): void {
	const onClientError = (error: Error & { code?: string }, socket: Socket): void => {
		// Whoever else listens has taken the answer over.
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
 * Bytes written into a response that has begun would be read as part of its body. Only the first of
 * several pipelined ones is on the wire; the others wait.
 */
function isAnswering(socket: Socket): boolean {
	return UNFINISHED.get(socket)?.find(({ writableEnded }) => !writableEnded)?.headersSent === true;
}

function rawAnswer(status: string, lines: string): string {
	return `HTTP/1.1 ${status}\r\nConnection: close\r\n${lines}\r\n`;
}

/** The header lines of the policy, where there is no request to ask for a host. */
function staticLines(compiled: WirePolicy, socket: Socket): string {
	const secure = Reflect.get(socket, "encrypted") === true;
	return headerLines(blockFor(compiled, secure, true).headers);
}
