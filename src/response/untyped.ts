import { NAMES } from "../headers/facts.ts";
import { http2Stream } from "./node.ts";
import { emitEvent, type ResponseLike, type ResponseState, shared } from "./state.ts";
import type { WirePolicy } from "./wire.ts";

/** Policies that have had the event. One page is enough to find the cause, and an affected application has it on many. */
const TOLD: WeakSet<WirePolicy> = shared("headguard.untyped/1", () => new WeakSet());

/**
 * For a head without a Content-Type: emits an event if a body follows. `nosniff` makes browsers show such a page as text, and block such a
 * script or style sheet. Callers check `isHeard` first, so that nothing is looked up if nothing listens.
 */
export function watchUntyped(state: ResponseState, res: object, status: number): void {
	const { compiled, block, req } = state;
	if (TOLD.has(compiled.base ?? compiled)) return;
	const method = Reflect.get(req, "method");
	const mayHaveBody = status >= 200 && Math.floor(status / 100) !== 3 && status !== 204 && status !== 205 && Reflect.get(res, "_contentLength") !== 0;
	if (!mayHaveBody || (method !== "GET" && method !== "POST") || !block.headers.some(({ name }) => name === NAMES.xContentTypeOptions)) return;
	const report = (): void => {
		if (hasType(res as ResponseLike) || TOLD.has(compiled.base ?? compiled)) return;
		TOLD.add(compiled.base ?? compiled);
		emitEvent(
			compiled,
			req,
			"content-type/missing",
			"Content-Type",
			'the response has a body and no Content-Type, so nosniff makes browsers show a page as text, and block scripts and style sheets. Write res.setHeader("Content-Type", "text/html; charset=utf-8"), or the type that fits.',
		);
	};
	// Of errors and answers to POST, programs read most. Only a page needs the type.
	const isLookedAt = method === "GET" && status < 300 ? isBody : startsLikePage;
	const stream = http2Stream(res);
	// Methods of Node that every body passes. The head may be written within write or end, which are too late to wrap then.
	if (stream === undefined) watchOnce(res, "_send", isLookedAt, report);
	else watchOnce(stream, "write", isLookedAt, report);
}

function hasType(res: ResponseLike): boolean {
	try {
		return String(res.getHeader("content-type") ?? "").trim() !== "";
	} catch {
		return true;
	}
}

/** Undefined where it cannot be said yet. */
type Decide = (data: unknown) => boolean | undefined;

/** The end of a chunked body is a line with `0`. */
function isBody(data: unknown): boolean | undefined {
	return (typeof data === "string" ? data !== "" && !data.startsWith("0\r\n") : (data as Uint8Array | undefined)?.length !== 0) || undefined;
}

/** The size of a chunk, and the line end behind it, come before its data. */
function startsLikePage(data: unknown): boolean | undefined {
	const start = typeof data === "string" ? data.slice(0, 64) : Buffer.from((data as Uint8Array | undefined)?.subarray(0, 64) ?? []).toString("latin1");
	return /^[\da-f]*(?:\r\n)?$/i.test(start) ? undefined : /^\s*<[!a-z]/i.test(start);
}

/** Calls `report` before the first part of a body for which `decide` returns true. */
function watchOnce(object: object, name: string, decide: Decide, report: () => void): void {
	const method: unknown = Reflect.get(object, name);
	if (typeof method !== "function" || Object.hasOwn(object, name)) return;
	const watched = function (this: unknown, data: unknown, ...rest: unknown[]): unknown {
		const decision = decide(data);
		if (decision !== undefined) Reflect.deleteProperty(object, name);
		if (decision === true) report();
		return Reflect.apply(method, this, [data, ...rest]);
	};
	Object.defineProperty(object, name, { configurable: true, writable: true, value: watched });
}
