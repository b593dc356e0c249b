/** New text for a part of a text; an insertion where it starts and ends in one place. */
export interface Edit {
	readonly start: number;
	readonly end: number;
	readonly text: string;
}

/** The text with all edits, in any order. What lies inside of a later one is gone with what it was in. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
	const valid = edits.filter((edit, i) => !edits.slice(i + 1).some((later) => isInside(edit, later)));
	let done = 0;
	let result = "";
	for (const edit of valid.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
		if (edit.start < done) throw new Error("two edits overlap");
		result += text.slice(done, edit.start) + edit.text;
		done = edit.end;
	}
	return result + text.slice(done);
}

/** An insertion at the edge of another edit is beside it. */
function isInside({ start, end }: Edit, outer: Edit): boolean {
	if (start === end) return outer.start < start && end < outer.end;
	return outer.start <= start && end <= outer.end;
}
