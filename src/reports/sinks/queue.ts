import type { ReportBatch } from "../cluster.ts";
import { createAggregate } from "../collect/aggregate.ts";
import type { ReportRecord } from "../record.ts";

/**
 * A function that receives the counted reports every few seconds. The collector waits for a promise that it returns. If it throws or rejects,
 * it receives the same reports again later, together with newer ones.
 *
 * @example async ({ clusters }) => { await database.insert(clusters); }
 */
export type ReportSink = (batch: ReportBatch) => unknown;

/** A sink with the reports that wait for it. A sink receives one batch at a time, and the number of waiting reports has a limit. */
export interface SinkQueue {
	add(record: ReportRecord, now: number): void;
	drop(why: string, count: number): void;
	/** Passes the waiting reports to the sink, unless it is still busy. */
	flush(): void;
	/** Waits until the sink is idle, then passes the waiting reports to it and waits again. */
	drain(): Promise<void>;
}

/** @param events `failed`: the sink failed. `waiting`: the sink is done, and more reports wait. */
export function createSinkQueue(
	sink: ReportSink,
	most: number,
	events: { readonly failed: (error: unknown) => void; readonly waiting: () => void },
): SinkQueue {
	const waiting = createAggregate(most);
	let working: Promise<void> | undefined;
	const hand = async (batch: ReportBatch): Promise<void> => {
		try {
			await sink(batch);
		} catch (error) {
			events.failed(error);
			waiting.restore(batch);
		}
		working = undefined;
		if (!waiting.isEmpty()) events.waiting();
	};
	const flush = (): void => {
		if (working !== undefined || waiting.isEmpty()) return;
		const batch = waiting.take();
		// Set this before the sink runs, because the sink may be done at once.
		working = Promise.resolve().then(() => hand(batch));
	};
	return {
		add: waiting.add,
		drop: waiting.drop,
		flush,
		async drain() {
			await working;
			flush();
			await working;
		},
	};
}
