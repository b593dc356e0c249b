/** A line of Pug. */
export interface Line {
	/** After the indentation. */
	readonly start: number;
	/** Before the line ending. */
	readonly end: number;
	readonly indent: number;
	readonly isBlank: boolean;
}

export function linesOf(text: string): readonly Line[] {
	const lines: Line[] = [];
	let from = text.startsWith("\uFEFF") ? 1 : 0;
	for (const { 0: ending, index } of text.matchAll(/\r\n?|\n|$/g)) {
		if (index < from) continue;
		let start = from;
		while (start < index && (text[start] === " " || text[start] === "\t")) start++;
		lines.push({ start, end: index, indent: start - from, isBlank: text.slice(start, index).trim() === "" });
		from = index + ending.length;
	}
	return lines;
}

/** The index after the lines that are indented more than `indent`. Blank lines belong to the block before them. */
export function afterBlock(lines: readonly Line[], from: number, indent: number): number {
	let next = from;
	while (next < lines.length && (lines[next]?.isBlank === true || (lines[next]?.indent ?? 0) > indent)) next++;
	return next;
}

/** The index of the line that contains a position, from a line at or before it. */
export function lineAt(lines: readonly Line[], from: number, position: number): number {
	let found = from;
	while ((lines[found]?.end ?? position) < position) found++;
	return found;
}
