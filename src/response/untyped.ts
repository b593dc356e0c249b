import { NAMES } from "../headers/facts.ts";
import { isHeard } from "./events.ts";
import { emitEvent, type ResponseLike, type ResponseState, shared } from "./state.ts";
import type { WirePolicy } from "./wire.ts";

/** Policies of which the event was told. One page is enough to find the cause, and a raw server has it on each. */
const TOLD: WeakSet<WirePolicy> = shared("headguard.untyped/1", () => new WeakSet());

/**
 * A head that is being written has no Content-Type. If a body follows, an event says so: `nosniff` makes browsers show a page as text,
 * and block a script or a style sheet. Without a listener nothing is looked at, so most callers ask `isHeard` first.
 */
export function watchUntyped(state: ResponseState, res: object, status: number): void {
	const { compiled, block, req } = state;
	if (!isHeard(compiled) || TOLD.has(compiled.base ?? compiled)) return;
	const mayHaveBody = status >= 200 && status < 300 && status !== 204 && status !== 205 && Reflect.get(res, "_contentLength") !== 0;
	if (!mayHaveBody || Reflect.get(req, "method") !== "GET" || !block.headers.some(({ name }) => name === NAMES.xContentTypeOptions)) return;
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
	const stream = Reflect.get(res, "stream") as object | undefined;
	// Node's own methods, by which bodies pass: a head may be written in the middle of write or end, which are too late to be watched.
	if (stream === undefined) watchOnce(res, "_send", report);
	else watchOnce(stream, "write", report);
}

function hasType(res: ResponseLike): boolean {
	try {
		return String(res.getHeader("content-type") ?? "").trim() !== "";
	} catch {
		return true;
	}
}

/** Calls back before the method is first called with a part of a body. The end of a body without a length is `0` on a line. */
function watchOnce(object: object, name: string, report: () => void): void {
	const method: unknown = Reflect.get(object, name);
	if (typeof method !== "function" || Object.hasOwn(object, name)) return;
	const watched = function (this: unknown, data: unknown, ...rest: unknown[]): unknown {
		const isBody = typeof data === "string" ? data !== "" && !data.startsWith("0\r\n") : (data as Uint8Array | undefined)?.length !== 0;
		if (isBody) {
			Reflect.deleteProperty(object, name);
			report();
		}
		return Reflect.apply(method, this, [data, ...rest]);
	};
	Object.defineProperty(object, name, { configurable: true, writable: true, value: watched });
}
