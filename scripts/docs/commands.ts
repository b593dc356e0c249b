/** A page for each command, from the definitions that print its help. */

import type { Command } from "../../src/cli/args.ts";
import { auditCommand } from "../../src/cli/audit.ts";
import { checkCommand } from "../../src/cli/check.ts";
import { compileCommand } from "../../src/cli/compile/index.ts";
import { emitCommand } from "../../src/cli/emit.ts";
import { hashCommand } from "../../src/cli/hash.ts";
import { initCommand } from "../../src/cli/init/index.ts";
import { learnCommand } from "../../src/cli/learn/index.ts";
import { migrateCommand } from "../../src/cli/migrate/index.ts";
import { reportsCommand } from "../../src/cli/reports/index.ts";
import { suggestCommand } from "../../src/cli/reports/suggest.ts";
import { templatesCommand } from "../../src/cli/templates.ts";
import { GENERATED } from "./generated.ts";

/** Each command with the pages that tell more. */
const COMMANDS: readonly (readonly [name: string, command: Command, more: readonly string[]])[] = [
	["audit", auditCommand, ["[Audit](../audit.md)", "[in a pipeline](../ci.md)", "[rules](../rules.md)"]],
	["check", checkCommand, ["[Checking a configuration](../behind-a-proxy.md#checking-a-configuration)", "[in a pipeline](../ci.md)"]],
	["compile", compileCommand, ["[Compiled policies](../compiled.md)"]],
	["emit", emitCommand, ["[Behind a proxy](../behind-a-proxy.md)"]],
	["hash", hashCommand, ["[A built single-page app](../recipes.md#a-built-single-page-app)"]],
	["init", initCommand, ["[Starting](../init.md)"]],
	["learn", learnCommand, ["[Learn a policy](../learn.md)"]],
	["migrate", migrateCommand, ["[Moving from helmet](../moving-from-helmet.md)"]],
	["reports", reportsCommand, ["[Violation reports](../reports.md)"]],
	["suggest", suggestCommand, ["[From a trial to an enforced policy](../reports.md#from-a-trial-to-an-enforced-policy)"]],
	["templates", templatesCommand, ["[Nonces in templates](../templates.md)"]],
];

export function commandPages(): ReadonlyMap<string, string> {
	const rows = COMMANDS.map(([name, { summary }]) => `| [${name}](cli/${name}.md) | ${cell(summary)} |`);
	const index = `# The command\n\n\`npx headguard <command> --help\` prints the same.\n\n| command | what it does |\n|---|---|\n${rows.join("\n")}\n\n${GENERATED}`;
	const pages = COMMANDS.map(([name, command, more]) => [`docs/cli/${name}.md`, pageOf(name, command, more)] as const);
	return new Map([["docs/cli.md", index], ...pages]);
}

function pageOf(name: string, { summary, usage, flags, notes }: Command, more: readonly string[]): string {
	const rows = Object.entries(flags).map(([flag, { value, summary: about, oneOf, byDefault }]) => {
		const values = oneOf === undefined ? "" : `: ${oneOf.map((one) => `\`${one}\``).join(", ")}`;
		return `| \`--${flag}${value === undefined ? "" : ` ${value}`}\` | ${cell(about)}${values} | ${byDefault === undefined ? "" : cell(byDefault)} |`;
	});
	const table = `| flag | what it does | default |\n|---|---|---|\n${rows.join("\n")}`;
	return `# headguard ${name}\n\n${sentence(summary)}\n\n\`\`\`sh\nnpx headguard ${name} ${usage}\n\`\`\`\n\n## Flags\n\n${table}\n\n## Notes\n\n${prose(notes)}\n\nMore: ${more.join(" · ")}.\n\n${GENERATED}`;
}

/** Paragraphs, and what is indented: commands, code, or a list. */
function prose(notes: string): string {
	const parts = notes.trimEnd().split(/\n\n+/);
	return parts.map((part) => (/^ {2}/.test(part.replace(/^\n/, "")) ? block(part) : sentences(part))).join("\n\n");
}

function sentences(part: string): string {
	return cell(part.trim().replace(/\s+/g, " "));
}

function block(part: string): string {
	const lines = part
		.replace(/^\n/, "")
		.split("\n")
		.map((line) => line.replace(/^ {2}/, ""));
	if (!lines.every((line) => /^(?:NODE_ENV=\w+ )?headguard /.test(line)) && !lines.some((line) => /[;{(]$|^(?:import|export) /.test(line)))
		return lines.map((line) => `- ${cell(line)}`).join("\n");
	const language = lines[0]?.includes("headguard ") === true && !/^(?:import|export) /.test(lines[0]) ? "sh" : "js";
	const runnable = lines.map((line) => line.replace(/^((?:NODE_ENV=\w+ )?)headguard /, "$1npx headguard "));
	return `\`\`\`${language}\n${runnable.join("\n")}\n\`\`\``;
}

function cell(text: string): string {
	return text.replaceAll("|", "\\|").replace(/<[^>\s]+>/g, (tag) => `\`${tag}\``);
}

function sentence(text: string): string {
	return `${text.charAt(0).toUpperCase()}${cell(text.slice(1))}${text.endsWith(".") ? "" : "."}`;
}
