import { shared } from "./state.ts";
import type { RequestLike } from "./transport.ts";

/** Requests that a middleware has found to be over http, where the connection alone is not evidence. Most applications have none. */
const PLAIN: { isUsed: boolean; readonly requests: WeakSet<object> } = shared("headguard.plain/1", () => ({ isUsed: false, requests: new WeakSet() }));

export function notePlain(req: RequestLike): void {
	PLAIN.isUsed = true;
	PLAIN.requests.add(req);
}

export function isNotedPlain(req: RequestLike): boolean {
	return PLAIN.isUsed && PLAIN.requests.has(req);
}
