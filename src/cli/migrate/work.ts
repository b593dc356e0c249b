import type { Mentions } from "./constants.ts";
import type { Edit } from "./edits.ts";
import type { Project } from "./elsewhere.ts";
import type { Scope } from "./evaluate.ts";
import type { Comment, Node, Place } from "./syntax.ts";
import type { Translation } from "./translate.ts";
import type { HelmetVersion } from "./versions.ts";

/** The result for one place in a file. */
export interface Finding {
	readonly line: number;
	/** The new code. Undefined if the old code was not changed. */
	readonly code: string | undefined;
	/** What is different now, or why the code was not changed. */
	readonly notes: readonly string[];
	/** What changes on the wire. Undefined if the old code was not changed. */
	readonly changes?: Translation["changes"];
}

/** Variable, as written in its assignment → the code of its value. */
export type Makers = ReadonlyMap<string, readonly string[]>;

/** What each edit needs. */
export interface Work {
	readonly name: string;
	readonly text: string;
	readonly comments: readonly Comment[];
	readonly places: readonly Place[];
	readonly mentions: Mentions;
	readonly edits: Edit[];
	readonly scope: Scope;
	readonly project: Project;
	readonly indent: string;
	/** The line ending that most lines of the file have. */
	readonly eol: string;
	readonly findings: Finding[];
	/** Understood mentions of helmet, by their start. */
	readonly done: Set<number>;
	/** Variable → the code that made it. */
	readonly made: Makers;
	readonly version: HelmetVersion;
	/** Names of new variables. */
	readonly taken: Set<string>;
}

export function leave({ findings }: Work, node: Node, why: string): void {
	const { line } = node.loc.start;
	if (!findings.some((one) => one.line === line && one.code === undefined)) findings.push({ line, code: undefined, notes: [why] });
}

/** A name that the file does not have. */
export function freeName({ text, taken }: Work): string {
	const names = ["headers", "securityHeaders", "headguardHeaders", ...Array.from({ length: 9 }, (_, i) => `securityHeaders${i + 2}`)];
	const name = names.find((one) => !taken.has(one) && !new RegExp(`\\b${one}\\b`).test(text)) ?? `secureHeadersOfApp${taken.size}`;
	taken.add(name);
	return name;
}
