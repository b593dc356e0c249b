import { webAddress } from "../../core/address.ts";
import type { AuditReport } from "../index.ts";
import type { Finding, Severity } from "../types.ts";

export interface Verdict {
	readonly passed: boolean;
	readonly errors: number;
	readonly warnings: number;
	/** What makes it fail: this, and what is worse. */
	readonly limit: Severity;
}

/** What is written; a policy without a server has no grade. */
export type Report = Omit<AuditReport, "grade"> & {
	readonly grade?: AuditReport["grade"];
	/** The file of a repository that the findings belong to. */
	readonly file: string;
};

/** Colours a text, where there are colours. */
export type Paint = (kind: Severity | "passed" | "head" | "dim", text: string) => string;

/** Writes a report. */
export type Formatter = (report: Report, verdict: Verdict, paint: Paint) => string;

/** The last line of a report for people. */
export function verdictLine({ passed, errors, warnings }: Verdict): string {
	return passed ? "HEADER AUDIT PASSED" : `HEADER AUDIT FAILED (${errors} errors, ${warnings} warnings)`;
}

export const HEADINGS: readonly (readonly [Severity, string])[] = [
	["error", "Errors"],
	["warning", "Warnings"],
	["note", "Notes"],
];

/** What people read of a finding: the header, and what is wrong. */
export function sentence({ header, message }: Finding): string {
	return header === "" ? message : `${header}: ${message}`;
}

/** The path alone, as all is about one site; a name that is no address as it is. */
export function pathOf(url: string): string {
	const address = webAddress(url);
	return address === undefined ? url : `${address.pathname}${address.search}`;
}

/** Where a finding was seen. */
export function place({ probe, method, url, alsoAt }: Finding): string {
	const more = alsoAt.length === 0 ? "" : ` and ${alsoAt.length} more`;
	// A policy, and a line of a file, were not asked for.
	if (probe === "policy" || probe === "edge-file") return `${pathOf(url)}${more}`;
	return `${probe}: ${method} ${pathOf(url)}${more}`;
}
