/** A year of 365 days, in seconds. */
export const YEAR = 31_536_000;

/** Whether headers accept a number as a duration: a whole number of seconds. */
export function isSeconds(value: number): boolean {
	return Number.isSafeInteger(value) && value >= 0;
}
