import fc from "fast-check";
import { parseDictionary, parseItem } from "structured-headers";
import { describe, expect, test } from "vitest";
import { readDictionary, readItem } from "../../src/core/structured-reader.ts";
import { runs } from "../support/runs.ts";

function accepts(read: () => unknown): boolean {
	try {
		read();
		return true;
	} catch {
		return false;
	}
}

const SEEDS = [
	'same-origin; report-to="a"',
	"require-corp",
	"?1",
	'camera=(), geolocation=(self "https://a.example"), fullscreen=*;report-to=x',
	'default="/_reports", csp="https://r.example/"',
	"blocked-destinations=(script style), endpoints=(a)",
	"a=1, b=-1.5;x=?0;y=:aGVsbG8=:, c, d=1659578233",
	'a="x\\"y\\\\z", b=(1 2);q, b=3',
];
const PIECES = [
	...new Set(SEEDS.flatMap((seed) => seed.split(/(?<=[\s,;=()"?:])|(?=[\s,;=()"?:])/))),
	"",
	" ",
	"\t",
	",",
	";",
	"ü",
	"A",
	"1.",
	"1.2345",
	'"',
	"\\",
	"é",
	"\u0000",
];

/** A seed with pieces of others put in, left out or swapped. */
const mutated = fc
	.tuple(fc.constantFrom(...SEEDS), fc.array(fc.tuple(fc.nat(100), fc.nat(3), fc.constantFrom(...PIECES)), { maxLength: 3 }))
	.map(([seed, changes]) =>
		changes.reduce((text, [at, length, piece]) => text.slice(0, at % (text.length + 1)) + piece + text.slice((at % (text.length + 1)) + length), seed),
	);

describe("a structured field is read as a reader of RFC 9651 does", () => {
	test.each([
		["an item", readItem, parseItem],
		["a dictionary", readDictionary, parseDictionary],
	] as const)("%s", (_title, read, reference) => {
		const counts = { taken: 0, refused: 0 };
		fc.assert(
			fc.property(mutated, (text) => {
				// HTTP takes tabs off the ends of a value; the reference ignores some that are left.
				if (text.trim() !== text.replace(/^ +| +$/g, "")) return;
				const expected = accepts(() => reference(text));
				counts[expected ? "taken" : "refused"]++;
				expect(read(text) !== undefined, JSON.stringify(text)).toBe(expected);
			}),
			{ numRuns: runs(5000) },
		);
		expect(Math.min(counts.taken, counts.refused)).toBeGreaterThan(runs(500));
	});
});

test("values keep their type and lose their quotes", () => {
	expect(readItem('  "a\\"b" ')?.value).toEqual({ type: "string", text: 'a"b' });
	expect(readItem("same-origin")?.value).toEqual({ type: "token", text: "same-origin" });
	expect(readItem("a;b;c=2")?.parameters).toEqual(
		new Map([
			["b", { type: "boolean", text: "1" }],
			["c", { type: "integer", text: "2" }],
		]),
	);
	expect([...(readDictionary("a=1, b, a=2") ?? [])].map(([key]) => key)).toEqual(["a", "b"]);
	expect(readDictionary("a=1, a=2")?.get("a")).toMatchObject({ value: { text: "2" } });
	expect(readDictionary("a=(x y);q")?.get("a")).toMatchObject({ items: [{ value: { text: "x" } }, { value: { text: "y" } }] });
});

test("long and hostile texts end at once", () => {
	for (const text of ["(".repeat(100_000), '"'.repeat(100_001), `a=${"1".repeat(100_000)}`, "a;".repeat(50_000), " ".repeat(100_000), `a=${'%"%ff"'}`])
		expect(readDictionary(text)).toEqual(text.trim() === "" ? new Map() : undefined);
});
