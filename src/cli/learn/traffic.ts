import type { Page, Request } from "playwright-core";
import { within } from "./within.ts";

/** What a page loads. */
export interface Traffic {
	/** Waits until a page has loaded nothing for a while, and has nothing to do. @param limit the longest time. Pages that poll never rest. */
	settle(quiet: number, limit: number): Promise<void>;
}

const TICK = 25;
/** A request that takes longer is one that waits for news. */
const SLOW = 1_500;

/** Streams stay open, and tell nothing about the page. */
const STREAMS = ["eventsource", "websocket", "media", "ping"];

export function watchTraffic(page: Page): Traffic {
	/** Request → when it began. */
	const running = new Map<Request, number>();
	let last = Date.now();
	const end = (request: Request): void => {
		if (running.delete(request)) last = Date.now();
	};
	page.on("request", (request) => {
		if (STREAMS.includes(request.resourceType())) return;
		last = Date.now();
		running.set(request, last);
	});
	page.on("requestfinished", end);
	page.on("requestfailed", end);
	return {
		async settle(quiet, limit) {
			const start = Date.now();
			const isOver = (): boolean => Date.now() - start >= limit || page.isClosed();
			const rests = (): boolean => {
				const now = Date.now();
				return now - Math.max(start, last) >= quiet && ![...running.values()].some((began) => now - began < SLOW);
			};
			while (!isOver()) {
				if (rests()) {
					// A script may be about to load more.
					await within(limit - (Date.now() - start), page.evaluate(idle), undefined);
					if (rests()) return;
				}
				await new Promise((resolve) => setTimeout(resolve, TICK));
			}
		},
	};
}

/** Runs in the page. Resolves when its scripts have nothing to do and it was drawn. Pages in the background are not. */
const idle = "new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); setTimeout(resolve, 500); })";
