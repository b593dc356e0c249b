import type { Linted } from "../../../../src/edge/lint/index.ts";

/**
 * A way in which people write a configuration. Words in capitals stand for what only a test knows: LISTEN (the port of the server), APP (that of an
 * application which sends the headers of APP_HEADERS), BARE (of one that sends none), DEAD (of one that is down), FCGI (the first one, by FastCGI),
 * FOLDER (where the files are).
 */
export interface Shape {
	readonly server: Linted;
	readonly what: string;
	readonly text: string;
	/** Further files, by their path in FOLDER. */
	readonly files?: Readonly<Record<string, string>>;
	/** What the check finds: the rule and the line. A question mark: under a condition. */
	readonly lints: readonly string[];
	/** How many lines of X-Frame-Options the real server sends: the path, with a host before it where it is not app.example, and with the status that the server sends. */
	readonly sent: Readonly<Record<string, number>>;
	/** Why the real server cannot be asked. */
	readonly notRun?: string;
}

/** What the application sends on each response, also on its 404 for /missing. */
export const APP_HEADERS: Readonly<Record<string, string>> = {
	"X-Frame-Options": "SAMEORIGIN",
	"X-Content-Type-Options": "nosniff",
	"Content-Security-Policy": "default-src 'self'",
	"Strict-Transport-Security": "max-age=1",
};

export type Case = readonly [what: string, text: string, lints: readonly string[], sent: Readonly<Record<string, number>>, more?: Partial<Shape>];

export function shapesOf(server: Linted, cases: readonly Case[]): readonly Shape[] {
	return cases.map(([what, text, lints, sent, more]) => ({ server, what, text, lints, sent, ...more }));
}
