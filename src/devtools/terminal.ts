import { forLog } from "../core/log.ts";
import type { Finding, FixLine, Place } from "./finding.ts";

/** Writes a finding as a few lines for a terminal. */
export function terminalText(finding: Finding, hasColour: boolean): string {
	const paint = hasColour ? (code: number, text: string): string => `\u001b[${code}m${text}\u001b[0m` : (_code: number, text: string): string => text;
	const { title, rule, page, place, fix, why, opens } = finding;
	const lines = [
		`${paint(HEADS[finding.kind][0], `headguard: ${HEADS[finding.kind][1]}`)} ${forLog(title)}${page === "" ? "" : ` on ${forLog(page)}`} ${paint(2, `[${forLog(rule)}]`)}`,
		...(place === undefined ? [] : [paint(36, forLog(placeText(place)))]),
		...fix.map((line) => paintLine(line, paint)),
		...[why, opens === undefined ? "" : `Opens: ${opens}`].filter((text) => text !== "").map((text) => paint(2, forLog(text))),
	];
	return `${lines.join("\n  ").replaceAll(/\n {2}(?=\n|$)/g, "\n")}\n`;
}

/** `views/home.ejs:12`, which terminals and editors open. */
export function placeText({ file, line, column }: Place): string {
	return `${file}${line > 0 ? `:${line}` : ""}${line > 0 && column > 0 ? `:${column}` : ""}`;
}

type Paint = (code: number, text: string) => string;

const HEADS: Readonly<Record<Finding["kind"], readonly [colour: number, text: string]>> = {
	blocked: [31, "blocked"],
	reported: [33, "would block"],
	event: [33, "event:"],
	warning: [33, "warning:"],
};

const COLOURS: Readonly<Record<FixLine["sign"], number>> = { "+": 32, "-": 31, " ": 0 };

function paintLine({ sign, text }: FixLine, paint: Paint): string {
	return paint(COLOURS[sign], `${sign} ${forLog(text)}`);
}
