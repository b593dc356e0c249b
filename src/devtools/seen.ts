import type { Request, Response } from "../core/request.ts";
import { isRecord } from "../core/text.ts";
import { answer, bodyBefore, parse, readBody, refusal } from "../reports/collect/http.ts";
import { type ReportRecord, recordsOf } from "../reports/record.ts";

/** A message of the probe is never larger: it cuts nothing, but code is reported in part. */
const MOST_BYTES = 65_536;

/** Reads what the probe on a page tells. Its messages have the form of reports. */
export function createSeen(hear: (record: ReportRecord) => void): (req: Request, res: Response) => void {
	return (given, response) => {
		const [req, res] = [given as Parameters<typeof refusal>[0], response as Parameters<typeof answer>[1]];
		const end = (status: number): void => answer(req, res, status, false);
		const early = refusal(req, MOST_BYTES, false);
		if (early !== undefined) return end(early);
		const take = (message: unknown): void => {
			const records = recordsOfProbe(message);
			for (const record of records) hear(record);
			end(records.length > 0 ? 204 : 400);
		};
		const body = bodyBefore(req);
		if (Buffer.isBuffer(body)) return take(parse(body));
		if (body !== undefined) return take(body);
		return readBody(req, MOST_BYTES, (bytes) => (typeof bytes === "number" ? end(bytes) : take(parse(bytes))));
	};
}

function recordsOfProbe(message: unknown): readonly ReportRecord[] {
	if (!isRecord(message) || typeof message["type"] !== "string") return [];
	const { type, body, document } = message;
	// A popup has no report of its own. It is read like one of COOP.
	const read = recordsOf(
		{ type: type === "popup" ? "coop" : type, url: document, body: isRecord(body) ? body : {} },
		{ most: 1, samples: true, unsaid: "enforce" },
	);
	return type === "popup" ? read.map((record) => ({ ...record, type: "popup", directive: "opener" })) : read;
}
