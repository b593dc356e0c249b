import { EXPLANATIONS } from "../examples/index.ts";
import type { Rule } from "../types.ts";
import { wrapped } from "./text.ts";

/** What `--explain` prints of a rule. */
export function explain({ id, title, severity, header, summary }: Rule): string {
	const known = EXPLANATIONS.get(id);
	const head = `${id} (${severity})${header === "" ? "" : `, ${header}`}\n${title}\n`;
	if (known === undefined) return `${head}\n${wrapped(summary, "")}`;
	const { why, bad, good, write, link } = known;
	return `${head}\n${wrapped(`${summary} ${why}`, "")}\nBad:\n${indented(bad)}\nGood:\n${indented(good)}\nWrite:\n${indented(write)}\n${link}\n`;
}

/** An example as it is: its lines are not wrapped, so that they can be copied. */
function indented(example: string): string {
	return example
		.trim()
		.split("\n")
		.map((line) => (line === "" ? "\n" : `  ${line}\n`))
		.join("");
}
