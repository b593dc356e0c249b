/** New text for a part of a text. If it starts and ends at the same place, it is an insertion. */
export interface Edit {
	readonly start: number;
	readonly end: number;
	readonly text: string;
}

/** Applies all edits, in any order. An edit inside a later one is dropped. */
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

/** An insertion at the edge of another edit is not inside it. */
function isInside({ start, end }: Edit, outer: Edit): boolean {
	if (start === end) return outer.start < start && end < outer.end;
	return outer.start <= start && end <= outer.end;
}
