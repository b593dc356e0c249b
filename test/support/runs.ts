const SHARE = Number(process.env["RUNS"] ?? 0.2);

/**
 * How often a property is tried: a fifth of the times that are asked of a change before it lands. `RUNS=1` tries them all, `RUNS=10` ten
 * times as many.
 */
export function runs(count: number): number {
	return Math.ceil(count * SHARE);
}
