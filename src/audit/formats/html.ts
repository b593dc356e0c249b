import { NAMES } from "../../headers/facts.ts";
import { EXPLANATIONS } from "../examples/index.ts";
import { type Finding, type Severity, valuesOf } from "../types.ts";
import { escaped, page } from "./page.ts";
import { type Formatter, HEADINGS, pathOf, place, type Report, titleOf, verdictLine } from "./report.ts";

export const html: Formatter = (report, verdict) =>
	page({
		title: `Security headers of ${report.url}`,
		heading: "Security headers",
		site: report.url,
		head: `<p class="verdict ${verdict.passed ? "passed" : "failed"}">${verdictLine(verdict)}</p>\n`,
		body: `${grade(report)}${HEADINGS.map(([severity, heading]) => findingsOf(report, severity, heading)).join("")}${matrix(report)}${ignoredSection(report)}`,
	});

function grade({ grade: own, estimates }: Report): string {
	if (own === undefined) return "";
	const why = [...own.caps.map((cap) => `Capped: ${cap}.`), ...own.notApplicable.map((name) => `Not judged: ${name}.`)];
	const pages = own.pages.map(({ url, letter, points }) => `<tr><td>${escaped(url)}</td><td>${letter}</td><td>${points}</td></tr>`).join("");
	const others = estimates
		.map(
			({ tool, grade: letter, score, model, notes }) =>
				`<tr><th scope="row">${tool}</th><td>${letter}${score === undefined ? "" : ` (${score})`}</td><td>rules of ${model}: ${escaped(notes.join("; "))}</td></tr>`,
		)
		.join("");
	return `<section class="summary" aria-label="Grade">
<p class="grade grade-${own.letter.charAt(0).toLowerCase()}">${own.letter}</p>
<div><p><strong>${own.points}</strong> of 100, model ${own.model}. ${escaped(why.join(" "))}</p>
${pages === "" ? "" : `<table><caption>Each page</caption><thead><tr><th>page</th><th>grade</th><th>points</th></tr></thead><tbody>${pages}</tbody></table>`}</div>
</section>
${others === "" ? "" : `<details><summary>What other scanners would probably say</summary><table><tbody>${others}</tbody></table></details>\n`}`;
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
	const link = EXPLANATIONS.get(finding.id)?.link ?? "";
	const header = finding.header === "" ? "" : `<b>${escaped(finding.header)}</b> `;
	return `<li><p class="id"><strong>${escaped(titleOf(finding))}</strong> <a href="${escaped(link)}">${escaped(finding.id)}</a> <span>${escaped(place(finding))}</span></p><p>${header}${escaped(finding.message)}</p></li>\n`;
}

/** The columns of the matrix: short name → header. */
const COLUMNS: readonly (readonly [string, string])[] = [
	["CSP", NAMES.contentSecurityPolicy],
	["HSTS", NAMES.strictTransportSecurity],
	["Framing", NAMES.xFrameOptions],
	["Sniffing", NAMES.xContentTypeOptions],
	["Referrer", NAMES.referrerPolicy],
	["Permissions", NAMES.permissionsPolicy],
	["Opener", NAMES.crossOriginOpenerPolicy],
	["Resource", NAMES.crossOriginResourcePolicy],
];

/** Which response has which header. */
function matrix({ responses }: Report): string {
	if (responses.length === 0) return "";
	const rows = responses.map((response) => {
		const cells = COLUMNS.map(([, name]) => {
			const values = valuesOf({ fields: response.headers }, name);
			const title = escaped(`${name}: ${values.join(" | ") || "absent"}`);
			return values.length === 0
				? `<td class="absent" title="${title}">absent</td>`
				: `<td class="${values.length > 1 ? "twice" : "set"}" title="${title}">${values.length > 1 ? `${values.length} times` : "set"}</td>`;
		});
		return `<tr><th scope="row">${response.probe}<span>${escaped(`${response.method} ${pathOf(response.url)}`)}</span></th><td>${response.status}</td>${cells.join("")}</tr>\n`;
	});
	const heads = COLUMNS.map(([short, name]) => `<th scope="col" title="${name}">${short}</th>`).join("");
	return `<section><h2>Responses and their headers</h2>
<div class="wide" tabindex="0"><table class="matrix"><thead><tr><th scope="col">response</th><th scope="col">status</th>${heads}</tr></thead>
<tbody>
${rows.join("")}</tbody></table></div></section>
`;
}

function ignoredSection({ ignored: hidden, stale }: Report): string {
	const lines = [...hidden.map(({ id, reason }) => `${id}${reason === undefined ? "" : `: ${reason}`}`), ...stale];
	return lines.length === 0 ? "" : `<section><h2>Ignored</h2><ul>${lines.map((line) => `<li>${escaped(line)}</li>`).join("")}</ul></section>\n`;
}
