import { array, assert, nat, property, record, string } from "fast-check";
import MagicString from "magic-string";
import { expect, test } from "vitest";
import { applyEdits, type Edit } from "../../../src/cli/migrate/edits.ts";
import { runs } from "../../support/runs.ts";

const edit = (start: number, end: number, text = ""): Edit => ({ start, end, text });

test.each<readonly [what: string, edits: readonly Edit[], result: string]>([
	["nothing", [], "0123456789"],
	["a replacement", [edit(2, 4, "ab")], "01ab456789"],
	["a removal of everything", [edit(0, 10)], ""],
	["edits in the wrong order", [edit(8, 10, "b"), edit(0, 1, "a")], "a1234567b"],
	["edits side by side", [edit(2, 4, "a"), edit(4, 6, "b")], "01ab6789"],
	["insertions at one place, in their order", [edit(3, 3, "a"), edit(3, 3, "b")], "012ab3456789"],
	["an insertion before a replacement, whichever comes first", [edit(3, 5, "b"), edit(3, 3, "a")], "012ab56789"],
	["an insertion after a replacement", [edit(3, 5, "a"), edit(5, 5, "b")], "012ab56789"],
	["an edit inside of a later one", [edit(3, 4, "a"), edit(4, 4, "b"), edit(2, 6, "c")], "01c6789"],
	["an edit of the same place again", [edit(3, 4, "a"), edit(3, 4, "b")], "012b456789"],
])("%s", (_what, edits, result) => {
	expect(applyEdits("0123456789", edits)).toBe(result);
});

test.each([
	["half of a later edit", [edit(2, 5), edit(4, 7)]],
	["inside of an earlier edit", [edit(2, 6), edit(3, 4)]],
	["an insertion inside of an earlier edit", [edit(2, 6), edit(3, 3, "a")]],
])("%s is refused", (_what, edits) => {
	expect(() => applyEdits("0123456789", edits)).toThrow("two edits overlap");
});

test("edits that do not overlap come to what magic-string makes of them", () => {
	assert(
		property(array(record({ gap: nat(3), length: nat(4), text: string() }), { maxLength: 8 }), (given) => {
			const text = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ012345678901234567890123456789";
			const edits: Edit[] = [];
			for (const { gap, length, text: code } of given) {
				const start = (edits.at(-1)?.end ?? 0) + gap;
				edits.push({ start, end: start + length, text: code });
			}
			const expected = new MagicString(text);
			for (const { start, end, text: code } of edits) {
				if (start === end) expected.appendLeft(start, code);
				else expected.overwrite(start, end, code);
			}
			expect(applyEdits(text, edits)).toBe(expected.toString());
		}),
		{ numRuns: runs(2000) },
	);
});
