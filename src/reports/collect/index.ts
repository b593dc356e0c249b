import type { IncomingMessage, ServerResponse } from "node:http";
import { answer, bodyBefore, type ParsedRequest, parse, readBody, refusal } from "./http.ts";
import { type CollectOptions, type CollectSettings, readSettings } from "./options.ts";
import { type CollectStats, createPipeline } from "./pipeline.ts";

/** The handler that `collectReports()` returns. Mount it at the path that browsers report to. */
export interface ReportCollector {
	(req: IncomingMessage, res: ServerResponse, next?: (error?: unknown) => void): void;
	/** Returns what the collector has counted since it was created. */
	stats(): CollectStats;
	/**
	 * Passes all waiting reports to the sinks. Call it before the process ends. The promise resolves when the sinks are done, or after five
	 * seconds. It never rejects.
	 *
	 * @example process.once("SIGTERM", () => reports.flush().then(() => process.exit()));
	 */
	flush(): Promise<void>;
}

/**
 * Receives the violation reports that browsers send. Mount it at one path, before body parsers, sessions and CSRF checks. It also works
 * behind a body parser. It answers 204 and reveals nothing about what it received.
 *
 * @throws {PolicyError} with every problem of the options at once.
 * @example
 * app.use("/_reports", collectReports({ sinks: [fileStore("reports.jsonl")] }));
 * @see {@link https://www.w3.org/TR/reporting-1/}
 */
export function collectReports(options: CollectOptions): ReportCollector {
	return createCollector(readSettings(options), true);
}

/** @param isShared whether scripts of other origins may report as well. What browsers report automatically needs no CORS. */
export function createCollector(settings: CollectSettings, isShared: boolean): ReportCollector {
	const intake = createPipeline(settings);
	const refused = new Map<number, number>();
	const collector = (req: ParsedRequest, res: ServerResponse): void => {
		const end = (status: number): void => {
			if (status >= 400) refused.set(status, (refused.get(status) ?? 0) + 1);
			answer(req, res, status, isShared);
		};
		const take = (payload: unknown): void => end(payload !== undefined && intake.take(payload) > 0 ? 204 : 400);
		const read = (body: Buffer): void => (intake.affords(body.length) ? take(parse(body)) : end(204));
		const paid = (): void => {
			const body = bodyBefore(req);
			if (Buffer.isBuffer(body)) read(body);
			else if (body !== undefined) take(body);
			else readBody(req, settings.maxBytes, (bytes) => (typeof bytes === "number" ? end(bytes) : read(bytes)));
		};
		const early = refusal(req, settings.maxBytes, isShared);
		if (early !== undefined) end(early);
		else if (intake.admits()) paid();
		else end(204);
	};
	return Object.assign(collector, { stats: () => ({ ...intake.stats(), refused: new Map(refused) }), flush: intake.flush });
}
