import type * as Crypto from "node:crypto";
import type * as DiagnosticsChannel from "node:diagnostics_channel";
import type * as Http from "node:http";
import type * as Http2 from "node:http2";
import type * as Net from "node:net";

/**
 * What the request path needs of Node, without a static import. When an ES module imports `node:http`, Node builds a namespace of it, which runs
 * its lazy getters. Since Node 22 these load undici. `node:crypto` loads Web Crypto in the same way.
 */
const http = builtin("node:http");

/** Replaces a class of Node on a runtime without it. Nothing is an instance of it. */
const Absent = class {} as unknown;

export const IncomingMessage = (http?.IncomingMessage ?? Absent) as typeof Http.IncomingMessage;
export const OutgoingMessage = (http?.OutgoingMessage ?? Absent) as typeof Http.OutgoingMessage;
export const ServerResponse = (http?.ServerResponse ?? Absent) as typeof Http.ServerResponse;
export const STATUS_CODES: typeof Http.STATUS_CODES = http?.STATUS_CODES ?? {};
export const validateHeaderValue = http?.validateHeaderValue as typeof Http.validateHeaderValue | undefined;
export const Socket = (builtin("node:net")?.Socket ?? Absent) as typeof Net.Socket;

/** Fills bytes from the CSPRNG of the system. On Node without Web Crypto, which takes long to load. */
export function fillRandom(bytes: Uint8Array<ArrayBuffer>): void {
	if (randomFillSync === undefined) crypto.getRandomValues(bytes);
	else randomFillSync(bytes);
}

const randomFillSync = builtin("node:crypto")?.randomFillSync;

/** A module of Node. Undefined on a runtime that has none: workers at the edge, browsers. */
export function builtin<Name extends keyof Builtins>(name: Name): Partial<Builtins[Name]> | undefined {
	return (globalThis.process as Partial<NodeJS.Process> | undefined)?.getBuiltinModule?.(name) as Builtins[Name] | undefined;
}

interface Builtins {
	readonly "node:http": typeof Http;
	readonly "node:net": typeof Net;
	readonly "node:crypto": typeof Crypto;
	readonly "node:http2": typeof Http2;
	readonly "node:diagnostics_channel": typeof DiagnosticsChannel;
}

/**
 * Node's writeHead for HTTP/2. It is looked up when the first such response comes, because loading `node:http2` would slow down the start of every
 * process. Undefined on a runtime without HTTP/2.
 */
export function http2WriteHead(): unknown {
	return builtin("node:http2")?.Http2ServerResponse?.prototype?.writeHead;
}

/** The stream below a response of the HTTP/2 compatibility API. Undefined for any other response, also where `Object.prototype` has such a name. */
export function http2Stream(res: object): object | undefined {
	const stream: unknown = Reflect.get(res, "stream");
	return typeof stream === "object" && stream !== null && typeof Reflect.get(stream, "respond") === "function" ? stream : undefined;
}

export type ServerResponse = Http.ServerResponse;
