import type { Response } from "../core/request.ts";
import type { FindingLog } from "./log.ts";
import type { Visits } from "./visits.ts";

/** The most pages that can be open at once. */
const MOST_OPEN = 50;
let open = 0;

interface Stream {
	write(text: string): void;
	end(text: string): void;
}

/** Half of what the page waits for. */
const BEAT = 5000;

/** How often a page learns that there were other responses. */
const PAUSE = 1000;

/** Server-sent events: each new or changed finding as JSON, and that the routes have changed. */
export function follow(res: Response, log: FindingLog, visits: Visits, boot: number): void {
	const { end, write } = res as Pick<Stream, "end" | "write">;
	if (open >= MOST_OPEN) {
		res.statusCode = 503;
		end.call(res, "Too many pages of devtools are open.\n");
		return;
	}
	open++;
	res.statusCode = 200;
	res.setHeader("Content-Type", "text/event-stream; charset=utf-8");
	res.setHeader("Cache-Control", "no-store, no-transform");
	const put = (text: string): void => write.call(res, text);
	const tell = (event: string, data: unknown): void => put(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
	// A browser that lost the server asks again after a second.
	put("retry: 1000\n\n");
	tell("hello", { boot });
	const stop = log.follow((finding) => (finding === undefined ? tell("cleared", {}) : tell("finding", finding)));
	// The page misses it when a proxy keeps the connection of a server that has ended. A process may end although a page is open.
	const beat = setInterval(() => tell("beat", {}), BEAT).unref();
	let known = newest(visits);
	const look = setInterval(() => {
		const now = newest(visits);
		if (now !== known) tell("routes", {});
		known = now;
	}, PAUSE).unref();
	res.once("close", () => {
		open--;
		clearInterval(beat);
		clearInterval(look);
		stop();
	});
}

/** The last response, as an object of its own. */
function newest(visits: Visits): unknown {
	return visits.all().at(-1);
}
