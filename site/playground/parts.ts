/** The parts of the result. */
import type { Finding } from "../../src/audit/types.ts";
import type { PolicyIssue } from "../../src/core/issue.ts";
import { h, visible } from "./dom.ts";
import type { HelmetInput } from "./helmet.ts";
import type { HeaderView, Judged } from "./judge.ts";

export function summaryPart({ grade, findings, issues, isRefused, headers, others }: Judged): HTMLElement {
	if (isRefused) return h("p", { class: "verdict bad" }, `secureHeaders() refuses these options: ${counted(issues.length, "problem")}.`);
	const worst = findings.filter(({ severity }) => severity !== "note").length;
	const rest = others === 0 ? "" : ` ${counted(others, "other header")} ${others === 1 ? "is" : "are"} not shown.`;
	const about = `${counted(headers.length, "header")}, ${counted(worst, "finding")}, ${counted(issues.length, "warning")}.${rest}`;
	return h(
		"p",
		{ class: `verdict ${worst === 0 ? "good" : "fair"}` },
		grade === undefined ? undefined : h("strong", { class: "grade" }, grade.letter),
		h("span", {}, about, grade !== undefined && grade.caps.length > 0 ? ` Not better, because ${grade.caps.join("; ")}.` : ""),
	);
}

export function issuesPart({ issues, isRefused }: Judged, base: string): HTMLElement | undefined {
	if (issues.length === 0) return undefined;
	const rows = issues.map((issue) => issueRow(issue, base));
	return section(isRefused ? "Problems" : "Warnings", h("ul", {}, rows));
}

function issueRow({ code, path, message }: PolicyIssue, base: string): HTMLElement {
	const link = h("a", { href: `${base}codes.html#${code.replaceAll("/", "")}` }, code);
	return h("li", {}, h("code", {}, visible(path, 200)), ": ", visible(message, 600), " ", link);
}

export function headersPart({ headers }: Judged): HTMLElement | undefined {
	if (headers.length === 0) return undefined;
	const text = headers.map(({ name, value }) => `${name}: ${value}`).join("\n");
	return section("Headers", h("pre", { tabindex: "0", "aria-label": "Headers" }, visible(text, 20_000)));
}

export function wordsPart({ headers }: Judged, base: string): HTMLElement | undefined {
	if (headers.length === 0) return undefined;
	return section("What it allows", ...headers.map((header) => headerWords(header, base)));
}

function headerWords({ name, value, means, page, policies }: HeaderView, base: string): HTMLElement {
	const heading = h("h3", {}, h("a", { href: `${base}${page.slice(1)}` }, name));
	if (policies.length === 0) return h("div", { class: "words" }, heading, h("p", {}, h("code", {}, visible(value, 300)), " ", means));
	const lists = policies.map((directives) =>
		h(
			"ul",
			{},
			directives.map(({ name: directive, sentence, sources }) => {
				const rows = sources.map(({ text, means: about, ignored }) =>
					h("li", {}, h("code", {}, visible(text, 200)), " ", visible(about, 400), ignored === undefined ? undefined : h("em", {}, ` ${ignored}`)),
				);
				const summary = h("summary", {}, visible(sentence, 600), " ", h("code", {}, visible(directive, 100)));
				return h(
					"li",
					{},
					rows.length === 0 ? h("p", {}, visible(sentence, 600), " ", h("code", {}, visible(directive, 100))) : h("details", {}, summary, h("ul", {}, rows)),
				);
			}),
		),
	);
	return h("div", { class: "words" }, heading, h("p", {}, means), ...lists);
}

export function findingsPart({ findings }: Judged, base: string): HTMLElement | undefined {
	if (findings.length === 0) return undefined;
	return section(
		"Findings of the audit",
		h(
			"ul",
			{ class: "findings" },
			findings.map((finding) => findingRow(finding, base)),
		),
	);
}

function findingRow({ id, severity, header, message }: Finding, base: string): HTMLElement {
	const link = h("a", { href: `${base}rules.html#${id.replaceAll("/", "")}` }, id);
	return h("li", { class: severity }, h("span", { class: "severity" }, severity), " ", header === "" ? "" : `${header}: `, visible(message, 800), " ", link);
}

export function filesPart({ proxy: { files, notes } }: Judged): HTMLElement | undefined {
	if (files.length === 0 && notes.length === 0) return undefined;
	const all = files.map(({ target, text }) =>
		h("details", {}, h("summary", {}, target), h("pre", { tabindex: "0", "aria-label": `Configuration of ${target}` }, visible(text, 50_000))),
	);
	const about = all.length === 0 ? "A proxy cannot send these headers." : "The same headers, if a proxy sends them. The command writes whole servers.";
	return section(
		"For a proxy",
		h("p", {}, about),
		...(notes.length === 0 ? [] : [h("ul", {}, ...notes.map((note) => h("li", {}, visible(note, 600))))]),
		...all,
	);
}

export function listPart(title: string, lines: readonly string[]): HTMLElement | undefined {
	return lines.length === 0
		? undefined
		: section(
				title,
				h(
					"ul",
					{},
					lines.map((line) => h("li", {}, visible(line, 600))),
				),
			);
}

export function codePart(title: string, code: string | undefined): HTMLElement | undefined {
	return code === undefined ? undefined : section(title, h("pre", { tabindex: "0", "aria-label": title }, visible(code, 20_000)));
}

/** Each header that is another than with helmet. */
export function changesPart(helmet: HelmetInput | undefined, base: string): HTMLElement | undefined {
	if (helmet === undefined) return undefined;
	const lists = helmet.changes.flatMap(({ when, headers }) => [
		...(when === "" ? [] : [h("p", {}, `If ${visible(when, 200)}:`)]),
		h(
			"ul",
			{},
			headers.map(({ name, before, after }) => h("li", {}, h("strong", {}, visible(name, 100)), valueRow("before", before), valueRow("after", after))),
		),
	]);
	const guide = h("a", { href: `${base}moving-from-helmet.html` }, "Moving from helmet");
	const about = h("p", {}, `Over https, compared with helmet ${helmet.version}. The command migrate writes this into your files: `, guide, ".");
	return section("What changes", about, ...lists);
}

function valueRow(label: string, value: string | undefined): HTMLElement {
	return h("div", {}, `${label}: `, value === undefined ? "not sent" : h("code", {}, visible(value, 1000)));
}

export function section(title: string, ...children: readonly (Node | string)[]): HTMLElement {
	return h("section", {}, h("h2", {}, title), ...children);
}

function counted(count: number, noun: string): string {
	return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
