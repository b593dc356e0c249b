import type { randomFillSync as RandomFillSync } from "node:crypto";
import type * as Http from "node:http";
import type * as Net from "node:net";

/**
 * What the request path needs of Node, without a static import. When an ES module imports `node:http`, Node builds a namespace of it, which runs
 * its lazy getters. Since Node 22 these load undici. `node:crypto` loads Web Crypto in the same way.
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
 * Node's writeHead for HTTP/2. It is looked up when the first such response comes, because loading `node:http2` would slow down the start of every
 * process. Undefined on a runtime without HTTP/2.
 */
export function http2WriteHead(): unknown {
	return process.getBuiltinModule("node:http2")?.Http2ServerResponse?.prototype?.writeHead;
}

export type ServerResponse = Http.ServerResponse;
