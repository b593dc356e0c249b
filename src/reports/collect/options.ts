import { hostName } from "../../core/address.ts";
import { PolicyError } from "../../core/errors.ts";
import type { Issues } from "../../core/issue.ts";
import { numberReader, type Reader, readBoolean, readEach, readFields, readList, readOrThrow, readWord } from "../../core/read.ts";
import { isRequest } from "../../core/request.ts";
import { isRecord, show } from "../../core/text.ts";
import { NOISE, type NoiseRule } from "../noise.ts";
import type { ReportRecord } from "../record.ts";
import { isSinkFactory } from "../sinks/factory.ts";
import type { ReportSink } from "../sinks/queue.ts";

export interface CollectOptions {
	/** Gets the reports of each request that are no noise, one by one. What it throws, or rejects with, is counted and dropped. */
	readonly onReport?: ((records: readonly ReportRecord[]) => unknown) | undefined;
	/** Get the same counted: `fileStore(…)`, `reportLogger(…)`, `openTelemetry(…).reports`, or functions of your own. */
	readonly sinks?: readonly ReportSink[] | undefined;
	/** Seconds between two calls of a sink: 10. */
	readonly flushSeconds?: number | undefined;
	/** Different reports that are held for each sink until then: 1,000. */
	readonly maxClusters?: number | undefined;
	/** Bytes of a body: 262,144. A hundred reports, each with the whole policy, are about 45,000. */
	readonly maxBytes?: number | undefined;
	/** Reports of a body: 100. The rest is dropped. */
	readonly maxReports?: number | undefined;
	/** Reports a second, for this process: 100, with ten times as many at once. The rest is dropped. */
	readonly perSecond?: number | undefined;
	/** Hosts whose pages count, as `www.example.com`. Reports of other pages are dropped as `foreign-document`. */
	readonly hosts?: readonly string[] | undefined;
	/** What to leave out: `NOISE`. */
	readonly noise?: readonly NoiseRule[] | undefined;
	/** What reports are taken for that do not say: WebKit's. `enforce` unless you say otherwise; `report` at the path of a trial. */
	readonly disposition?: ReportRecord["disposition"] | undefined;
	/** Keep the beginning of blocked code, which may hold what visitors wrote. */
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

/** Limits that are whole numbers, each with its default and the most that makes sense. */
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
	if (isRequest(options)) {
		const message = 'collectReports was mounted instead of what it returns. Write app.use("/_reports", collectReports({ … })).';
		throw new PolicyError([{ code: "usage/not-called", path: "collectReports", message }]);
	}
	const { result } = readOrThrow("collectReports", (issues) => {
		const fields = readFields(options, NAMES, 'an options object such as { sinks: [fileStore("reports.jsonl")] }', issues);
		if (fields === undefined) return undefined;
		const limit = (name: keyof typeof LIMITS): number => fields.read(name, limitReader(LIMITS[name]), LIMITS[name][0]);
		const [onReport, sinks] = [fields.read("onReport", readOnReport, undefined), fields.read("sinks", readSinks, [])];
		if (onReport === undefined && sinks.length === 0 && issues.errorCount() === 0)
			issues.error("option/type", 'neither sinks nor onReport: every report would be lost. Write sinks: [fileStore("reports.jsonl")].');
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
	return numberReader(fits, "option/type", `. Write a whole number from 1 to ${most}, such as ${byDefault}.`);
}

const readOnReport: Reader<NonNullable<CollectSettings["onReport"]>> = (value, issues) =>
	typeof value === "function" ? (value as CollectSettings["onReport"]) : issues.type(value, "a function that takes a list of records");

const readDisposition: Reader<ReportRecord["disposition"]> = (value, issues) =>
	readWord(value, DISPOSITIONS, "option/unknown", issues, "which is no disposition");

function readSinks(value: unknown, issues: Issues): readonly ReportSink[] {
	return readEach(value, 'an array such as [fileStore("reports.jsonl")]', issues, (sink, at) => {
		if (isSinkFactory(sink)) at.error("usage/not-called", 'received a function that makes a sink. Call it, as in fileStore("reports.jsonl").');
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
	if (list?.length === 0) issues.error("option/type", 'received an empty list, which would drop every report. Write ["www.example.com"].');
	return list && new Set(readEach(list, "", issues, readHost));
}

/** As addresses have it: in lower case, in Punycode, without a port. */
function readHost(value: unknown, issues: Issues): string | undefined {
	const name = hostName(value);
	if (name !== undefined) return name;
	const address = typeof value === "string" && URL.canParse(value) ? new URL(value).hostname : "";
	issues.error("option/type", `received ${show(value)}. Write a host name such as ${show(address || "www.example.com")}, without scheme, port and wildcard.`);
	return undefined;
}
