/** Writes what the documentation takes from the code: docs/headers.md, docs/codes.md and the table of the README. */
import { readFileSync, writeFileSync } from "node:fs";
import { blockFor, compile } from "../src/compile.ts";
import { CODES } from "../src/core/codes.ts";
import { HEADERS } from "../src/headers/index.ts";
import { createPolicy } from "../src/policy.ts";

const START = "<!-- defaults: written by npm run docs -->";
const END = "<!-- /defaults -->";

/** The default headers as they go out on https, with an ellipsis for the nonce. */
const SENT: ReadonlyMap<string, string> = new Map(
	blockFor(compile(createPolicy()), true, true).headers.map(({ name, text, nonced }) => [name, nonced?.join("…") ?? text]),
);

export function readmeWithTable(readme: string): string {
	const rows = HEADERS.filter(({ name }) => SENT.has(name)).map(({ name, why }) => `| ${name} | ${why} |`);
	const table = ["| Header | Why this default |", "|---|---|", ...rows, "| X-Powered-By | Removed: it tells the framework to whoever asks. |"].join("\n");
	const [before, rest] = splitOnce(readme, START);
	const [, after] = splitOnce(rest, END);
	return `${before}${START}\n\n${table}\n\n${END}${after}`;
}

export function headersPage(): string {
	const sections = HEADERS.map(({ name, key, summary, why, mdn, spec, documentsOnly }) => {
		const sent = SENT.get(name);
		const links = spec === mdn ? `[MDN](${mdn})` : `[MDN](${mdn}) · [specification](${spec})`;
		return [
			`## ${name}`,
			"",
			`Option: \`${key}\`. ${summary}${documentsOnly ? " Read on documents and workers only." : ""}`,
			"",
			sent === undefined ? "Not sent by default." : `\`\`\`http\n${name}: ${sent}\n\`\`\``,
			"",
			`${why}`,
			"",
			links,
			"",
		].join("\n");
	});
	return `# Headers\n\nWritten from the code by \`npm run docs\`. The options themselves are documented in their types.\n\n${sections.join("\n")}`;
}

export function codesPage(): string {
	const rows = Object.entries(CODES).map(([code, summary]) => `### ${code}\n\n${summary}\n`);
	return `# Codes\n\nWritten from the code by \`npm run docs\`. A code stands in the issues of a \`PolicyError\`, in \`policy.warnings\` and in events. It is never renamed.\n\n${rows.join("\n")}`;
}

function splitOnce(text: string, mark: string): readonly [string, string] {
	const at = text.indexOf(mark);
	if (at < 0) throw new Error(`README.md lacks the line ${mark}`);
	return [text.slice(0, at), text.slice(at + mark.length)];
}

if (process.argv[1]?.endsWith("docs.ts")) {
	writeFileSync("README.md", readmeWithTable(readFileSync("README.md", "utf8")));
	writeFileSync("docs/headers.md", headersPage());
	writeFileSync("docs/codes.md", codesPage());
}
