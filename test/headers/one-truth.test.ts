import { readdirSync, readFileSync } from "node:fs";
import ts from "typescript";
import { expect, test } from "vitest";
import { RULES } from "../../src/audit/judge.ts";
import { CODES } from "../../src/core/codes.ts";
import { HEADER_FACTS } from "../../src/headers/facts.ts";

/**
 * What others have fixed is theirs: helmet's headers, the scores of other tools, the places that CloudFront has. And the collector
 * answers with two headers of its own: the facts of all of them would be a sixth of what its users bundle.
 */
const FOREIGN = [
	"src/reports/collect/http.ts",
	"src/helmet/",
	"src/audit/estimates/observatory/",
	"src/audit/estimates/index.ts",
	"src/edge/targets/cloudfront.ts",
];
const OWN = ["src/headers/"];

const FILES = readdirSync("src", { recursive: true, encoding: "utf8" })
	.map((name) => `src/${name.replaceAll("\\", "/")}`)
	.filter((file) => file.endsWith(".ts"));

/** A directive of CSP and a type of reports have the name of a header, and are written in lower case. */
const NAMESAKES = ["report-to", "connection-allowlist"];
const spells = (text: string): boolean => !NAMESAKES.includes(text) && HEADER_FACTS.some(({ lowerName }) => text.toLowerCase() === lowerName);
/** In a regular expression, a header name stands between what is no letter. One with a slash is of rule ids. */
const matches = (text: string): boolean =>
	!text.includes("\\/") &&
	HEADER_FACTS.some(
		({ lowerName }) => lowerName !== "report-to" && new RegExp(`(?<![a-z-])${lowerName}(?![a-z-])`, "i").test(text.slice(1, text.lastIndexOf("/"))),
	);

/** The places of a text of TypeScript that spell a header name: strings that are one, and regular expressions that hold one. */
function spelledIn(file: string, code: string): readonly string[] {
	const source = ts.createSourceFile(file, code, ts.ScriptTarget.Latest, true);
	const found: string[] = [];
	const visit = (node: ts.Node): void => {
		const isName = ts.isStringLiteralLike(node) && spells(node.text);
		const isPattern = ts.isRegularExpressionLiteral(node) && matches(node.text);
		if (isName || isPattern) found.push(`${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1} ${node.getText()}`);
		ts.forEachChild(node, visit);
	};
	visit(source);
	return found;
}

test("a header name is spelled in src/headers, and where somebody else's list is kept", () => {
	const isElsewhere = (file: string): boolean => ![...FOREIGN, ...OWN].some((path) => file.startsWith(path));
	expect(FILES.filter(isElsewhere).flatMap((file) => spelledIn(file, readFileSync(file, "utf8")))).toEqual([]);
	expect(FILES.filter((file) => !isElsewhere(file)).flatMap((file) => spelledIn(file, readFileSync(file, "utf8"))).length).toBeGreaterThan(50);
});

test.each(['set("nel", x);', "new Set([`X-Frame-Options`]);", "/^(?:referrer-policy|x)$/i.test(name);"])("%s would be found", (code) => {
	expect(spelledIn("x.ts", code)).toHaveLength(1);
});

test("prose, ids and directives are no header names", () => {
	expect(spelledIn("x.ts", 'write("Send X-Frame-Options: DENY.", "nel/invalid", model.get("report-to")); // X-Frame-Options')).toEqual([]);
});

test("a code that the policy and the audit share has one sentence, which is written once", () => {
	const shared = RULES.filter(({ id }) => Object.hasOwn(CODES, id));
	expect(shared.length).toBeGreaterThan(60);
	const sources = FILES.map((file) => readFileSync(file, "utf8"));
	for (const { id, summary } of shared) {
		expect([id, summary]).toEqual([id, CODES[id as keyof typeof CODES]]);
		expect([id, sources.reduce((sum, text) => sum + text.split(JSON.stringify(summary)).length - 1, 0)]).toEqual([id, 1]);
	}
});
