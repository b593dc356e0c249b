/** A file of the project, with `/` between folders, relative to the working directory. */
export interface Place {
	readonly file: string;
	/** From 1. 0 if it is not known. */
	readonly line: number;
	readonly column: number;
}

/** A line to write (`+`), one to take away (`-`), or one that explains. */
export interface FixLine {
	readonly sign: "+" | "-" | " ";
	readonly text: string;
}

/** A header before and after a change of the policy. */
export interface Change {
	readonly header: string;
	readonly before: string;
	readonly after: string;
}

/** What to do about something that a browser refused. */
export interface Advice {
	/** What was refused, in a few words. */
	readonly title: string;
	readonly place: Place | undefined;
	readonly fix: readonly FixLine[];
	/** Why the browser refused it, or why this is the fix. */
	readonly why: string;
	/** What the fix also allows. Undefined if it allows nothing else. */
	readonly opens: string | undefined;
	/** The change of the policy, if the fix is one. */
	readonly change: Change | undefined;
}

/** One thing to know, however often it happened. */
export interface Finding extends Advice {
	/** The same for the same thing, also after a restart. */
	readonly id: string;
	/** `blocked`: by a browser. `reported`: it would be, if the policy were enforced. `event`: from the library. `warning`: about the policy. */
	readonly kind: "blocked" | "reported" | "event" | "warning";
	/** The directive, the feature, the header or the code. */
	readonly rule: string;
	/** The path of the page. Empty if it concerns none. */
	readonly page: string;
	readonly count: number;
	/** Milliseconds since 1970. */
	readonly last: number;
}
