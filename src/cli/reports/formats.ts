import { escaped, page } from "../../audit/formats/page.ts";
import { jsonForLog, stripControls, stripControlsIn, withoutCommands } from "../../core/log.ts";
import { counted, dateOf, type Row, type Summary } from "./summary.ts";

/** Formats a summary with at most `most` rows. */
export type SummaryFormat = (summary: Summary, file: string, most: number) => string;

export const FORMATS: Readonly<Record<string, SummaryFormat>> = { table: readable(table), json, html: readable(html) };

/** Removes control characters, because anyone can send reports. */
function readable(format: SummaryFormat): SummaryFormat {
	return (summary, file, most) => withoutCommands(format(stripControlsIn(summary), stripControls(file), most));
}

function table(summary: Summary, _file: string, most: number): string {
	const shown = summary.rows.slice(0, most);
	const lines = [HEADS, ...shown.map(cellsOf)];
	const widths = HEADS.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
	const text = lines.map((cells) =>
		cells
			.map((cell, column) => (column === 0 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
			.join("  ")
			.trimEnd(),
	);
	const more = summary.rows.length - shown.length;
	return [
		...(shown.length === 0 ? [] : [...text, ...(more > 0 ? [`… and ${counted(more, "more kind")}. Use --limit ${summary.rows.length} to see them.`] : []), ""]),
		...notes(summary),
		"",
	].join("\n");
}

const HEADS: readonly string[] = ["reports", "violated", "blocked", "on", "first seen (UTC)", "last seen (UTC)"];
const WIDEST = 60;

function cellsOf(row: Row): readonly string[] {
	return [String(row.count), violated(row), cut(blocked(row)), cut(pages(row)), dateOf(row.first), dateOf(row.last)];
}

function cut(text: string): string {
	return text.length > WIDEST ? `${text.slice(0, WIDEST - 1)}…` : text;
}

function violated(row: Row): string {
	const { type, directive, disposition } = row;
	const known = type === "csp-violation" ? directive || "?" : `${type} ${directive}`.trimEnd();
	const name = isRedirected(row) ? `${known}, redirected` : known;
	return disposition === "report" ? `${name} (report)` : name;
}

function blocked({ type, blocked: what, message, sample, places: [place] }: Row): string {
	// The browser reports the hash of what it has loaded. It has not blocked anything.
	if (type === "csp-hash") return [message, what].filter((text) => text !== "").join(" of ");
	const line = what === "inline" && place !== undefined && place.line > 0 ? `, line ${place.line}` : "";
	return `${what || message || "-"}${line}${sample === undefined ? "" : `: ${sample}`}`;
}

/** Whether the policy in the report allows the address. The browser then blocked the target of a redirect. */
function isRedirected({ blocked: what, policy }: Pick<Row, "blocked" | "policy">): boolean {
	return policy === "allows" && /^https?:/.test(what);
}

function pages({ pages: [first, ...others] }: Row): string {
	return `${first?.document || "?"}${others.length === 0 ? "" : ` and ${others.length} more`}`;
}

function notes({ rows, reports, first, last, dropped, unreadable }: Summary): readonly string[] {
	const head = rows.length === 0 ? "No reports." : `${counted(reports, "report")} of ${counted(rows.length, "kind")}, ${dateOf(first)} to ${dateOf(last)} UTC.`;
	const left = dropped.length === 0 ? [] : [`Left out: ${dropped.map(([why, count]) => `${why} ${count}`).join(", ")}.`];
	const redirected = rows.filter(isRedirected).reduce((total, { count }) => total + count, 0);
	const behind =
		redirected === 0
			? []
			: [
					`Redirected: in ${counted(redirected, "report")}, the policy allows the address, but not the one that it redirects to, which browsers do not report. Find it with headguard suggest --follow.`,
				];
	return [head, ...behind, ...left, ...(unreadable === 0 ? [] : [`Not reports: ${counted(unreadable, "line")} of the file.`])];
}

function json({ rows, reports, days, dropped, unreadable }: Summary): string {
	const listed = rows.map((row) => ({ ...row, first: new Date(row.first).toISOString(), last: new Date(row.last).toISOString() }));
	return `${jsonForLog({ reports, kinds: rows.length, dropped: Object.fromEntries(dropped), unreadable, days, rows: listed })}\n`;
}

function html(summary: Summary, file: string, most: number): string {
	const rows = summary.rows.slice(0, most).map(
		(row) =>
			`<tr><td>${row.count}</td><th scope="row">${escaped(violated(row))}</th><td>${escaped(blocked(row))}</td><td>${row.pages
				.slice(0, 10)
				.map(({ document, count }) => `${escaped(document || "?")} (${count})`)
				.join(
					"<br>",
				)}${row.pages.length > 10 ? `<br>and ${row.pages.length - 10} more` : ""}</td><td>${dateOf(row.first)}</td><td>${dateOf(row.last)}</td></tr>\n`,
	);
	const heads = HEADS.map((head) => `<th scope="col">${head}</th>`).join("");
	const body = `${chart(summary)}<section><h2>What was blocked</h2>
<div class="wide" tabindex="0"><table><thead><tr>${heads}</tr></thead>
<tbody>
${rows.join("")}</tbody></table></div></section>
`;
	const head = notes(summary)
		.map((note) => `<p>${escaped(note)}</p>\n`)
		.join("");
	return page({ title: `Violation reports of ${file}`, heading: "Violation reports", site: file, head, body });
}

const HEIGHT = 120;
const BAR = 14;

/** A bar for each day, without inline styles, because the policy of the page does not allow them. */
function chart({ days }: Summary): string {
	const most = Math.max(...days.map(({ count }) => count));
	if (days.length === 0 || most === 0) return "";
	const bars = days.map(({ day, count }, i) => {
		const height = count === 0 ? 0 : Math.max(1, Math.round((count / most) * HEIGHT));
		return `<rect x="${i * BAR}" y="${HEIGHT - height}" width="${BAR - 3}" height="${height}" fill="currentColor"><title>${day}: ${count}</title></rect>`;
	});
	const width = days.length * BAR;
	return `<section><h2>Reports a day</h2>
<svg role="img" aria-label="Reports a day, at most ${most}" width="${width}" height="${HEIGHT}" viewBox="0 0 ${width} ${HEIGHT}">${bars.join("")}</svg>
<p>${days[0]?.day} to ${days.at(-1)?.day}, at most ${most} a day (UTC).</p></section>
`;
}
