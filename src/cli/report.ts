import { relative } from "node:path";
import { styleText } from "node:util";
import { explain } from "../audit/formats/explain.ts";
import { FORMATS, type Format } from "../audit/formats/index.ts";
import type { Paint, Report } from "../audit/formats/report.ts";
import { type Ignore, problemOf } from "../audit/ignore.ts";
import { RULES } from "../audit/judge.ts";
import type { Severity } from "../audit/types.ts";
import { didYouMean } from "../core/text.ts";
import { type Args, type Flags, UsageError } from "./args.ts";
import { CONFIG_FLAG, type Config } from "./config.ts";
import { print, writeText } from "./output.ts";
import { version } from "./version.ts";

const SEVERITIES = ["error", "warning", "note"];

/** The flags of both audit and check. */
export const REPORT_FLAGS: Flags = {
	format: { type: "string", value: "<format>", summary: "the format of the report", byDefault: "text", oneOf: Object.keys(FORMATS) },
	out: { type: "string", value: "<file>", summary: "write to a file" },
	"fail-on": { type: "string", value: "<severity>", summary: "the severity that fails", byDefault: "error", oneOf: SEVERITIES },
	ignore: { type: "string", value: "<id[:path]>", summary: 'ignore a finding; "id reason until 2027-01-31" says why and how long; can be repeated' },
	config: CONFIG_FLAG,
	explain: { type: "string", value: "<id>", summary: "only explain a rule, with a bad and a good example" },
};

const COLOURS = { error: "red", warning: "yellow", note: "cyan", passed: "green", head: "bold", dim: "dim" } as const;

/** Prints the rule that `--explain` names. Returns false without that flag. */
export function explained(args: Args): boolean {
	const id = args.text("explain");
	if (id === undefined) return false;
	const rule = RULES.find((one) => one.id === id);
	if (rule === undefined) {
		const ids = RULES.map((one) => one.id);
		throw new UsageError(`no rule has the id ${JSON.stringify(id)}.${didYouMean(id, ids)}`);
	}
	print(explain(rule));
	return true;
}

/** Ignored findings, from flags and file. @throws {UsageError} for an invalid entry. */
export function ignoresOf(args: Args, { ignore, file }: Config): readonly Ignore[] {
	const flags = args.all("ignore").map(readIgnore);
	const entries = [...flags.map((entry) => ({ entry, where: "--ignore" })), ...ignore.map((entry) => ({ entry, where: file ?? "" }))];
	const problems = entries.flatMap(({ entry, where }) => {
		const problem = problemOf(entry);
		return problem === undefined ? [] : [`${where}: ${problem}`];
	});
	if (problems.length > 0) throw new UsageError(problems.join("\n  "));
	return entries.map(({ entry }) => entry);
}

/** `id` or `id:/path`, then after a space a reason, which may end in `until 2027-01-31`. */
function readIgnore(text: string): Ignore {
	const [, head = "", rest = ""] = /^(\S*)\s*(.*)$/s.exec(text.trim()) ?? [];
	const [, id = head, path] = /^([^:]*):(.*)$/s.exec(head) ?? [];
	const [, reason = "", until] = /^(.*?)[\s,]*(?:\buntil\s+(\S+))?$/s.exec(rest) ?? [];
	return { id, path, until, reason: reason === "" ? undefined : reason };
}

/** Writes a report and returns the exit code. */
export function writeReport(report: Omit<Report, "file">, file: string, command: string, args: Args, config: Config): number {
	const count = (severity: Severity): number => report.findings.filter((finding) => finding.severity === severity).length;
	const [errors, warnings, notes] = [count("error"), count("warning"), count("note")];
	const limit = args.text("fail-on") ?? config.failOn ?? "error";
	if (!SEVERITIES.includes(limit)) throw new UsageError(`${config.file}: failOn: write ${SEVERITIES.join(", ")}.${didYouMean(limit, SEVERITIES)}`);
	const passed = errors === 0 && (limit === "error" || warnings === 0) && (limit !== "note" || notes === 0);
	const out = args.text("out");
	const isColoured = out === undefined && process.stdout.isTTY === true && !process.env["NO_COLOR"];
	const paint: Paint = (kind, text) => (isColoured ? styleText(COLOURS[kind], text) : text);
	const format = (args.text("format") ?? "text") as Format;
	const asked = { date: new Date().toISOString(), version: version(), command: commandLine(command, args) };
	const text = FORMATS[format]({ ...report, file: relative(process.cwd(), file), asked }, { passed, errors, warnings, limit: limit as Severity }, paint);
	writeText(text, out);
	return passed ? 0 : 1;
}

/** Flags that say only how a report is written. */
const UNSHOWN = ["out", "format", "explain"];

/** A command as a report shows it: without the values of request headers, and without what URLs may hide. */
function commandLine(name: string, { positionals, given }: Args): string {
	const flags = given
		.filter(([flag]) => !UNSHOWN.includes(flag))
		.map(([flag, value]) => (value === true ? `--${flag}` : `--${flag} ${quoted(flag === "header" ? `${value.split(":", 1)[0]}: …` : withoutSecrets(value))}`));
	return ["headguard", name, ...positionals.map((text) => quoted(withoutSecrets(text))), ...flags].join(" ");
}

/** User, password and query of a URL or path. */
function withoutSecrets(text: string): string {
	return text.replace(/^(https?:\/\/)[^/?#]*@/i, "$1").replace(/\?.*$/s, "?…");
}

function quoted(text: string): string {
	return /^[\w./:@…?-]+$/.test(text) ? text : JSON.stringify(text);
}
