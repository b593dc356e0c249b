import { stripControls } from "../../core/log.ts";
import { type Piece, readTemplate } from "../../templates/index.ts";
import { templatesIn } from "../template-files.ts";
import { HEAD } from "./evidence.ts";
import type { Change } from "./types.ts";

/** Names the file and line of each change that a template contains. What templates compute is compared up to its first expression. */
export function withPlaces(changes: readonly Change[], folder: string): readonly Change[] {
	const pieces = [...templatesIn(folder, undefined, [])].flatMap(({ file, language, text }) => readTemplate(text, language).map((piece) => ({ file, piece })));
	return changes.map((change) => {
		const found = pieces.filter(({ piece }) => KINDS[change.kind].includes(piece.kind) && isCodeOf(piece, change.head));
		// A piece with more literal text says more.
		const most = Math.max(...found.map(({ piece }) => beginningOf(piece).length));
		const places = found.filter(({ piece }) => beginningOf(piece).length === most).map(({ file, piece }) => `${file}:${piece.line}`);
		return places.length === 0 ? change : { ...change, places };
	});
}

const KINDS: Readonly<Record<Change["kind"], readonly Piece["kind"][]>> = {
	nonce: ["script", "style"],
	handler: ["handler"],
	javascript: ["javascript-url"],
	style: ["style", "style-attribute"],
	eval: [],
	code: [],
	host: [],
};

function beginningOf({ text, start }: Piece): string {
	return stripControls((text ?? start).trimStart().slice(0, HEAD));
}

function isCodeOf(piece: Piece, head: string): boolean {
	const beginning = beginningOf(piece);
	if (beginning === "" || head === "") return false;
	return piece.text === undefined ? head.startsWith(beginning.trimEnd()) : beginning.trimEnd() === head.trimEnd();
}
