import type { randomFillSync as RandomFillSync } from "node:crypto";
import type * as Http from "node:http";
import type * as Net from "node:net";

/**
 * What the request path needs of Node, taken without a static import. An ES module that imports `node:http` makes Node build a
 * namespace of it, which runs its lazy getters; from Node 22 on they load undici. `node:crypto` loads Web Crypto in the same way.
 */
const http = process.getBuiltinModule("node:http");

export const IncomingMessage: typeof Http.IncomingMessage = http.IncomingMessage;
export const OutgoingMessage: typeof Http.OutgoingMessage = http.OutgoingMessage;
export const ServerResponse: typeof Http.ServerResponse = http.ServerResponse;
export const STATUS_CODES: typeof Http.STATUS_CODES = http.STATUS_CODES;
export const validateHeaderValue: typeof Http.validateHeaderValue = http.validateHeaderValue;
export const Socket: typeof Net.Socket = process.getBuiltinModule("node:net").Socket;
export const randomFillSync: typeof RandomFillSync = process.getBuiltinModule("node:crypto").randomFillSync;

/**
 * Node's writeHead for HTTP/2, looked up when there is such a response: loading `node:http2` would cost every process its
 * start. Undefined on a runtime that has none.
 */
export function http2WriteHead(): unknown {
	return process.getBuiltinModule("node:http2")?.Http2ServerResponse?.prototype?.writeHead;
}

export type ServerResponse = Http.ServerResponse;
