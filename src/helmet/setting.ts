import type { IncomingMessage, ServerResponse } from "node:http";

/** What one of helmet's middlewares does to a response. */
export interface HelmetHeader {
	readonly name: string;
	/** The value to set. Undefined removes the header. If `ask` is defined, the part that needs no request. */
	readonly text: string | undefined;
	/** Returns the whole value for a request, or the error of an invalid answer. May throw, as helmet's own does. */
	readonly ask: Ask | undefined;
}

export type Ask = (req: IncomingMessage, res: ServerResponse) => string | Error;
