import { type Args, type Command, UsageError } from "../args.ts";
import { writeText } from "../output.ts";
import { FORMATS } from "./formats.ts";
import { STORE_FLAGS, storedReports } from "./stored.ts";
import { summarize } from "./summary.ts";

export const reportsCommand: Command = {
	summary: "Shows what browsers have reported: what was blocked, where, how often and when.",
	usage: "<file> [flags]",
	flags: {
		format: { type: "string", value: "<format>", summary: "output format", byDefault: "table", oneOf: Object.keys(FORMATS) },
		type: { type: "string", value: "<type>", summary: "show only reports of this type, such as csp-violation" },
		limit: { type: "string", value: "<rows>", summary: "largest number of rows", byDefault: "50" },
		...STORE_FLAGS,
	},
	notes: `<file> is the file that fileStore("reports.jsonl") of headguard/reports writes. Pages have no query. In their paths, :id replaces numbers
and identifiers. The HTML is one file without scripts. Exit code 0: the reports are shown, 2: the file cannot be read.

  headguard reports reports.jsonl --since 7d
  headguard reports reports.jsonl --format html --out reports.html`,
	async run(args) {
		const stored = await storedReports(args, "reports");
		const format = FORMATS[args.text("format") ?? "table"];
		writeText(format?.(summarize(stored, args.text("type")), stored.file, limitOf(args)) ?? "", args.text("out"));
		return 0;
	},
};

function limitOf(args: Args): number {
	const text = args.text("limit") ?? "50";
	if (!/^[1-9]\d{0,6}$/.test(text)) throw new UsageError(`--limit: received ${JSON.stringify(text)}. Use a whole number above 0.`);
	return Number(text);
}
