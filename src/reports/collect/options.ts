import { hostName } from "../../core/address.ts";
import type { Issues } from "../../core/issue.ts";
import { numberReader, type Reader, readBoolean, readEach, readFields, readList, readOrThrow, readWord } from "../../core/read.ts";
import { refuseRequest } from "../../core/request.ts";
import { isRecord, show } from "../../core/text.ts";
import { NOISE, type NoiseRule } from "../noise.ts";
import type { ReportRecord } from "../record.ts";
import { isSinkFactory } from "../sinks/factory.ts";
import type { ReportSink } from "../sinks/queue.ts";

/** The options of `collectReports()`. It needs `sinks`, `onReport` or both. */
export interface CollectOptions {
	/**
	 * A function that receives the reports of each request, without noise and without counting equal ones together. An error that it throws or
	 * rejects with is counted in `stats().failed`, and these reports are not passed to it again.
	 *
	 * @defaultValue no function is called
	 * @example (records) => records.forEach((record) => logger.info(record))
	 */
	readonly onReport?: ((records: readonly ReportRecord[]) => unknown) | undefined;
	/**
	 * Functions that receive the same reports, with equal ones counted together: `fileStore(…)`, `reportLogger(…)`,
	 * `openTelemetry(…).reports`, or your own functions.
	 *
	 * @defaultValue []
	 * @example [fileStore("reports.jsonl"), ({ clusters }) => publish(clusters)]
	 */
	readonly sinks?: readonly ReportSink[] | undefined;
	/**
	 * Seconds between two calls of a sink. The sinks receive the first reports after the start at once.
	 * @defaultValue 10
	 */
	readonly flushSeconds?: number | undefined;
	/**
	 * The number of different reports that the collector holds for each sink between two calls. Above it, the collector drops the rarest ones
	 * and counts them as `overflow`.
	 * @defaultValue 1000
	 */
	readonly maxClusters?: number | undefined;
	/**
	 * The largest body in bytes. The collector refuses a larger one with 413. A hundred reports, each with the whole policy, take about 45,000
	 * bytes.
	 * @defaultValue 262_144
	 */
	readonly maxBytes?: number | undefined;
	/**
	 * The largest number of reports in a body. The collector drops the rest and counts them as `too-many`.
	 * @defaultValue 100
	 */
	readonly maxReports?: number | undefined;
	/**
	 * Reports per second for this process. A burst can have ten times as many. The collector drops the rest and counts them as `rate`.
	 * @defaultValue 100
	 */
	readonly perSecond?: number | undefined;
	/**
	 * Names of the hosts whose pages you want reports about. The collector drops reports about other pages and counts them as
	 * `foreign-document`.
	 *
	 * @defaultValue pages of any host
	 * @example ["example.com", "www.example.com"]
	 */
	readonly hosts?: readonly string[] | undefined;
	/**
	 * Rules that recognize noise: reports that say nothing about your site. The collector drops such reports and counts them by the `id` of the
	 * rule.
	 *
	 * @defaultValue NOISE
	 * @example [...NOISE, { id: "beta", summary: "A page of the beta site.", is: ({ document }) => document.includes("/beta/") }]
	 */
	readonly noise?: readonly NoiseRule[] | undefined;
	/**
	 * The disposition of reports that do not name one, which are those of WebKit. Write `"report"` where only a report-only policy sends
	 * reports.
	 * @defaultValue "enforce"
	 */
	readonly disposition?: ReportRecord["disposition"] | undefined;
	/**
	 * Keep the beginning of blocked code. It can contain text that visitors entered.
	 * @defaultValue false
	 */
	readonly samples?: boolean | undefined;
}

/** The options of `collectReports`, checked and complete. */
export interface CollectSettings {
	readonly onReport: ((records: readonly ReportRecord[]) => unknown) | undefined;
	readonly sinks: readonly ReportSink[];
	readonly noise: readonly NoiseRule[];
	readonly hosts: ReadonlySet<string> | undefined;
	readonly samples: boolean;
	readonly disposition: ReportRecord["disposition"];
	readonly maxBytes: number;
	readonly maxReports: number;
	readonly maxClusters: number;
	readonly perSecond: number;
	readonly flushSeconds: number;
}

/** Limits that are whole numbers, each with its default and its largest value. */
const LIMITS = {
	maxBytes: [262_144, 100_000_000],
	maxReports: [100, 1_000_000],
	maxClusters: [1000, 1_000_000],
	perSecond: [100, 10_000_000],
	flushSeconds: [10, 86_400],
} as const;

const DISPOSITIONS: readonly ReportRecord["disposition"][] = ["enforce", "report"];
const NAMES = ["onReport", "sinks", "noise", "hosts", "samples", "disposition", ...Object.keys(LIMITS)];

/** @throws {PolicyError} with every problem at once. */
export function readSettings(options: CollectOptions): CollectSettings {
	refuseRequest(options, "collectReports", "collectReports", 'app.use("/_reports", collectReports({ … }))');
	const { result } = readOrThrow("collectReports", (issues) => {
		const fields = readFields(options, NAMES, 'an options object such as { sinks: [fileStore("reports.jsonl")] }', issues);
		if (fields === undefined) return undefined;
		const limit = (name: keyof typeof LIMITS): number => fields.read(name, limitReader(LIMITS[name]), LIMITS[name][0]);
		const [onReport, sinks] = [fields.read("onReport", readOnReport, undefined), fields.read("sinks", readSinks, [])];
		if (onReport === undefined && sinks.length === 0 && issues.errorCount() === 0)
			issues.error("option/type", "without sinks and onReport, every report is lost", 'sinks: [fileStore("reports.jsonl")]');
		return {
			onReport,
			sinks,
			noise: fields.read("noise", readNoise, NOISE),
			hosts: fields.read("hosts", readHosts, undefined),
			samples: fields.read("samples", readBoolean, false),
			disposition: fields.read("disposition", readDisposition, "enforce"),
			maxBytes: limit("maxBytes"),
			maxReports: limit("maxReports"),
			maxClusters: limit("maxClusters"),
			perSecond: limit("perSecond"),
			flushSeconds: limit("flushSeconds"),
		};
	});
	return result as CollectSettings;
}

function limitReader([byDefault, most]: readonly [number, number]): Reader<number> {
	const fits = (value: number): boolean => Number.isInteger(value) && value >= 1 && value <= most;
	return numberReader(fits, "option/type", "", `a whole number from 1 to ${most}, such as ${byDefault}`);
}

const readOnReport: Reader<NonNullable<CollectSettings["onReport"]>> = (value, issues) =>
	typeof value === "function" ? (value as CollectSettings["onReport"]) : issues.type(value, "a function that takes a list of records");

const readDisposition: Reader<ReportRecord["disposition"]> = (value, issues) =>
	readWord(value, DISPOSITIONS, "option/unknown", issues, "which is not a disposition");

function readSinks(value: unknown, issues: Issues): readonly ReportSink[] {
	return readEach(value, 'an array such as [fileStore("reports.jsonl")]', issues, (sink, at) => {
		if (isSinkFactory(sink)) at.invalid("usage/not-called", sink, "which creates a sink", 'fileStore("reports.jsonl"), for example');
		else if (typeof sink === "function") return sink as ReportSink;
		else at.type(sink, "a function that takes { clusters, dropped }");
		return undefined;
	});
}

function readNoise(value: unknown, issues: Issues): readonly NoiseRule[] {
	return readEach(value, "an array of rules such as [...NOISE, { id, summary, is: (record) => … }]", issues, (rule, at) => {
		const isRule = isRecord(rule) && typeof rule["id"] === "string" && typeof rule["is"] === "function";
		return isRule ? (rule as unknown as NoiseRule) : at.type(rule, "a rule such as { id, summary, is: (record) => … }");
	});
}

function readHosts(value: unknown, issues: Issues): ReadonlySet<string> | undefined {
	const list = readList(value, 'an array of host names such as ["www.example.com"]', issues);
	if (list?.length === 0) issues.invalid("option/type", list, "which would drop every report", '["www.example.com"]');
	return list && new Set(readEach(list, "", issues, readHost));
}

/** Reads a host name as URLs have it: in lower case, in Punycode, without a port. */
function readHost(value: unknown, issues: Issues): string | undefined {
	const name = hostName(value);
	if (name !== undefined) return name;
	const address = typeof value === "string" && URL.canParse(value) ? new URL(value).hostname : "";
	return issues.invalid("option/type", value, "", `a host name such as ${show(address || "www.example.com")}, without a scheme, a port or a wildcard`);
}
