import { isCsp } from "../../headers/facts.ts";
import { EXPLANATIONS } from "../examples/index.ts";
import type { Finding, Severity } from "../types.ts";
import { matrix } from "./html-matrix.ts";
import { escaped, page } from "./page.ts";
import { type Formatter, HEADINGS, pathOf, place, type Report, titleOf, verdictLine } from "./report.ts";

/** For those who decide and those who mend: what is wrong first, then what was sent, then how it was counted. */
export const html: Formatter = (report, verdict) =>
	page({
		title: `Security headers of ${report.url}`,
		heading: "Security headers",
		site: report.url,
		head: `${asked(report)}<p class="verdict ${verdict.passed ? "passed" : "failed"}">${verdictLine(verdict)}</p>\n`,
		body: [
			grade(report),
			...HEADINGS.map(([severity, heading]) => findingsOf(report, severity, heading)),
			areas(report),
			values(report),
			matrix(report.responses),
			estimates(report),
			ignoredSection(report),
		].join(""),
	});

function asked({ asked: given }: Report): string {
	if (given === undefined) return "";
	const { date, version, command } = given;
	const time = `${date.slice(0, 10)} ${date.slice(11, 16)} UTC`;
	return `<p class="site"><time datetime="${escaped(date)}">${escaped(time)}</time>, headguard ${escaped(version)}: <code>${escaped(command)}</code></p>\n`;
}

function grade({ grade: own, findings }: Report): string {
	const counts = HEADINGS.map(([severity, heading]) => ({ heading, count: findings.filter((one) => one.severity === severity).length }));
	const found = counts.map(({ heading, count }) => `${count} ${heading.toLowerCase().replace(/s$/, count === 1 ? "" : "s")}`).join(", ");
	if (own === undefined) return `<p>${found}.</p>\n`;
	const why = [
		...own.caps.map((cap) => `The grade is limited because ${cap}.`),
		...(own.notApplicable.length === 0 ? [] : [`Not judged: ${own.notApplicable.join(", ")}.`]),
	];
	const pages = own.pages.map(({ url, letter, points }) => `<tr><td>${escaped(url)}</td><td>${letter}</td><td>${points}</td></tr>`).join("");
	return `<section class="summary" aria-label="Grade">
<p class="grade grade-${own.letter.charAt(0).toLowerCase()}">${own.letter}</p>
<div><p><strong>${own.points}</strong> of 100 points. ${found}.</p><p>${escaped(why.join(" "))}</p>
${pages === "" ? "" : `<table><caption>Each page; the worst decides</caption><thead><tr><th>page</th><th>grade</th><th>points</th></tr></thead><tbody>${pages}</tbody></table>`}</div>
</section>
`;
}

function findingsOf({ findings }: Report, severity: Severity, heading: string): string {
	const group = findings.filter((finding) => finding.severity === severity);
	if (group.length === 0) return "";
	const list = `<ul class="findings">\n${group.map(item).join("")}</ul>\n`;
	const title = `${heading} (${group.length})`;
	// Notes are many and rarely urgent.
	if (severity === "note") return `<details class="note"><summary>${title}</summary>\n${list}</details>\n`;
	return `<section class="${severity}"><h2>${title}</h2>\n${list}</section>\n`;
}

function item(finding: Finding): string {
	const { link = "", why = "", write = "" } = EXPLANATIONS.get(finding.id) ?? {};
	const header = finding.header === "" ? "" : `<b>${escaped(finding.header)}</b> `;
	const more = finding.alsoAt.map((url) => `<p>${escaped(pathOf(url))}</p>`).join("");
	const where = escaped(place({ ...finding, alsoAt: [] }));
	return `<li><p class="id"><strong>${escaped(titleOf(finding))}</strong> <a href="${escaped(link)}">${escaped(finding.id)}</a> <span>${where}</span></p>
<p>${header}${escaped(finding.message)}</p>
${more === "" ? "" : `<details><summary>Also at ${finding.alsoAt.length} more</summary>${more}</details>\n`}<p class="why">${marked(why)}</p>
${write === "" ? "" : `<pre><code>${escaped(write)}</code></pre>\n`}</li>
`;
}

/** Text of our own, with code between backticks. */
function marked(text: string): string {
	return text
		.split("`")
		.map((part, i) => (i % 2 === 1 ? `<code>${escaped(part)}</code>` : escaped(part)))
		.join("");
}

function areas({ grade: own }: Report): string {
	if (own === undefined) return "";
	const number = (value: number): string => String(Math.round(value * 100) / 100);
	const rows = own.areas.map(
		({ name, points, most }) =>
			`<tr><th scope="row">${escaped(name)}</th><td>${number(points)} of ${most}</td><td><meter max="${most}" low="${most / 2}" high="${most * 0.75}" optimum="${most}" value="${number(points)}"></meter></td></tr>\n`,
	);
	const left = own.notApplicable.map((name) => `<tr><th scope="row">${escaped(name)}</th><td class="soft">not judged</td><td></td></tr>\n`);
	return `<section><h2>Points by area</h2>
<table class="areas"><tbody>
${[...rows, ...left].join("")}</tbody></table></section>
`;
}

/** What each page sends. */
function values({ responses }: Report): string {
	return responses
		.filter(({ probe }) => probe === "page")
		.map(({ url, status, headers }) => {
			const rows = headers.map(([name, value]) => `<tr><th scope="row">${escaped(name)}</th><td>${lines(name, value)}</td></tr>\n`);
			return `<section><h2>Headers of ${escaped(pathOf(url))} (${status})</h2>
${rows.length === 0 ? "<p>No security headers.</p>" : `<table class="values"><tbody>\n${rows.join("")}</tbody></table>`}</section>
`;
		})
		.join("");
}

/** A directive on each line. */
function lines(name: string, value: string): string {
	const parts = isCsp(name) ? value.split(/(?<=;)\s*/) : [value];
	return parts.map((part) => `<code>${escaped(part)}</code>`).join("<br>");
}

function estimates({ estimates: others }: Report): string {
	const rows = others
		.map(
			({ tool, grade: letter, score, model, notes }) =>
				`<tr><th scope="row">${tool}</th><td>${letter}${score === undefined ? "" : ` (${score})`}</td><td>by its rules of ${model}: ${escaped(notes.join("; "))}</td></tr>`,
		)
		.join("");
	return rows === ""
		? ""
		: `<details><summary>What other scanners would probably say (estimated, not asked)</summary><table><tbody>${rows}</tbody></table></details>\n`;
}

function ignoredSection({ ignored: hidden, stale }: Report): string {
	const entries = [...hidden.map(({ id, reason }) => `${id}${reason === undefined ? "" : `: ${reason}`}`), ...stale];
	return entries.length === 0 ? "" : `<section><h2>Ignored</h2><ul>${entries.map((entry) => `<li>${escaped(entry)}</li>`).join("")}</ul></section>\n`;
}
