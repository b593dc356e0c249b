import type { AuditReport } from "./index.ts";
import type { Finding, Severity } from "./rule.ts";

/** What a report is written as. */
export type Format = "text" | "json" | "markdown" | "github" | "junit";

export interface Verdict {
	readonly passed: boolean;
	readonly errors: number;
	readonly warnings: number;
}

/** What is written; a policy without a server has no grade. */
export type Report = Omit<AuditReport, "grade"> & { readonly grade?: AuditReport["grade"] };

/** The last line of a report for people. */
function verdictLine({ passed, errors, warnings }: Verdict): string {
	return passed ? "HEADER AUDIT PASSED" : `HEADER AUDIT FAILED (${errors} errors, ${warnings} warnings)`;
}

/** Colours a text, where there are colours. */
export type Paint = (kind: Severity | "passed" | "head", text: string) => string;

export const FORMATS: Readonly<Record<Format, (report: Report, verdict: Verdict, paint: Paint) => string>> = {
	text,
	json: (report, { passed }) => `${JSON.stringify({ ...report, passed }, null, "\t")}\n`,
	markdown,
	github: ({ findings }, verdict) => `${findings.map(annotation).join("")}${verdictLine(verdict)}\n`,
	junit,
};

const HEADINGS: readonly (readonly [Severity, string])[] = [
	["error", "Errors"],
	["warning", "Warnings"],
	["note", "Notes"],
];

function text({ url, findings, responses, grade }: Report, verdict: Verdict, paint: Paint): string {
	const asked = responses.length === 0 ? "" : `${responses.map(({ probe, status }) => `${probe} ${status}`).join(", ")}\n`;
	const groups = HEADINGS.map(([severity, heading]) => {
		const group = findings.filter((finding) => finding.severity === severity);
		if (group.length === 0) return "";
		const lines = group.map(
			({ id, header, message, probe, url }) => `  ${paint(severity, id)}  ${header === "" ? "" : `${header}: `}${message}\n      ${probe} ${url}\n`,
		);
		return `\n${paint("head", `${heading} (${group.length})`)}\n${lines.join("")}`;
	});
	const graded =
		grade === undefined
			? ""
			: `Grade ${grade.letter}, ${grade.points} of 100${[...grade.caps, ...grade.notApplicable.map((name) => `${name} not judged`)].map((why) => `; ${why}`).join("")}\n`;
	return `${paint("head", url)}\n${asked}${graded}${groups.join("")}\n${paint(verdict.passed ? "passed" : "error", verdictLine(verdict))}\n`;
}

function markdown({ url, findings }: Report, verdict: Verdict): string {
	const plain = (cell: string): string => cell.replace(/[\\|`<>[\]*_&]/g, (character) => `&#${character.charCodeAt(0)};`);
	const rows = findings.map(({ id, severity, header, message, probe }) => `| ${[severity, id, header, `${message} (${probe})`].map(plain).join(" | ")} |\n`);
	const table = rows.length === 0 ? "" : `| severity | rule | header | finding |\n| --- | --- | --- | --- |\n${rows.join("")}\n`;
	return `## Security headers of ${plain(url)}\n\n${table}${verdictLine(verdict)}\n`;
}

const LEVELS: Readonly<Record<Severity, string>> = { error: "error", warning: "warning", note: "notice" };

/** A workflow command of GitHub Actions. */
function annotation({ id, severity, header, message }: Finding): string {
	const data = (value: string): string => value.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
	const property = (value: string): string => data(value).replaceAll(":", "%3A").replaceAll(",", "%2C");
	return `::${LEVELS[severity]} title=${property(id)}::${data(header === "" ? message : `${header}: ${message}`)}\n`;
}

function junit({ url, findings }: Report, { errors }: Verdict): string {
	const plain = (value: string): string =>
		// XML has no place for most control characters, not even plaind.
		value.replace(/[\p{Cc}\ufffe\uffff]/gu, "?").replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
	const cases = findings.map(({ id, severity, header, message, probe }) => {
		const inner = severity === "error" ? `<failure message="${plain(message)}"/>` : `<system-out>${plain(`${severity}: ${message}`)}</system-out>`;
		return `\t\t<testcase classname="${plain(`headers.${probe}`)}" name="${plain(header === "" ? id : `${id} ${header}`)}">${inner}</testcase>\n`;
	});
	const count = Math.max(findings.length, 1);
	const all = findings.length === 0 ? '\t\t<testcase classname="headers" name="all rules"/>\n' : cases.join("");
	return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n\t<testsuite name="${plain(url)}" tests="${count}" failures="${errors}">\n${all}\t</testsuite>\n</testsuites>\n`;
}
