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

/** A sink, and what waits for it. While it is at work it gets nothing more; what waits meanwhile has its bound. */
export interface SinkQueue {
	add(record: ReportRecord, now: number): void;
	drop(why: string, count: number): void;
	/** Hands over what waits, unless the sink is still at work. */
	flush(): void;
	/** The same when it has ended its work, and then that as well. */
	drain(): Promise<void>;
}

/** @param events `failed`: the sink did; `waiting`: it has ended, and there is more. */
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
		// Set before the sink runs, which may give its answer at once.
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
