import { resolve } from "node:path";
import type { ReportRecord } from "../reports/record.ts";
import { addressOf } from "../reports/suggest/replay.ts";
import { languageOf, type Piece, readTemplate } from "../templates/index.ts";
import type { Language } from "../templates/types.ts";
import { createProjectFiles, type ProjectFile } from "./files.ts";
import type { Place } from "./finding.ts";

/** Where a file of the project holds what a browser refused. */
export interface Found {
	readonly place: Place;
	/** The whole file. */
	readonly text: string;
	/** What holds it, if it is a part of a template. */
	readonly piece: Piece | undefined;
	readonly language: Language | undefined;
}

/** Looks for what a browser refused in the files of the project. */
export type FindPlace = (record: ReportRecord, folders: readonly string[], view: string | undefined) => Found | undefined;

/** @param root the folder of the project. Nothing outside of it is read. */
export function createPlaces(root: string): FindPlace {
	const filesIn = createProjectFiles(root);
	const pieces = new WeakMap<ProjectFile, readonly Piece[]>();
	const piecesOf = (file: ProjectFile): readonly Piece[] => {
		const known = pieces.get(file);
		if (known !== undefined) return known;
		const language = languageOf(file.name, file.text);
		const read = language === undefined ? [] : readTemplate(file.text, language);
		pieces.set(file, read);
		return read;
	};
	return (record, folders, view) => {
		const files = filesIn(folders.map((folder) => resolve(root, folder)));
		// The template that rendered the page comes first.
		const ordered = view === undefined ? files : [...files].sort((a, b) => Number(isView(b, view)) - Number(isView(a, view)));
		const asFound = (file: ProjectFile, piece: Piece): Found => ({
			place: { file: file.name, line: piece.line, column: piece.column },
			text: file.text,
			piece,
			language: languageOf(file.name, file.text),
		});
		const held = bestOf(ordered.flatMap((file) => piecesOf(file).map((piece) => ({ file, piece, score: scoreOf(piece, record) }))));
		if (held !== undefined) return asFound(held.file, held.piece);
		return inScript(record, files) ?? inText(record, ordered);
	};
}

function isView({ name }: ProjectFile, view: string): boolean {
	const stem = (path: string): string => path.replace(/\.[a-z]+$/i, "");
	return `/${stem(name)}`.endsWith(`/${stem(view.replaceAll("\\", "/"))}`);
}

interface Candidate {
	readonly file: ProjectFile;
	readonly piece: Piece;
	/** 0 for one that cannot be it. */
	readonly score: number;
}

/** The first of the best. */
function bestOf(candidates: readonly Candidate[]): Candidate | undefined {
	const [best] = [...candidates].sort((a, b) => b.score - a.score);
	return best !== undefined && best.score > 0 ? best : undefined;
}

function scoreOf(piece: Piece, record: ReportRecord): number {
	return piece.kind === "address" ? scoreOfAddress(piece, record.blocked) : scoreOfCode(piece, record);
}

const KINDS: ReadonlyMap<string, readonly Piece["kind"][]> = new Map([
	["script-src-elem", ["script", "javascript-url"]],
	["script-src", ["script", "javascript-url", "handler"]],
	["script-src-attr", ["handler"]],
	["style-src-elem", ["style"]],
	["style-src", ["style", "style-attribute"]],
	["style-src-attr", ["style-attribute"]],
]);

function scoreOfCode(piece: Piece, { directive, sample = "", blocked }: ReportRecord): number {
	if (blocked !== "inline" || !(KINDS.get(directive) ?? []).includes(piece.kind)) return 0;
	const [start, seen] = [oneSpace(piece.start), oneSpace(sample.replace(/…$/, ""))];
	// Without a sample, any piece without a nonce may be it.
	if (seen === "") return piece.hasNonce === true ? 0 : 1;
	const isWhole = piece.text !== undefined;
	const fits = isWhole ? oneSpace(piece.text).startsWith(seen) : start !== "" && (start.startsWith(seen) || seen.startsWith(start));
	if (!fits) return 0;
	return 10 + Math.min(start.length, seen.length) + (piece.hasNonce === true ? 0 : 5);
}

function scoreOfAddress(piece: Piece, blocked: string): number {
	// Not a word such as inline.
	if (!blocked.includes(":")) return 0;
	const bare = (address: string): string => address.replace(/[?#].*$/s, "").replace(/^(?:https?:|wss?:)?\/\//i, "");
	if (piece.text !== undefined) return bare(piece.text) === bare(blocked) || `${bare(piece.text)}/` === bare(blocked) ? 1000 : 0;
	return bare(piece.start).length > 3 && bare(blocked).startsWith(bare(piece.start)) ? bare(piece.start).length : 0;
}

/** In the sample of a record, a question mark is in place of each line break. */
function oneSpace(code: string): string {
	return code.replace(/[\s?]+/g, " ").trim();
}

/** The line of the script that did it, if the script is a file of the project. */
function inScript({ source, line, column, document }: ReportRecord, files: readonly ProjectFile[]): Found | undefined {
	const path = addressOf(source)?.pathname ?? "";
	if (source === document || line === 0 || !/\.[a-z]+$/i.test(path)) return undefined;
	// The longest common end, so that /js/app.js is public/js/app.js and not another app.js.
	const [best, next] = files
		.map((file) => ({ file, shared: sharedEnd(file.name, path) }))
		.filter(({ shared }) => shared > 0)
		.sort((a, b) => b.shared - a.shared);
	if (best === undefined || best.shared === next?.shared) return undefined;
	return { place: { file: best.file.name, line, column }, text: best.file.text, piece: undefined, language: undefined };
}

/** The number of names that two paths have in common at their end. */
function sharedEnd(file: string, path: string): number {
	const [a, b] = [file.split("/").reverse(), path.split("/").reverse()];
	const differs = a.findIndex((name, i) => name !== b[i]);
	return differs < 0 ? a.length : differs;
}

const SHORTEST_PATH = 4;

/** The first line that contains the address, or a part of it. */
function inText({ blocked }: ReportRecord, files: readonly ProjectFile[]): Found | undefined {
	const url = addressOf(blocked);
	if (url === undefined || url.host === "") return undefined;
	const whole = `${url.host}${url.pathname}`.replace(/\/$/, "");
	// A template that computes the origin still has the path.
	const path = url.pathname.length > SHORTEST_PATH ? [url.pathname] : [];
	for (const part of [blocked.replace(/\/$/, ""), whole, url.host, ...path]) {
		for (const file of files) {
			const at = file.text.indexOf(part);
			if (at < 0) continue;
			const before = file.text.slice(0, at);
			const place = { file: file.name, line: before.split("\n").length, column: at - before.lastIndexOf("\n") };
			return { place, text: file.text, piece: undefined, language: undefined };
		}
	}
	return undefined;
}
