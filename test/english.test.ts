import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseFile, walk } from "../src/cli/migrate/syntax.ts";

/* The texts of the library are plain English. These phrases are translated from another language, or call a program "he". */

/** A phrase, and what to write instead. */
const PHRASES: readonly (readonly [phrase: RegExp, instead: string])[] = [
	[/\b(?:stands?|stood|standing)\b/i, '"is", "appears", "is set" or "is sent"'],
	[/(?<!\bthere )\b(?:is|are|was|were) no (?!longer\b)/i, '"is not a valid …", or "has no …"'],
	[/\b(?:go|goes|going|went|gone) out\b/i, '"is sent"'],
	[/\b(?:take|takes|taking|taken|took) the place of\b|\bin (?:its|the|their) place\b|\bgives? way\b/i, '"replaces" or "instead"'],
	[/\b(?:whoever|whomever|nobody|somebody|everybody|anybody)\b/i, "the actor: a site, an attacker, the application, no other code"],
	[/\bby (?:itself|themselves|oneself)\b/i, '"automatically", "alone" or nothing'],
	[/\b(?:hear|hears|heard) of\b|\b(?:tells?|told) of\b/i, '"receives", "reports"'],
	[/\bunless you say\b/i, '@defaultValue, or "By default"'],
	[/\b(?:is|are|was|were) asked\b|\bwhat .{0,20}\basks for\b/i, '"requests", "calls", "requires"'],
	[/\bof (?:its|their) own accord\b/i, '"automatically"'],
	[/\b(?:say|says|said) so\b/i, "what it says"],
	[/\b(?:held|hold) wrong\b/i, '"used incorrectly"'],
	[/\b(?:he|him|his|himself)\b/i, '"it", or "you"'],
	[/\b(?:lies|lie|laid|lying) on\b/i, '"is added to", "changes"'],
	[/\b(?:take|takes|taken|taking) off\b/i, '"removes"'],
	[/\b(?:let|lets) (?:\w+ )?through\b/i, '"accepts", "allows"'],
	[/\banew\b|\bto the letter\b|\band its kin\b|\bat the last moment\b/i, '"again", "exactly", "and similar …"'],
];

function problemsIn(texts: readonly (readonly [place: string, text: string])[]): readonly string[] {
	return texts.flatMap(([place, text]) =>
		PHRASES.flatMap(([phrase, instead]) => {
			const found = phrase.exec(text)?.[0];
			return found === undefined ? [] : [`${place}: "${found}". Write ${instead}.`];
		}),
	);
}

/** The string literals and the comments of a module, with their lines. */
function textsOf(code: string): readonly (readonly [line: string, text: string])[] {
	const { program, comments } = parseFile(code, "x.ts");
	const lineOf = (start: number): string => String(code.slice(0, start).split("\n").length);
	const strings = [...walk(program)].flatMap(({ node }) => {
		if (node.type === "StringLiteral") return [[lineOf(node.start), String(node["value"])] as const];
		return node.type === "TemplateElement" ? [[lineOf(node.start), code.slice(node.start, node.end)] as const] : [];
	});
	const notes = comments.flatMap(({ start, end }) => {
		if (/\/\/.*\n[ \t]*$/.test(code.slice(0, start).slice(-300)) && code.startsWith("//", start)) return [];
		const [lines = code.slice(start, end)] = /^\/\/.*(?:\n[ \t]*\/\/.*)*/.exec(code.slice(start)) ?? [];
		return [[lineOf(start), lines.replace(/\n\s*(?:\*|\/\/) ?/g, " ")] as const];
	});
	return [...strings, ...notes];
}

/** The paragraphs of a page, without code. */
function prose(page: string): readonly (readonly [line: string, text: string])[] {
	const text = page.replace(/^```[\s\S]*?^```$/gm, (code) => code.replace(/[^\n]/g, "")).replace(/`[^`\n]*`/g, "code");
	return [...text.matchAll(/(?:.+\n?)+/g)].map(
		({ 0: paragraph, index }) => [String(text.slice(0, index).split("\n").length), paragraph.replace(/\s+/g, " ")] as const,
	);
}

function problemsOf(path: string): readonly string[] {
	const text = readFileSync(path, "utf8");
	return problemsIn(path.endsWith(".md") ? prose(text) : textsOf(text)).map((problem) => `${path}:${problem}`);
}

const modules = readdirSync("src", { recursive: true, encoding: "utf8" })
	.filter((name) => name.endsWith(".ts"))
	.map((name) => `src/${name}`);
const guides = readdirSync("docs", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".md"));
const pages = [...guides.map((name) => `docs/${name}`), "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"];

describe("plain English", () => {
	test("in the string literals and comments of src", () => {
		expect(modules.flatMap(problemsOf)).toEqual([]);
	});

	test("in the documentation", () => {
		expect(pages.flatMap(problemsOf)).toEqual([]);
	});
});

describe("the check can fail (control)", () => {
	test.each([
		["the header stands there", "stands"],
		["a text which is no keyword", "is no "],
		["what goes out on https", "goes out"],
		["it takes the place of another", "takes the place of"],
		["whoever sends it", "whoever"],
		["Node answers by itself", "by itself"],
		["a server that hears of it", "hears of"],
		["80 unless you say otherwise", "unless you say"],
		["each function is asked once", "is asked"],
		["it restarts of its own accord", "of its own accord"],
		["the text says so", "says so"],
		["the command was held wrong", "held wrong"],
		["the server sends his answer", "his"],
		["one policy lies on another", "lies on"],
		["it takes off the header", "takes off"],
		["what helmet lets through", "lets through"],
		["the text is written anew", "anew"],
	])("finds the phrase in: %s", (text, phrase) => {
		expect(problemsIn([["1", text]])).toEqual([expect.stringContaining(`1: "${phrase}". Write `)]);
	});

	test.each(["There is no header.", "The header is no longer sent.", "Node understands standards. This text withstands the check."])(
		"does not mind: %s",
		(text) => {
			expect(problemsIn([["1", text]])).toEqual([]);
		},
	);

	test("reads strings, templates and comments, and not the code", () => {
		const code = [
			"const nobody = 1; // A header that goes",
			"// out here.",
			'const a = "it stands";',
			"const b = `it stands`;",
			"/**",
			" * What takes the",
			" * place of it.",
			" */",
		].join("\n");
		expect(problemsIn(textsOf(code)).map((problem) => problem.split(".", 1)[0])).toEqual([
			'3: "stands"',
			'4: "stands"',
			'1: "goes out"',
			'5: "takes the place of"',
		]);
	});

	test("reads paragraphs of a page, and not its code", () => {
		const page = "# Title\n\nWhat takes the\nplace of `nobody`.\n\n```js\n// stands\n```\n\nIt stands.\n";
		expect(problemsIn(prose(page)).map((problem) => problem.split(".", 1)[0])).toEqual(['3: "takes the place of"', '10: "stands"']);
	});

	test("reads every module and page", () => {
		expect(modules).toEqual(expect.arrayContaining(["src/index.ts", "src/response/seal.ts", "src/audit/checks/csp.ts"]));
		expect(pages).toEqual(expect.arrayContaining(["README.md", "docs/recipes.md", "docs/vendors.md"]));
	});
});
