/* What came from elsewhere, in texts that terminals and the logs of build runners show. */

/** Control characters, and those that turn or hide what stands around them. */
const STEERING = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** A text on one line, without what steers a terminal. */
export function stripControls(text: string): string {
	return text.replace(STEERING, "?");
}

/** The same for every text in a value of lists and fields. */
export function stripControlsIn<Value>(value: Value): Value {
	if (typeof value === "string") return stripControls(value) as Value;
	if (Array.isArray(value)) return value.map(stripControlsIn) as Value;
	if (typeof value !== "object" || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, stripControlsIn(field)])) as Value;
}

/**
 * What runners look for in the middle of a line too: `##vso[` and `##[` (Azure Pipelines, GitHub Actions), `##teamcity[`, and the
 * beginning and end of a section (GitLab, Travis).
 */
const COMMAND = /#(?=#\w*\[)|(?:section_(?:start|end)|travis_(?:fold|time))(?=:)/gi;

/** What they look for where a line begins, behind white space: `::` (GitHub Actions), and the groups of Buildkite. */
const LINE_COMMAND = /^((?:[^\S\n]|\u001b\[\d*m)*)(?=::|(?:---|\+\+\+|~~~|\^\^\^)\s)/gm;

/** A text of own lines with foreign parts, as no runner takes it for a command. */
export function withoutCommands(text: string): string {
	return text.replace(COMMAND, "$& ").replace(LINE_COMMAND, "$1… ");
}

/** A text of lines that may be foreign as a whole: nothing in it steers a terminal or a runner. */
export function forLog(text: string): string {
	return withoutCommands(text.replaceAll("\r\n", "\n").replace(STEERING, (character) => (character === "\n" || character === "\t" ? character : "?")));
}

/** JSON whose values are exact, and of which neither a terminal nor a runner takes anything for a command. */
export function jsonForLog(value: unknown): string {
	return escapedJson(JSON.stringify(value, null, "\t"));
}

/** Characters of JSON's texts in its own escapes, for which `JSON.stringify` sees no need. */
export function escapedJson(json: string): string {
	const escapes = (text: string): string => [...Array(text.length).keys()].map((i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, "0")}`).join("");
	return json
		.replace(/[\u007f-\u009f\p{Cf}\u2028\u2029]/gu, escapes)
		.replace(COMMAND, (command) => (command === "#" ? escapes(command) : command.replace("_", escapes)));
}
