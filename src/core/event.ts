import type { Code } from "./codes.ts";

/** A part of the policy that a response could not keep. Never contains a nonce, a cookie or a body. */
export interface HeadguardEvent {
	/** Stable identifier, `area/kebab-name`, as in the issues of a PolicyError. */
	readonly code: Code;
	/** The header, if the event is about one. */
	readonly header: string | undefined;
	/** The path of the request, without its query. */
	readonly path: string | undefined;
	/** What happened and what to do. */
	readonly detail: string;
	/** The number of events with this code that were withheld since the last one. */
	readonly withheld: number;
}
