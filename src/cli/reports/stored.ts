import { statSync } from "node:fs";
import { readStore, type StoredReports } from "../../reports/index.ts";
import { type Args, UsageError } from "../args.ts";

/** The flags of commands that read a file of reports. */
export const STORE_FLAGS = {
	since: { type: "string", value: "<when>", summary: "use only reports seen since then: 7d, 12h or 2026-11-01" },
	out: { type: "string", value: "<file>", summary: "write to a file" },
} as const;

/**
 * Reads the reports of the file that a command names.
 * @throws {UsageError} if the file cannot be read.
 */
export async function storedReports(args: Args, command: string): Promise<StoredReports & { readonly file: string }> {
	const [file, ...more] = args.positionals;
	if (file === undefined || more.length > 0)
		throw new UsageError(`one file is needed: the one that fileStore("reports.jsonl") writes. Run headguard ${command} reports.jsonl.`);
	const since = sinceOf(args.text("since"));
	try {
		if (statSync(file).isDirectory()) throw new UsageError(`${file} is a folder. Use the path of a file in it.`);
		const { clusters, ...rest } = await readStore(file);
		if (clusters.length === 0 && rest.dropped.size === 0 && rest.unreadable > 0)
			throw new UsageError(`${file} is not a file of reports: none of its lines is a report.`);
		return { ...rest, file, clusters: clusters.filter(({ last }) => last >= since) };
	} catch (error) {
		if (error instanceof UsageError) throw error;
		throw new UsageError(
			`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}. Use the path of the file that fileStore(…) writes in your application.`,
		);
	}
}

const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000 };

function sinceOf(text: string | undefined): number {
	if (text === undefined) return 0;
	const [, count, unit = ""] = /^(\d{1,6})([hd])$/.exec(text) ?? [];
	if (count !== undefined) return Date.now() - Number(count) * (UNITS[unit] ?? 0);
	const date = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
	if (Number.isNaN(date)) throw new UsageError(`--since: received ${JSON.stringify(text)}. Write 7d, 12h or 2026-11-01.`);
	return date;
}
