import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
// biome-ignore lint/suspicious/noTsIgnore: not an error where Express's types are not installed, and none where they are.
// @ts-ignore
import type { Request as ExpressRequest, Response as ExpressResponse } from "express";

export type Request = IncomingMessage | Http2ServerRequest;
export type Response = ServerResponse | Http2ServerResponse;

/**
 * A function that is asked in each request, at once or asynchronously. Its parameters are Express's where Express's types are
 * installed, and Node's elsewhere. Declared as a method, so that one which names the types of another framework is taken as well.
 */
export type RequestFunction<Result> = {
	ask(req: Known<FrameworkRequest, Request>, res: Known<FrameworkResponse, Response>): Result | PromiseLike<Result>;
}["ask"];

/** The same where it is called, whose types know no framework. */
export type FrameworklessFunction<Result> = { ask(req: Request, res: Response): Result | PromiseLike<Result> }["ask"];

/** What cannot be resolved has no members, so that these are empty where Express's types are not installed. */
interface FrameworkRequest extends ExpressRequest {}
interface FrameworkResponse extends ExpressResponse {}

type Known<Type, Otherwise> = keyof Type extends never ? Otherwise : Type;

/** Express calls a mounted function with the request: that is no options object. */
export function isRequest(options: unknown): boolean {
	return typeof options === "object" && options !== null && "httpVersion" in options && "headers" in options && "url" in options;
}
