import { type Args, type Command, UsageError } from "../args.ts";
import { writeText } from "../output.ts";
import { FORMATS } from "./formats.ts";
import { STORE_FLAGS, storedReports } from "./stored.ts";
import { summarize } from "./summary.ts";

export const reportsCommand: Command = {
	summary: "Shows what browsers have reported: what was blocked, where, how often and when.",
	usage: "<file> [flags]",
	flags: {
		format: { type: "string", value: "<format>", summary: "what is written: table unless you say otherwise", oneOf: Object.keys(FORMATS) },
		type: { type: "string", value: "<type>", summary: "only reports of this type, such as csp-violation" },
		limit: { type: "string", value: "<rows>", summary: "at most so many rows: 50 unless you say otherwise" },
		...STORE_FLAGS,
	},
	notes: `<file> is what fileStore("reports.jsonl") of headguard/reports has written. Pages are without query; :id stands for numbers and
identifiers in their paths. The HTML is one file without scripts. Exit code 0: shown, 2: there is no such file.

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
	if (!/^[1-9]\d{0,6}$/.test(text)) throw new UsageError(`--limit: received ${JSON.stringify(text)}. Write a whole number above 0.`);
	return Number(text);
}
