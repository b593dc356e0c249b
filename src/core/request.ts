import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";

export type Request = IncomingMessage | Http2ServerRequest;
export type Response = ServerResponse | Http2ServerResponse;

/**
 * A function that is asked in each request, at once or asynchronously. Declared as a method, so that
 * one which names the request and response types of its framework is taken as well.
 */
export type AskedInRequest<Result> = { ask(req: Request, res: Response): Result | PromiseLike<Result> }["ask"];

/** Express calls a mounted function with the request: that is no options object. */
export function isRequest(options: unknown): boolean {
	return typeof options === "object" && options !== null && "httpVersion" in options && "headers" in options && "url" in options;
}
