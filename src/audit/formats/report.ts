import { webAddress } from "../../core/address.ts";
import type { AuditReport } from "../index.ts";
import { RULES } from "../judge.ts";
import type { Finding, Severity } from "../types.ts";

export interface Verdict {
	readonly passed: boolean;
	readonly errors: number;
	readonly warnings: number;
	/** The audit fails with a finding of this severity or worse. */
	readonly limit: Severity;
}

/** The content of a report. A policy without a server has no grade. */
export type Report = Omit<AuditReport, "grade"> & {
	readonly grade?: AuditReport["grade"];
	/** The file of a repository that the findings belong to. */
	readonly file: string;
	/** The command, and when it ran. */
	readonly asked?: Asked | undefined;
};

interface Asked {
	/** As ISO 8601, in UTC. */
	readonly date: string;
	/** Of headguard. */
	readonly version: string;
	/** The command without what could be secret. */
	readonly command: string;
}

/** Colours a text, where there are colours. */
export type Paint = (kind: Severity | "passed" | "head" | "dim", text: string) => string;

/** Writes a report. */
export type Formatter = (report: Report, verdict: Verdict, paint: Paint) => string;

/** The last line of a report for people. */
export function verdictLine({ passed, errors, warnings }: Verdict): string {
	return passed ? "HEADER AUDIT PASSED" : `HEADER AUDIT FAILED (${counted(errors, "error")}, ${counted(warnings, "warning")})`;
}

function counted(count: number, word: string): string {
	return `${count} ${word}${count === 1 ? "" : "s"}`;
}

export const HEADINGS: readonly (readonly [Severity, string])[] = [
	["error", "Errors"],
	["warning", "Warnings"],
	["note", "Notes"],
];

/** The text of a finding for people: the header, and what is wrong. */
export function sentence({ header, message }: Finding): string {
	return header === "" ? message : `${header}: ${message}`;
}

/** The short title of the rule that a finding comes from. */
export function titleOf(finding: Pick<Finding, "id">): string {
	return RULES.find(({ id }) => id === finding.id)?.title ?? finding.id;
}

/** Only the path, because a report is about one site. A name that is not a URL stays as it is. */
export function pathOf(url: string): string {
	const address = webAddress(url);
	// The sign for a query that is not shown.
	return address === undefined ? url : `${address.pathname}${address.search}`.replace("?%E2%80%A6", "?…");
}

/** Where a finding is. */
export function place({ probe, method, url, alsoAt }: Finding): string {
	const more = alsoAt.length === 0 ? "" : ` and ${alsoAt.length} more`;
	// A policy, and a line of a file, have no request.
	if (probe === "policy" || probe === "edge-file") return `${pathOf(url)}${more}`;
	return `${probe}: ${method} ${pathOf(url)}${more}`;
}
