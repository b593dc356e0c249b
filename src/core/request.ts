import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
// biome-ignore lint/suspicious/noTsIgnore: an error only if Express's types are not installed.
// @ts-ignore
import type { Request as ExpressRequest, Response as ExpressResponse } from "express";
import { PolicyError } from "./errors.ts";
import { problem } from "./issue.ts";

export type Request = IncomingMessage | Http2ServerRequest;
export type Response = ServerResponse | Http2ServerResponse;

/**
 * A function that headguard calls in each request. It can return a promise. Its parameters have Express's types if those are installed, otherwise
 * Node's. It is declared as a method, so that a function with the types of another framework also fits.
 */
export type RequestFunction<Result> = {
	ask(req: Known<FrameworkRequest, Request>, res: Known<FrameworkResponse, Response>): Result | PromiseLike<Result>;
}["ask"];

/** The same for the code that calls it, with Node's types. */
export type FrameworklessFunction<Result> = { ask(req: Request, res: Response): Result | PromiseLike<Result> }["ask"];

/** These are empty if Express's types are not installed, because an unresolved type has no members. */
interface FrameworkRequest extends ExpressRequest {}
interface FrameworkResponse extends ExpressResponse {}

type Known<Type, Otherwise> = keyof Type extends never ? Otherwise : Type;

/**
 * Refuses a call by the framework, with the request instead of options: the function was mounted instead of what it returns.
 * @throws {PolicyError} `usage/not-called`.
 */
export function refuseRequest(options: unknown, name: string, path: string, expected: string): void {
	if (!isRequest(options)) return;
	throw new PolicyError([{ path, ...problem("usage/not-called", `${name} was mounted instead of what it returns`, expected) }]);
}

function isRequest(options: unknown): boolean {
	return typeof options === "object" && options !== null && "httpVersion" in options && "headers" in options && "url" in options;
}
