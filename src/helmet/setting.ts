import type { IncomingMessage, ServerResponse } from "node:http";

/** What one of helmet's middlewares does to a response. */
export interface HelmetHeader {
	readonly name: string;
	/** The value to set; undefined takes the header off. Where requests are asked, the part that needs no request. */
	readonly text: string | undefined;
	/** The whole value, or what is wrong with an answer. May throw, as helmet's own does. */
	readonly ask: Ask | undefined;
}

export type Ask = (req: IncomingMessage, res: ServerResponse) => string | Error;
