import type { EdgePlan } from "../plan.ts";
import { quoted } from "../target.ts";

/** A line ends a value, and nothing quotes one. */
export function headersFile({ headers }: EdgePlan, quote: (value: string) => string | { readonly refused: string }): string {
	const values = quoted(headers, quote);
	return `# Written by headguard from the policy of the application. Do not edit: emit it again.\n/*\n${headers.map(({ name }) => `  ${name}: ${values.get(name)}\n`).join("")}`;
}
