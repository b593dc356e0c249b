/*
 * Loaded before each file that shares its process with others: of the events of one code a process tells ten a minute, so each file has
 * minutes of its own. A clock that the file before has stopped goes on.
 */
import { vi } from "vitest";

vi.useRealTimers();

const SHIFT = Symbol.for("headguard.test.shift");
const shared = globalThis as unknown as Record<symbol, { by: number } | undefined>;
const shift = shared[SHIFT] ?? shifted();
ownMinutes();

/** For a file with many events of one code: `beforeEach(ownMinutes)`. */
export function ownMinutes(): void {
	shift.by += 120_000;
}

function shifted(): { by: number } {
	const shift = { by: 0 };
	const now = Date.now;
	Date.now = () => now() + shift.by;
	shared[SHIFT] = shift;
	return shift;
}
