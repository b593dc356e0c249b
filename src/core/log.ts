/* Foreign texts, in output for terminals and for the logs of build runners. */

/** Control characters, and characters that reorder or hide the text around them. */
const STEERING = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** A text on one line, without characters that control a terminal. */
export function stripControls(text: string): string {
	return text.replace(STEERING, "?");
}

/** The same for every string in a value. */
export function stripControlsIn<Value>(value: Value): Value {
	if (typeof value === "string") return stripControls(value) as Value;
	if (Array.isArray(value)) return value.map(stripControlsIn) as Value;
	if (typeof value !== "object" || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, stripControlsIn(field)])) as Value;
}

/**
 * Commands that runners also read in the middle of a line: `##vso[` and `##[` (Azure Pipelines, GitHub Actions), `##teamcity[`, and the
 * start and end of a section (GitLab, Travis).
 */
const COMMAND = /#(?=#\w*\[)|(?:section_(?:start|end)|travis_(?:fold|time))(?=:)/gi;

/** Commands that they read at the start of a line, after white space: `::` (GitHub Actions), and the groups of Buildkite. */
const LINE_COMMAND = /^((?:[^\S\n]|\u001b\[\d*m)*)(?=::|(?:---|\+\+\+|~~~|\^\^\^)\s)/gm;

/** Lines of ours with foreign parts, in a form that no runner reads as a command. */
export function withoutCommands(text: string): string {
	return text.replace(COMMAND, "$& ").replace(LINE_COMMAND, "$1… ");
}

/** Lines that may be foreign, in a form that controls neither a terminal nor a runner. */
export function forLog(text: string): string {
	return withoutCommands(text.replaceAll("\r\n", "\n").replace(STEERING, (character) => (character === "\n" || character === "\t" ? character : "?")));
}

/** JSON with exact values, in a form that controls neither a terminal nor a runner. */
export function jsonForLog(value: unknown): string {
	return escapedJson(JSON.stringify(value, null, "\t"));
}

/** Escapes more characters of JSON strings than `JSON.stringify`. */
export function escapedJson(json: string): string {
	const escapes = (text: string): string => [...Array(text.length).keys()].map((i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, "0")}`).join("");
	return json
		.replace(/[\u007f-\u009f\p{Cf}\u2028\u2029]/gu, escapes)
		.replace(COMMAND, (command) => (command === "#" ? escapes(command) : command.replace("_", escapes)));
}
