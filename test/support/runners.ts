/* What runners and terminals would do with a text, each by its own rule. */

const GROUP = /^(?:---|\+\+\+|~~~|\^\^\^)\s/;

/** The lines that a runner would take for a command, and characters that a terminal would obey. `own` are commands that belong there. */
export function obeyed(text: string, own: RegExp = /^(?!)/): readonly string[] {
	const steering = [...text.matchAll(/[^\P{Cc}\n\t]|\p{Cf}|[\u2028\u2029]/gu)].map(([character]) => JSON.stringify(character));
	const commands = text.split(/\r\n|[\n\r\u0085\u2028\u2029]/).filter((line) => {
		const anywhere = /##\w*\[|section_(?:start|end):|travis_(?:fold|time):/i.test(line);
		return anywhere || GROUP.test(line.trimStart()) || (line.trimStart().startsWith("::") && !own.test(line));
	});
	return [...steering, ...commands];
}

/** Each syntax once, with text around it. */
export const COMMANDS: readonly string[] = [
	"::error file=x::owned",
	"::set-output name=a::b",
	"::stop-commands::x",
	"\u00a0::add-mask::x",
	"##[error]owned",
	"##vso[task.setvariable variable=a]b",
	"##VSO[task.complete result=Failed;]",
	"###vso[task.complete]",
	"##teamcity[buildProblem description='x']",
	"section_start:1560896352:name\r\u001b[0Kowned",
	"section_end:1560896352:name\r\u001b[0K",
	"travis_fold:start:a",
	"--- owned",
	"+++ owned",
	"~~~ owned",
	"^^^ +++",
	"\u001b[31mred",
	"\u001b]8;;https://evil.example\u0007link\u001b]8;;\u0007",
	"\u009b31m",
	"\r::error::x",
	"\u0085::error::x",
	"\u2028::error::x",
	"\u202eright to left",
	"\u2066isolated",
	"a\u200bb\u00ad",
	"\u0008\u007f",
];
