import { styleText } from "node:util";
import { forLog } from "../../core/log.ts";

const CONTEXT = 3;

interface Line {
	readonly sign: " " | "+" | "-";
	readonly text: string;
}

/** The unified diff of a file, as `git apply` reads it. @param before Undefined for a new file. */
export function diffOf(name: string, before: string | undefined, after: string, isColoured: boolean): string {
	const paint = (colour: "red" | "green" | "cyan" | "bold", text: string): string => (isColoured ? styleText(colour, text, { validateStream: false }) : text);
	const lines = compare(linesOf(before ?? ""), linesOf(after));
	const head = [before === undefined ? "--- /dev/null" : `--- a/${forLog(name)}`, `+++ b/${forLog(name)}`].map((line) => paint("bold", line));
	const body = hunksOf(lines).flatMap(({ head: place, lines: part }) => [
		paint("cyan", place),
		...part.map(({ sign, text }) => {
			const line = `${sign}${shown(text)}`;
			return sign === " " ? line : paint(sign === "+" ? "green" : "red", line);
		}),
	]);
	return [...head, ...body, ""].join("\n");
}

/** The file may contain characters that control a terminal. */
function shown(text: string): string {
	return forLog(text.replace(/\r?\n$/, "").replace(/^\ufeff/, "")) + (text.endsWith("\n") ? "" : "\n\\ No newline at end of file");
}

function linesOf(text: string): readonly string[] {
	return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function compare(before: readonly string[], after: readonly string[]): readonly Line[] {
	let from = 0;
	while (from < before.length && from < after.length && before[from] === after[from]) from++;
	let to = 0;
	while (to < before.length - from && to < after.length - from && before.at(-1 - to) === after.at(-1 - to)) to++;
	const changed = middle(before.slice(from, before.length - to), after.slice(from, after.length - to));
	return [...signed(" ", before.slice(0, from)), ...changed, ...signed(" ", before.slice(before.length - to))];
}

function signed(sign: Line["sign"], lines: readonly string[]): readonly Line[] {
	return lines.map((text) => ({ sign, text }));
}

/** A larger table than this would need seconds. */
const MOST_CELLS = 4_000_000;

/** Lines of both sides, as their longest common subsequence leaves them. */
function middle(before: readonly string[], after: readonly string[]): readonly Line[] {
	if (before.length * after.length > MOST_CELLS) return [...signed("-", before), ...signed("+", after)];
	const common = lengthsOf(before, after);
	const signAt = (i: number, j: number): Line["sign"] => {
		if (i < before.length && before[i] === after[j]) return " ";
		return j >= after.length || (i < before.length && common(i + 1, j) >= common(i, j + 1)) ? "-" : "+";
	};
	const lines: Line[] = [];
	for (let i = 0, j = 0; i < before.length || j < after.length; ) {
		const sign = signAt(i, j);
		lines.push({ sign, text: (sign === "+" ? after[j] : before[i]) ?? "" });
		if (sign !== "+") i++;
		if (sign !== "-") j++;
	}
	return lines;
}

/** The length of the longest common subsequence from line `i` of one side and line `j` of the other. */
function lengthsOf(before: readonly string[], after: readonly string[]): (i: number, j: number) => number {
	const width = after.length + 1;
	const lengths = new Uint16Array((before.length + 1) * width);
	const at = (i: number, j: number): number => lengths[i * width + j] ?? 0;
	for (let i = before.length - 1; i >= 0; i--)
		for (let j = after.length - 1; j >= 0; j--) lengths[i * width + j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
	return at;
}

function hunksOf(lines: readonly Line[]): readonly { readonly head: string; readonly lines: readonly Line[] }[] {
	const isNear = lines.map((_, i) => lines.slice(Math.max(0, i - CONTEXT), i + CONTEXT + 1).some(({ sign }) => sign !== " "));
	const hunks: { head: string; lines: readonly Line[] }[] = [];
	for (let start = isNear.indexOf(true); start !== -1; ) {
		const end = isNear.indexOf(false, start);
		const part = lines.slice(start, end === -1 ? undefined : end);
		hunks.push({ head: `@@ ${range("-", lines, start, part)} ${range("+", lines, start, part)} @@`, lines: part });
		start = end === -1 ? -1 : isNear.indexOf(true, end);
	}
	return hunks;
}

/** `-3,7`: the number of the first line on this side, and how many there are. */
function range(sign: "-" | "+", lines: readonly Line[], start: number, part: readonly Line[]): string {
	const isHere = (line: Line): boolean => line.sign === " " || line.sign === sign;
	const before = lines.slice(0, start).filter(isHere).length;
	const count = part.filter(isHere).length;
	return `${sign}${count === 0 ? before : before + 1},${count}`;
}
