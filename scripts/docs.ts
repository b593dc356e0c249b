/** Generates the pages of the documentation that come from the code. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { EXPLANATIONS } from "../src/audit/examples/index.ts";
import { RULES } from "../src/audit/judge.ts";
import type { Rule } from "../src/audit/types.ts";
import { CODES } from "../src/core/codes.ts";
import { HEADER_FACTS } from "../src/headers/facts.ts";
import { HEADER_WORDS } from "../src/headers/words.ts";
import { compile } from "../src/policy/compile.ts";
import { createPolicy } from "../src/policy/create.ts";
import type { PolicyPatch } from "../src/policy/override.ts";
import { blockFor } from "../src/response/wire.ts";
import * as vendors from "../src/vendors.ts";
import { apiPages } from "./docs/api.ts";
import { commandPages } from "./docs/commands.ts";
import { GENERATED } from "./docs/generated.ts";
import { headerPages } from "./docs/headers.ts";
import { PROSE } from "./prose.ts";

const MDN = "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/";
/** The default headers on https, with an ellipsis for the nonce. */
const SENT: ReadonlyMap<string, string> = new Map(
	blockFor(compile(createPolicy()), true, true).headers.map(({ name, text, nonced }) => [name, nonced?.join("…") ?? text]),
);

export function headersPage(): string {
	const sections = HEADER_FACTS.map(({ name, lowerName, key, documentsOnly }) => {
		const { why, spec, mdn: page = MDN + name } = PROSE[key];
		const sent = SENT.get(name);
		const site = page.startsWith(MDN) ? "MDN" : new URL(page).hostname;
		const links = spec === page ? `[${site}](${page})` : `[${site}](${page}) · [specification](${spec})`;
		return [
			`## ${name}`,
			"",
			`Option: \`${key}\`. ${HEADER_WORDS[key]}${documentsOnly ? " Applies to documents and workers only." : ""}`,
			"",
			sent === undefined ? "Not sent by default." : `\`\`\`http\n${name}: ${sent}\n\`\`\``,
			"",
			`${why}`,
			"",
			`[Options, what it breaks, browsers](headers/${lowerName}.md) · ${links}`,
			"",
		].join("\n");
	});
	return `# Headers\n\nWhat each header does, what headguard sends by default, and why. The page of a header has its options.\n\n${sections.join("\n")}\n${GENERATED}`;
}

export function codesPage(): string {
	const rows = Object.entries(CODES).map(([code, summary]) => `### ${code}\n\n${summary}\n`);
	return `# Codes\n\nCodes appear in the issues of a \`PolicyError\`, in \`policy.warnings\` and in events. A code is never renamed.\n\n${rows.join("\n")}\n${GENERATED}`;
}

/** Checks of other tools that the audit does not have. */
const LEFT_OUT = `## Left out

| what | why |
|---|---|
| a policy override that matches no route | it cannot happen: overrides are middleware of their routes |
| bare preflights as a separate rule | \`consistency/options\` reports them |
| one rule for unquoted and misspelled keywords | there are two: \`csp/unquoted-keyword\` and \`csp/invalid-keyword\` |
| \`X-Frame-Options\` beside \`frame-ancestors\` | fine, if the two agree |
| a missing \`preload\` | it is optional; only one that preload lists refuse is an error |
`;

const NOTATION = `## How to read the examples

An example shows what a server sends, in the shortest form. Lines are response headers of the page; after an empty line comes its HTML.
\`[not-found 404]\` starts another response, with the name that a report uses for it and its status; \`[the application itself]\` is the same
response without the proxy, and \`[the policy]\` is what your policy says. \`[nginx.conf]\`, \`[app.js]\` and the like start a file. \`×150\` repeats a word.
`;

export function rulesPage(): string {
	const rows = RULES.map(({ id, severity, header, title }) => `| [${id}](#${anchorOf(id)}) | ${severity} | ${header === "" ? "several" : header} | ${title} |`);
	const intro = "`headguard audit --explain <id>` prints the same. How to run it: [Audit a site](audit.md).";
	const table = `| rule | severity | header | title |\n|---|---|---|---|\n${rows.join("\n")}`;
	return `# Rules of the audit\n\n${intro}\n\n${table}\n\n${NOTATION}\n${RULES.map(ruleSection).join("\n")}\n${LEFT_OUT}\n${GENERATED}`;
}

/** The anchor that GitHub gives a heading. */
export function anchorOf(id: string): string {
	return id.replaceAll("/", "");
}

function ruleSection({ id, title, severity, header, summary }: Rule): string {
	const { why = "", bad = "", good = "", write = "", link = "" } = EXPLANATIONS.get(id) ?? {};
	const code = (text: string): string => `\`\`\`text\n${text.trim()}\n\`\`\``;
	const about = `${header === "" ? "" : `${header}, `}${severity}`;
	return `### ${id}\n\n**${title}** (${about}). ${escaped(summary)} ${why} [More](${link})\n\nBad:\n\n${code(bad)}\n\nGood:\n\n${code(good)}\n\nWrite:\n\n${code(write)}\n`;
}

/** Tags in a sentence are text. */
function escaped(text: string): string {
	return text.replace(/<[^>]+>/g, (tag) => `\`${tag}\``);
}

const VENDOR_EXAMPLE = `\`\`\`js
import { secureHeaders } from "headguard";
import { stripe } from "headguard/vendors";

const headers = secureHeaders();
app.use(headers);
app.get("/checkout", headers.extend(stripe), checkout);
\`\`\``;

/** The comments of src/vendors.ts are the documentation of the page. */
export function vendorsPage(): string {
	const code = readFileSync("src/vendors.ts", "utf8");
	const sections = [...code.matchAll(/\/\*\*\n((?: \*.*\n)+?) \*\/\nexport (?:const|function) (\w+)/g)].map(([, comment = "", name = ""]) => {
		const lines = comment.split("\n").map((line) => line.replace(/^ \* ?/, ""));
		const links = lines.flatMap((line) => /@see \{@link (\S+)\}/.exec(line)?.[1] ?? []).map((url) => `<${url}>`);
		const text = lines
			.slice(
				0,
				lines.findIndex((line) => line.startsWith("@")),
			)
			.join("\n")
			.trim();
		const patch: unknown = Reflect.get(vendors, name);
		const example = lines.flatMap((line) => /^@example (.+)/.exec(line)?.[1] ?? []).join("\n");
		const use = example === "" ? `On a route, \`headers.extend(${name})\` adds:` : `\`${example.replace(/;$/, "")}\` sends:`;
		const [intro, shown] = typeof patch === "function" ? ["", example] : [`${use}\n\n`, shownPatch(patch as PolicyPatch)];
		return `## ${name}\n\n${text}\n\n${intro}\`\`\`js\n${shown}\n\`\`\`\n\n${links.join(" · ")}\n`;
	});
	const names = [...code.matchAll(/^export (?:const|function) (\w+)/gm)].map(([, name = ""]) => `[${name}](#${name.toLowerCase()})`);
	return `# Vendors\n\nAllow a vendor on the page that needs it:\n\n${VENDOR_EXAMPLE}\n\nTo allow it on all pages, write \`app.use(secureHeaders().extend(stripe))\`. Use policies for whole pages with \`headers.replace\`.\n\n${names.join(" · ")}\n\n${sections.join("\n")}\n${GENERATED}`;
}

function shownPatch(patch: PolicyPatch): string {
	return JSON.stringify(patch, (_key, value) => (typeof value === "symbol" ? "csp.nonce" : value), 2)
		.replace('"csp.nonce"', "csp.nonce")
		.replace(/\[\n\s+([^\]]*?)\n\s+\]/g, (_all, list: string) => `[${list.replace(/\n\s+/g, " ")}]`);
}

/** Every generated page, by its path. */
export function generatedPages(): ReadonlyMap<string, string> {
	return new Map([
		["docs/headers.md", headersPage()],
		["docs/codes.md", codesPage()],
		["docs/vendors.md", vendorsPage()],
		["docs/rules.md", rulesPage()],
		...headerPages(SENT),
		...commandPages(),
		...apiPages(),
	]);
}

if (process.argv[1]?.endsWith("docs.ts")) {
	for (const [path, text] of generatedPages()) {
		mkdirSync(dirname(path), { recursive: true });
		writeFileSync(path, text);
	}
}
