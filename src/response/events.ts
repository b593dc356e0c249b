import type { Code } from "../core/codes.ts";
import type { HeadguardEvent } from "../core/event.ts";
import { forLog } from "../core/log.ts";
import { type HeadguardLogger, logArguments } from "../core/logger.ts";
import { ignoreRejection } from "../core/text.ts";
import { builtin } from "./node.ts";

const WINDOW_MS = 60_000;
const PER_WINDOW = 10;

/** Undefined on a runtime without Node. */
const published = builtin("node:diagnostics_channel")?.channel?.("headguard");

interface Count {
	windowStart: number;
	delivered: number;
	withheld: number;
}

const counts = new Map<Code, Count>();

/**
 * Delivers an event to the diagnostics channel and to the listener of the policy. It delivers at most ten a minute for each code, so that an
 * attacker cannot fill a log. The next event says how many were withheld. Never throws.
 */
export function publish(listener: ((event: HeadguardEvent) => void) | undefined, event: Omit<HeadguardEvent, "withheld">): void {
	if (listener === undefined && published?.hasSubscribers !== true) return;
	const count = currentCount(event.code);
	if (count.delivered >= PER_WINDOW) {
		count.withheld++;
		return;
	}
	count.delivered++;
	const delivered: HeadguardEvent = Object.freeze({ ...event, withheld: count.withheld });
	count.withheld = 0;
	published?.publish(delivered);
	try {
		ignoreRejection(listener?.(delivered));
	} catch {
		// A broken logger must not break the response.
	}
}

/** Whether anything listens to events. */
export function isHeard({ onEvent }: { readonly onEvent: ((event: HeadguardEvent) => void) | undefined }): boolean {
	return onEvent !== undefined || published?.hasSubscribers === true;
}

/**
 * Returns an `onEvent` listener that writes to a logger. `attach/failed` is logged as an error, every other event as a warning. The console
 * receives a line of text and the event. Loggers like pino receive the event and a message.
 *
 * @example secureHeaders({ onEvent: toLogger(pino()) });
 */
export function toLogger(logger: HeadguardLogger): (event: HeadguardEvent) => void {
	return function logEvent(event) {
		const text = forLog(`headguard: ${event.detail} [${event.code}]`);
		const args = logArguments(logger, text, event);
		if (event.code === "attach/failed") logger.error(...args);
		else logger.warn(...args);
	};
}

const WARNED = new Set<string>();

/** A process warning, once for each text: for what a listener of the policy cannot receive, because there is no policy. */
export function warnOnce(text: string): void {
	if (WARNED.has(text)) return;
	WARNED.add(text);
	process.emitWarning(text, "HeadguardWarning");
}

function currentCount(code: Code): Count {
	const now = Date.now();
	const count = counts.get(code) ?? { windowStart: now, delivered: 0, withheld: 0 };
	// The clock may have been set back.
	if (now < count.windowStart || now - count.windowStart >= WINDOW_MS) {
		count.windowStart = now;
		count.delivered = 0;
	}
	counts.set(code, count);
	return count;
}
