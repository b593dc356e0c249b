import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { FORMATS, type Format } from "../../src/audit/formats/index.ts";
import type { Report } from "../../src/audit/formats/report.ts";
import { FORMATS as SUMMARIES } from "../../src/cli/reports/formats.ts";
import { summarize } from "../../src/cli/reports/summary.ts";
import { forLog, jsonForLog, stripControls, withoutCommands } from "../../src/core/log.ts";
import { show } from "../../src/core/text.ts";
import { reportLogger } from "../../src/reports/sinks/logger.ts";
import { toLogger } from "../../src/response/events.ts";
import { expectHeaders } from "../../src/testing/index.ts";
import { COMMANDS, obeyed } from "../support/runners.ts";
import { runs } from "../support/runs.ts";

/** As a value of its own, in the middle, and after a line end. */
const placed = (command: string): readonly string[] => [command, `x ${command}`, `x\n${command}`, `x\r\n  ${command}`];
const VALUES = COMMANDS.flatMap(placed);

test("what the other tests look for is there before", () => {
	for (const command of COMMANDS) expect(obeyed(`x\n${command}`), JSON.stringify(command)).not.toEqual([]);
	expect(obeyed("a :: b ## [c] -- d\n--verbose\n# [x]\n## Heading\n\ttext")).toEqual([]);
});

describe.each(VALUES.map((value) => [JSON.stringify(value), value] as const))("%s", (_name, value) => {
	test("in a text of several lines, on one line, in JSON, in a message", () => {
		expect(obeyed(forLog(value))).toEqual([]);
		expect(obeyed(withoutCommands(stripControls(value)))).toEqual([]);
		expect(obeyed(jsonForLog({ [value]: [value] }))).toEqual([]);
		expect(JSON.parse(jsonForLog({ [value]: [value] }))).toEqual({ [value]: [value] });
		expect(obeyed(show(value))).toEqual([]);
	});

	test.each(Object.keys(FORMATS) as Format[])("anywhere in a report as %s", (format) => {
		const text = FORMATS[format](reportWith(value), { passed: false, errors: 1, warnings: 1, limit: "error" }, (_kind, painted) => painted);
		expect(obeyed(text, format === "github" ? /^::(?:error|warning|notice) [^:]*::/ : undefined)).toEqual([]);
		if (format === "github") expect(text.split("\n").filter((line) => line.startsWith("::"))).toHaveLength(2);
		if (format === "json") expect(JSON.parse(text).findings[0].message).toBe(value);
		if (format === "sarif") expect(JSON.parse(text).runs[0].results[0].message.text).toContain(value);
	});

	test.each(Object.keys(SUMMARIES))("anywhere in a summary of reports as %s", (format) => {
		const cluster = {
			type: value,
			disposition: value,
			directive: value,
			blocked: value,
			document: value,
			source: value,
			line: 3,
			message: value,
			sample: value,
		};
		const clusters = [{ ...cluster, count: 2, views: 1, first: Date.UTC(2026, 10, 1), last: Date.UTC(2026, 10, 2) }] as never;
		const text = SUMMARIES[format]?.(summarize({ clusters, dropped: new Map([[value, 3]]), unreadable: 1 }, undefined), value, 10) ?? "";
		expect(text).toContain("3");
		expect(obeyed(text)).toEqual([]);
	});

	test("in what a logger gets, and in what an assertion says", () => {
		const warn = vi.fn();
		toLogger({ warn, error: warn })({ code: "override/weakens", header: "X", path: "", detail: `${value}` } as never);
		reportLogger({ warn, error: warn })({
			clusters: [
				{ type: "csp-violation", disposition: "enforce", directive: "img-src", blocked: stripControls(value), document: "", count: 1, first: 0, last: 0 },
			],
			dropped: new Map(),
		} as never);
		expect(warn).toHaveBeenCalledTimes(2);
		for (const [, text] of warn.mock.calls) expect(obeyed(text)).toEqual([]);
		let message = "";
		try {
			expectHeaders({ status: 200, headers: {}, rawHeaders: ["X-Content-Type-Options", value] });
		} catch (error) {
			message = (error as Error).message;
		}
		expect(message).toContain("X-Content-Type-Options");
		expect(obeyed(message)).toEqual([]);
	});
});

test("any text: exact in JSON, nothing to obey elsewhere, and what is harmless stays as it is", () => {
	const pieces = fc.array(
		fc.oneof(fc.constantFrom(...COMMANDS, "#", "##", "[", "::", ":", "\n", " ", "-", "--- ", "\\", '"', "\t"), fc.string({ unit: "binary" })),
	);
	fc.assert(
		fc.property(pieces, (parts) => {
			const text = parts.join("");
			expect(obeyed(forLog(text))).toEqual([]);
			expect(obeyed(jsonForLog(text))).toEqual([]);
			expect(JSON.parse(jsonForLog(text))).toBe(text);
			expect(forLog(forLog(text))).toBe(forLog(text));
		}),
		{ numRuns: runs(2000) },
	);
	const plain = "default-src 'self'; a :: b — ünïcode 漢字 😀 # [x] ## heading\n\tCamel::case --- rule\n";
	expect([forLog(plain), withoutCommands(plain)]).toEqual([plain, plain]);
});

test.each(["#", "##", "::", "\u00a0", " ", "\n", "-", "##a", "section_start", "\u001b[", "\u001b[1"])(
	"50,000 of %j take a time that grows with the length",
	(piece) => {
		const time = (length: number): number => {
			const text = piece.repeat(length / piece.length);
			const start = performance.now();
			forLog(text);
			jsonForLog(text);
			return performance.now() - start;
		};
		time(50_000);
		// Eight times as much: 64 times the time, if it were the square.
		expect(time(400_000)).toBeLessThan(40 * Math.max(time(50_000), 5));
	},
);

test("commands write through one file alone", () => {
	const files = readdirSync("src/cli", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
	const writing = files.filter((name) => /process\.std(?:out|err)\.write\((?!"")|console\./.test(readFileSync(join("src/cli", name), "utf8")));
	expect(writing).toEqual(["output.ts"]);
});

/** A report in which every text that is not ours is the value. */
function reportWith(value: string): Report {
	const finding = { covers: [value], id: "xfo/invalid", header: value, method: value, url: value, alsoAt: [value], message: value } as const;
	return {
		url: value,
		file: value,
		passed: false,
		findings: [
			{ ...finding, severity: "error", probe: "page" },
			{ ...finding, severity: "warning", probe: "edge-file", url: `${value}:7` },
		],
		ignored: [{ ...finding, severity: "note", probe: "page", reason: value }],
		stale: [value],
		grade: {
			letter: "F",
			points: 1,
			caps: [value],
			notApplicable: [value],
			pages: [{ url: value, letter: "F", points: 1 }],
			areas: [{ name: value, points: 1, most: 2 }],
			model: 2,
		},
		estimates: [{ tool: "x", grade: "F", score: 1, model: "1", notes: [value] }],
		responses: [{ probe: "page", method: value, url: value, status: 200, secure: true, sent: value, headers: [["X-Frame-Options", value]] }],
	} as never;
}
