import type { Edit } from "./edits.ts";
import type { Comment, Node } from "./syntax.ts";

/** A file that is being changed. */
interface Source {
	readonly text: string;
	readonly comments: readonly Comment[];
	readonly edits: Edit[];
}

/** Comments inside the replaced code that the new code does not contain. */
export function commentsIn(nodes: readonly Node[], code: string, { comments, text }: Source): readonly string[] {
	return comments
		.filter(({ start, end }) => nodes.some((node) => node.start < start && end < node.end))
		.map(({ start, end }) => text.slice(start, end))
		.filter((comment) => !code.includes(comment));
}

export function indentAt({ start }: Node, { text }: Source): string {
	return /^[\t ]*/.exec(text.slice(text.lastIndexOf("\n", start - 1) + 1))?.[0] ?? "";
}

/** The start of the comments directly before it, on lines of their own. */
export function startWithComments({ start }: Node, { comments, text }: Source): number {
	let from = start;
	for (const comment of comments.toReversed()) {
		const isNext = comment.end <= from && /^[\t ]*\r?\n?[\t ]*$/.test(text.slice(comment.end, from));
		const isOnOwnLine = text.slice(text.lastIndexOf("\n", comment.start - 1) + 1, comment.start).trim() === "";
		if (isNext && isOnOwnLine) from = comment.start;
	}
	return from;
}

/** Excludes a semicolon that guards the next line in code without semicolons. */
export function endOf({ start, end }: Node, { text }: Source): number {
	if (text[end - 1] !== ";") return end;
	const code = text.slice(start, end - 1).trimEnd();
	return text.slice(start + code.length, end).includes("\n") ? start + code.length : end;
}

/** Removes the whole line if it contains nothing else. */
export function removeLine(node: Node, work: Source): void {
	const { text, edits } = work;
	const { start } = node;
	const end = endOf(node, work);
	const from = text.lastIndexOf("\n", start - 1) + 1;
	const to = text.indexOf("\n", end) + 1 || text.length;
	const isAlone = `${text.slice(from, start)}${text.slice(end, to)}`.trim() === "";
	edits.push({ start: isAlone ? from : start, end: isAlone ? to : end, text: "" });
}
