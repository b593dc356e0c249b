import { routeOf } from "../../reports/cluster.ts";

/** Pages to visit, the nearest first. Calendars and filters have links without end, so a route and a path are visited a few times only. */
export interface Queue {
	/** Adds the links of a page. */
	add(pages: readonly URL[], depth: number): void;
	next(): { readonly url: URL; readonly depth: number } | undefined;
	/** Pages that are left. */
	readonly waiting: number;
	/** Links that were left out because of a limit. */
	readonly skipped: number;
}

const PER_PATH = 3;
const PER_ROUTE = 5;

export function createQueue(first: URL, limits: { readonly depth: number; readonly pages: number }): Queue {
	const known = new Set<string>();
	const counts = new Map<string, number>();
	const waiting: { readonly url: URL; readonly depth: number }[] = [];
	let taken = 0;
	let skipped = 0;
	const count = (key: string): number => {
		const next = (counts.get(key) ?? 0) + 1;
		counts.set(key, next);
		return next;
	};
	const add = (pages: readonly URL[], depth: number): void => {
		for (const url of pages) {
			if (known.has(url.href)) continue;
			known.add(url.href);
			const address = `${url.origin}${url.pathname}`;
			const route = routeOf(address);
			const isTooMuch = depth > limits.depth || known.size > MOST_KNOWN || count(address) > PER_PATH || (route !== address && count(route) > PER_ROUTE);
			if (isTooMuch || taken + waiting.length >= limits.pages) skipped++;
			else waiting.push({ url, depth });
		}
	};
	add([first], 0);
	return {
		add,
		next() {
			const entry = waiting.shift();
			if (entry !== undefined) taken++;
			return entry;
		},
		get waiting() {
			return waiting.length;
		},
		get skipped() {
			return skipped;
		},
	};
}

/** The most addresses that are remembered. */
const MOST_KNOWN = 100_000;
