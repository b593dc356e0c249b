import { writeFileSync } from "node:fs";
import { styleText } from "node:util";
import { FORMATS, type Format, type Paint, type Report } from "../audit/formats.ts";
import type { Finding, Severity } from "../audit/rule.ts";
import { RULES } from "../audit/rules.ts";
import { didYouMean } from "../core/text.ts";
import { type Args, type Flags, UsageError } from "./args.ts";

/** What audit and check have in common. */
export const REPORT_FLAGS: Flags = {
	format: { type: "string", value: "<format>", summary: "what is written", oneOf: Object.keys(FORMATS) },
	out: { type: "string", value: "<file>", summary: "write to a file" },
	"fail-on": { type: "string", value: "<severity>", summary: "what fails: error unless you say otherwise", oneOf: ["error", "warning", "note"] },
	ignore: { type: "string", value: "<id>", summary: "a rule that does not count; may be repeated" },
	explain: { type: "string", value: "<id>", summary: "what a rule means, and nothing else" },
};

const COLOURS = { error: "red", warning: "yellow", note: "cyan", passed: "green", head: "bold" } as const;

/** Prints what `--explain` asks for; false when it does not. */
export function explained(args: Args): boolean {
	const id = args.text("explain");
	if (id === undefined) return false;
	const rule = RULES.find((one) => one.id === id);
	if (rule === undefined) throw new UsageError(unknownRule(id));
	process.stdout.write(`${rule.id} (${rule.severity})${rule.header === "" ? "" : `, ${rule.header}`}\n${rule.summary}\n${rule.link}\n`);
	return true;
}

/** Ids that do not count. @throws {UsageError} for one that no rule has. */
export function ignoredIds(args: Args): readonly string[] {
	const ids = args.all("ignore").flatMap((text) => text.split(","));
	for (const id of ids) if (!RULES.some((rule) => rule.id === id)) throw new UsageError(unknownRule(id));
	return ids;
}

function unknownRule(id: string): string {
	return `no rule has the id ${JSON.stringify(id)}.${didYouMean(
		id,
		RULES.map((rule) => rule.id),
	)}`;
}

/** Writes a report; the exit code. */
export function writeReport(report: Report, args: Args): number {
	const count = (severity: Severity): number => report.findings.filter((finding: Finding) => finding.severity === severity).length;
	const [errors, warnings, notes] = [count("error"), count("warning"), count("note")];
	const limit = args.text("fail-on") ?? "error";
	const passed = errors === 0 && (limit === "error" || warnings === 0) && (limit !== "note" || notes === 0);
	const out = args.text("out");
	const isColoured = out === undefined && process.stdout.isTTY === true && !process.env["NO_COLOR"];
	const paint: Paint = (kind, text) => (isColoured ? styleText(COLOURS[kind], text) : text);
	const text = FORMATS[(args.text("format") ?? "text") as Format](report, { passed, errors, warnings }, paint);
	if (out === undefined) process.stdout.write(text);
	else writeFile(out, text);
	return passed ? 0 : 1;
}

function writeFile(file: string, text: string): void {
	try {
		writeFileSync(file, text);
	} catch (error) {
		throw new UsageError(`${file} cannot be written: ${error instanceof Error ? error.message : String(error)}.`);
	}
}
