import original from "helmet";
import { expect, test } from "vitest";
import exact from "../../src/helmet/exact.ts";
import kept from "../../src/helmet/index.ts";
import type { Helmet } from "../../src/helmet/types.ts";
import { randomOf } from "../soak/programs.js";
import { runs } from "../support/runs.ts";
import { type Case, makeCase, type Outcome, run } from "./cases.ts";

const helmet = original as unknown as Helmet;
const COUNT = runs(10_000);
const cases = (): Case[] => Array.from({ length: COUNT }, (_, i) => makeCase(randomOf((i + 1) * 7919)));

/** Lines in any order: where a header stands among the others means nothing. */
const sorted = (outcome: Outcome): Outcome => ({ ...outcome, before: outcome.before.toSorted(), sent: outcome.sent.toSorted() });
const lost = (mine: readonly string[], theirs: readonly string[]): string[] => theirs.filter((line) => !mine.includes(line));
const nameOf = (line: string): string => line.split(":", 1).join();
const isOfHelmet = (line: string): boolean =>
	/^(?:Content-Security|Cross-Origin|Origin-Agent|Referrer-P|Strict-T|X-(?:DNS|Download|Frame|Permitted|XSS))/i.test(line);

test(`headguard/helmet/exact does what helmet does, in ${COUNT} generated applications`, { timeout: 300_000 }, () => {
	for (const one of cases()) expect(run(exact, one), one.shown).toEqual(run(helmet, one));
});

test(`headguard/helmet differs where the documentation says so and nowhere else, in ${COUNT} generated applications`, { timeout: 300_000 }, () => {
	const counts = { same: 0, failed: 0, wiped: 0 };
	for (const one of cases()) {
		const theirs = sorted(run(helmet, one));
		const mine = sorted(run(kept, one));
		expect([mine.start, mine.log, mine.failed], one.shown).toEqual([theirs.start, theirs.log, theirs.failed]);
		const before = theirs.before.map((line) => line.toLowerCase());
		if (theirs.failed) {
			// Every header that helmet had set, the policy in the same words, and those that helmet did not come to.
			expect(
				lost(mine.sent.map(nameOf), theirs.sent.map(nameOf)).filter((name) => name !== "X-Powered-By"),
				one.shown,
			).toEqual([]);
			expect(
				lost(
					mine.sent,
					theirs.sent.filter((line) => line.startsWith("Content-Security-Policy")),
				),
				one.shown,
			).toEqual([]);
			counts.failed++;
		} else if (theirs.before.some(isOfHelmet) && !theirs.sent.some((line) => isOfHelmet(line) && before.includes(line.toLowerCase()))) {
			expect(mine.before, one.shown).toEqual(theirs.before);
			expect(lost(mine.sent, theirs.sent), one.shown).toEqual([]);
			counts.wiped++;
		} else {
			expect(mine, one.shown).toEqual(theirs);
			counts.same++;
		}
	}
	// What is compared is not all of one kind.
	expect(counts.same).toBeGreaterThan(COUNT / 2);
	expect(Math.min(counts.failed, counts.wiped)).toBeGreaterThan(COUNT / 1000);
});
