import { jsonForLog, stripControlsIn, withoutCommands } from "../../core/log.ts";
import type { Finding, Severity } from "../types.ts";
import { html } from "./html.ts";
import { type Formatter, HEADINGS, place as seenAt, sentence, titleOf, verdictLine } from "./report.ts";
import { sarif } from "./sarif.ts";
import { text } from "./text.ts";

const markdown: Formatter = ({ url, findings, grade }, verdict) => {
	const plain = (cell: string): string => cell.replace(/[\\|`<>[\]*_&]/g, (character) => `&#${character.charCodeAt(0)};`);
	const rows = findings.map(
		(finding) => `| ${[finding.severity, finding.id, titleOf(finding), finding.header, `${finding.message} (${seenAt(finding)})`].map(plain).join(" | ")} |\n`,
	);
	const table = rows.length === 0 ? "" : `| severity | rule | title | header | finding |\n| --- | --- | --- | --- | --- |\n${rows.join("")}\n`;
	const graded = grade === undefined ? "" : `Grade **${grade.letter}**, ${grade.points} of 100.\n\n`;
	return `## Security headers of ${plain(url)}\n\n${graded}${table}${verdictLine(verdict)}\n`;
};

const LEVELS: Readonly<Record<Severity, string>> = { error: "error", warning: "warning", note: "notice" };

/** A workflow command of GitHub Actions. */
function annotation(finding: Finding): string {
	const { id, severity, probe, url } = finding;
	const data = (value: string): string => value.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
	const property = (value: string): string => data(value).replaceAll(":", "%3A").replaceAll(",", "%2C");
	const [, file, line] = (probe === "edge-file" ? /^(.*):(\d+)$/s.exec(url) : null) ?? [];
	const place = file === undefined || line === undefined ? "" : `file=${property(file)},line=${line},`;
	const text = withoutCommands(`${sentence(finding)} (${seenAt(finding)})`);
	return `::${LEVELS[severity]} ${withoutCommands(place)}title=${property(`${titleOf(finding)} (${id})`)}::${data(text)}\n`;
}

const junit: Formatter = ({ url, findings }, { limit }) => {
	const worst = HEADINGS.map(([severity]) => severity);
	const isFailure = ({ severity }: Finding): boolean => worst.indexOf(severity) <= worst.indexOf(limit);
	const plain = (value: string): string =>
		// XML has no place for these, not even escaped.
		value.replace(/[\ufffe\uffff]/g, "?").replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
	const cases = findings.map((finding) => {
		const { id, severity, message, probe } = finding;
		const inner = isFailure(finding) ? `<failure message="${plain(message)}"/>` : `<system-out>${plain(`${severity}: ${message}`)}</system-out>`;
		return `\t\t<testcase classname="${plain(`headers.${probe}`)}" name="${plain(`${id}: ${titleOf(finding)}`)}">${inner}</testcase>\n`;
	});
	const count = Math.max(findings.length, 1);
	const all = findings.length === 0 ? '\t\t<testcase classname="headers" name="all rules"/>\n' : cases.join("");
	return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n\t<testsuite name="${plain(url)}" tests="${count}" failures="${findings.filter(isFailure).length}">\n${all}\t</testsuite>\n</testsuites>\n`;
};

const json: Formatter = (report, { passed }) => `${jsonForLog({ ...report, passed })}\n`;

const github: Formatter = (report, verdict) => `${stripControlsIn(report).findings.map(annotation).join("")}${verdictLine(verdict)}\n`;

/** What a report is written as. */
export type Format = "text" | "json" | "sarif" | "junit" | "github" | "markdown" | "html";

/** For people, and so for the logs of CI runners. Text that a site sends must not be a command there. */
function readable(format: Formatter): Formatter {
	return (report, verdict, paint) => withoutCommands(format(stripControlsIn(report), verdict, paint));
}

export const FORMATS: Readonly<Record<Format, Formatter>> = {
	text: readable(text),
	json,
	sarif,
	junit: readable(junit),
	github,
	markdown: readable(markdown),
	html: readable(html),
};
