import type { Code } from "./codes.ts";

/** Something that could not be kept on one response. Never holds a nonce, a cookie or a body. */
export interface HeadguardEvent {
	/** Stable identifier, `area/kebab-name`, of the same vocabulary as the issues of a PolicyError. */
	readonly code: Code;
	/** The header concerned, if one is. */
	readonly header: string | undefined;
	/** The path of the request, without its query. */
	readonly path: string | undefined;
	/** What happened and what to do, in one sentence. */
	readonly detail: string;
	/** How many events of this code were withheld since the last one that was delivered. */
	readonly withheld: number;
}
