/** A year of 365 days, in seconds. */
export const YEAR = 31_536_000;
