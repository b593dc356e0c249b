import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { estimatesOf } from "../../src/audit/estimates/index.ts";
import { digestOf, exchangesOf, IN_LINE } from "../support/observatory.ts";
import { plausibleSite } from "../support/plausible-sites.ts";
import { runs } from "../support/runs.ts";

/**
 * The score of each site by the scanner: algorithm 4 by its package, then 6 by the same with the differences of its published source.
 * See scripts/observatory.ts.
 */
const RECORDED = readFileSync("test/golden/observatory.txt", "utf8")
	.trim()
	.split("\n")
	.slice(0, runs(100))
	.map((line) => line.split(" "));

const SCORES = RECORDED.flatMap(([, ...scores]) => scores);

test("the recording is of these sites", () => {
	expect(RECORDED.map((_, line) => digestOf(line))).toEqual(RECORDED.map(([digest]) => digest));
	expect(SCORES).toHaveLength(RECORDED.length * IN_LINE);
});

test("the estimate has the score of the scanner on 99 of 100 sites, in both algorithms", { timeout: 120_000 }, () => {
	const wrong = { four: 0, six: 0 };
	for (const [number, recorded] of SCORES.entries()) {
		const [four, six] = estimatesOf(exchangesOf(plausibleSite(number))).map(({ score }) => String(score));
		const [scoreOfFour, scoreOfSix] = recorded.split("/");
		if ((four ?? "-") !== scoreOfFour) wrong.four++;
		if ((six ?? "-") !== scoreOfSix) wrong.six++;
	}
	expect(1 - wrong.four / SCORES.length).toBeGreaterThanOrEqual(0.99);
	expect(1 - wrong.six / SCORES.length).toBeGreaterThanOrEqual(0.99);
});

test("the sites are of many kinds", () => {
	const share = (is: (score: string) => boolean): number => SCORES.filter(is).length / SCORES.length;
	// No score has a fifth of them, and the good marks count on a good part.
	for (const score of new Set(SCORES)) expect(share((one) => one === score)).toBeLessThan(0.2);
	expect(new Set(SCORES).size).toBeGreaterThan(100);
	expect(share((score) => Number(score.split("/")[0]) >= 100)).toBeGreaterThan(0.1);
});
