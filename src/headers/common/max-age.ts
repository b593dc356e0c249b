import type { Code } from "../../core/codes.ts";
import { YEAR } from "../../core/time.ts";

/** The default of Strict-Transport-Security. */
export const DEFAULT_MAX_AGE: number = YEAR;

/** The minimum of preload lists, which does not depend on our default. */
export const PRELOAD_MAX_AGE: number = YEAR;

const SHORT: number = 15_552_000;
const LONGEST: number = 10 * YEAR;

/** Codes of a max-age that is valid but not recommended. */
export type MaxAgeProblem = Extract<Code, "hsts/max-age-zero" | "hsts/max-age-short" | "hsts/max-age-under-a-year" | "hsts/max-age-excessive">;

/** The problem of a valid max-age, if it has one. */
export function maxAgeProblem(seconds: number): MaxAgeProblem | undefined {
	if (seconds === 0) return "hsts/max-age-zero";
	if (seconds < SHORT) return "hsts/max-age-short";
	if (seconds < PRELOAD_MAX_AGE) return "hsts/max-age-under-a-year";
	return seconds > LONGEST ? "hsts/max-age-excessive" : undefined;
}
