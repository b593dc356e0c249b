import { forLog, jsonForLog } from "../../core/log.ts";
import { counted } from "../reports/summary.ts";
import type { Outcome } from "./in-browser.ts";
import type { Change } from "./types.ts";

/** What the command tells on stderr. Names and messages come from the application and from others. */
export function textOf({ learned, broken, pages, notes }: Outcome, what: string): string {
	const changes = learned?.changes ?? [];
	const sections = [
		section("The pages must change, because the policy blocks this", changes.filter(({ isKept }) => !isKept).map(entryOf)),
		section("The pages must write the nonce. The replay has written it for them", changes.filter(({ kind }) => kind === "nonce").map(entryOf)),
		section("The pages should change. The policy allows this until then", changes.filter(({ isKept, kind }) => isKept && kind !== "nonce").map(entryOf)),
		section(
			"The policy does not allow",
			(learned?.refused ?? []).map((line) => [line]),
		),
		section(
			"About the crawl",
			notes.map((line) => [line]),
		),
		section(
			`${what} breaks`,
			broken.map(({ page, what: found }) => [`${page}: ${found}`]),
		),
	];
	const end =
		broken.length === 0
			? `${counted(pages.length, "page")}: ${what} breaks nothing.`
			: `${counted(pages.length, "page")}: ${what} breaks ${counted(broken.length, "thing")}.`;
	return forLog(`${sections.join("")}${end}\n`);
}

function section(title: string, entries: readonly (readonly string[])[]): string {
	if (entries.length === 0) return "";
	const shown = entries.slice(0, MOST).map((lines) => lines.map((line, i) => `${i === 0 ? "  " : "      "}${line}\n`).join(""));
	const more = entries.length > MOST ? `  … and ${entries.length - MOST} more. --json shows all.\n` : "";
	return `${title}:\n${shown.join("")}${more}\n`;
}

const MOST = 50;

function entryOf({ what, advice, pages, places }: Change): readonly string[] {
	const [first = "?", ...others] = pages;
	const where = `${first}${others.length === 0 ? "" : ` and ${counted(others.length, "more page")}`}`;
	return [`${what} on ${where}${places.length === 0 ? "" : `, ${places.slice(0, 3).join(", ")}`}`, advice];
}

export function jsonOf(outcome: Outcome, module: string | undefined): string {
	const { learned, broken, pages, notes } = outcome;
	const changes = learned?.changes.map(({ head: _, ...change }) => change) ?? [];
	return `${jsonForLog({ pages, broken, changes, refused: learned?.refused ?? [], notes, ...(module === undefined ? {} : { module }) })}\n`;
}
