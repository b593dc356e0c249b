import type { Code } from "../../core/codes.ts";
import { YEAR } from "../../core/time.ts";

/** What Strict-Transport-Security says when nothing else is asked for. */
export const DEFAULT_MAX_AGE: number = YEAR;

/** What preload lists ask for: a rule of theirs, whatever the default is. */
export const PRELOAD_MAX_AGE: number = YEAR;

const SHORT: number = 15_552_000;
const LONGEST: number = 10 * YEAR;

/** Codes of a max-age that browsers take, and that is no good. */
export type MaxAgeProblem = Extract<Code, "hsts/max-age-zero" | "hsts/max-age-short" | "hsts/max-age-under-a-year" | "hsts/max-age-excessive">;

/** What is wrong with a max-age that browsers take; undefined: nothing. */
export function maxAgeProblem(seconds: number): MaxAgeProblem | undefined {
	if (seconds === 0) return "hsts/max-age-zero";
	if (seconds < SHORT) return "hsts/max-age-short";
	if (seconds < PRELOAD_MAX_AGE) return "hsts/max-age-under-a-year";
	return seconds > LONGEST ? "hsts/max-age-excessive" : undefined;
}
