import { type Formatter, HEADINGS, type Paint, place, type Report, sentence, verdictLine } from "./report.ts";

const WIDTH = 100;

/** For a terminal. */
export const text: Formatter = (report, verdict, paint) => {
	const groups = HEADINGS.map(([severity, heading]) => {
		const group = report.findings.filter((finding) => finding.severity === severity);
		if (group.length === 0) return "";
		const lines = group.map((finding) => `  ${paint(severity, finding.id)}  ${paint("dim", place(finding))}\n${wrapped(sentence(finding))}`);
		return `\n${paint("head", `${heading} (${group.length})`)}\n${lines.join("")}`;
	});
	return `${paint("head", report.url)}\n${summary(report, paint)}${groups.join("")}${ignoredLines(report)}\n${paint(verdict.passed ? "passed" : "error", verdictLine(verdict))}\n`;
};

function summary({ responses, grade, estimates }: Report, paint: Paint): string {
	const asked = responses.length === 0 ? "" : `${wrapped(responses.map(({ probe, status }) => `${probe} ${status}`).join(", "), "")}`;
	if (grade === undefined) return asked;
	const why = [...grade.caps.map((cap) => `capped: ${cap}`), ...grade.notApplicable.map((name) => `${name} not judged`)];
	const others = estimates.map(({ tool, grade: letter, score }) => `${tool} ${letter}${score === undefined ? "" : ` (${score})`}`);
	const pages = grade.pages.map(({ url, letter, points }) => `  ${letter.padEnd(2)} ${String(points).padStart(3)}  ${url}\n`);
	return [
		asked,
		`Grade ${paint("head", grade.letter)}, ${grade.points} of 100${why.length === 0 ? "" : ` (${why.join("; ")})`}\n`,
		pages.join(""),
		others.length === 0 ? "" : paint("dim", wrapped(`Estimated, not asked: ${others.join(", ")}`, "")),
	].join("");
}

function ignoredLines({ ignored: hidden, stale }: Report): string {
	const lines = [...hidden.map(({ id, reason }) => `  ${id}${reason === undefined ? "" : `: ${reason}`}\n`), ...stale.map((line) => `  ${line}\n`)];
	return lines.length === 0 ? "" : `\nIgnored${hidden.length === 0 ? "" : ` (${hidden.length})`}\n${lines.join("")}`;
}

/** Lines that fit a terminal. A longer word stays whole, so that you can copy it. */
export function wrapped(sentenceText: string, indent = "      "): string {
	const lines: string[] = [];
	let line = "";
	for (const word of sentenceText.split(" ")) {
		if (line !== "" && indent.length + line.length + 1 + word.length > WIDTH) {
			lines.push(line);
			line = "";
		}
		line = line === "" ? word : `${line} ${word}`;
	}
	return [...lines, line].map((one) => `${indent}${one}\n`).join("");
}
