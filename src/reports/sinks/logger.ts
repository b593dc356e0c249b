import { withoutCommands } from "../../core/log.ts";
import { type HeadguardLogger, logArguments } from "../../core/logger.ts";
import type { ReportBatch, ReportCluster } from "../cluster.ts";
import { sinkFactory } from "./factory.ts";
import type { ReportSink } from "./queue.ts";
import { requireMethod } from "./require.ts";

/** Lines for one batch. A flood of reports must not fill the log. */
const MOST_LINES = 20;

/**
 * Creates a sink for a logger. It logs a warning for each thing that was blocked, the most frequent first. Each batch gives at most twenty
 * warnings, and one more that counts the rest. The console receives a line of text and the data. Other loggers, such as pino, receive the data
 * and a message.
 *
 * @throws {PolicyError} for a value that is not a logger.
 * @example collectReports({ sinks: [reportLogger(pino())] });
 */
export const reportLogger: (logger: HeadguardLogger) => ReportSink = /* @__PURE__ */ sinkFactory(function reportLogger(logger) {
	requireMethod(logger, "warn", "reportLogger", "a logger such as console or pino()");
	return function logReports({ clusters }: ReportBatch) {
		const frequent = [...clusters].sort((a, b) => b.count - a.count);
		for (const cluster of frequent.slice(0, MOST_LINES)) {
			const data = { ...cluster, first: new Date(cluster.first).toISOString(), last: new Date(cluster.last).toISOString() };
			logger.warn(...logArguments(logger, sentence(cluster), data));
		}
		const rest = frequent.slice(MOST_LINES);
		if (rest.length > 0) {
			const reports = rest.reduce((sum, { count }) => sum + count, 0);
			logger.warn(...logArguments(logger, `headguard: ${rest.length} more kinds of reports`, { kinds: rest.length, reports }));
		}
	};
});

function sentence({ type, disposition, directive, blocked, document, count }: ReportCluster): string {
	const what = blocked === "" ? "" : `: ${blocked}`;
	return withoutCommands(
		`headguard: ${type} of ${directive || "?"}${what} on ${document || "?"}, ${count === 1 ? "once" : `${count} times`}${disposition === "report" ? ", reported only" : ""}`,
	);
}
