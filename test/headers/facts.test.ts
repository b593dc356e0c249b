import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { factsOf, HEADER_FACTS, type HeaderFacts, isReportOnly, NAMES, SHORTEST_LATE } from "../../src/headers/facts.ts";
import { HEADERS } from "../../src/headers/index.ts";

/** The files that a file imports as values, and what those import. */
function importsOf(file: string, found: Set<string> = new Set()): Set<string> {
	if (found.has(file)) return found;
	found.add(file);
	const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest);
	for (const statement of source.statements) {
		if (!ts.isImportDeclaration(statement) || statement.importClause?.isTypeOnly === true) continue;
		const path = (statement.moduleSpecifier as ts.StringLiteral).text;
		const { namedBindings } = statement.importClause ?? {};
		const isTypes = namedBindings !== undefined && ts.isNamedImports(namedBindings) && namedBindings.elements.every(({ isTypeOnly }) => isTypeOnly);
		if (path.startsWith(".") && !isTypes) importsOf(join(dirname(file), path), found);
	}
	return found;
}

describe("the list of headers", () => {
	test("every header has its facts, its definition, its option name and its name on the wire, in one order", () => {
		expect(HEADERS.map(({ name }) => name)).toEqual(HEADER_FACTS.map(({ name }) => name));
		expect(new Set(HEADER_FACTS.map(({ name }) => name)).size).toBe(27);
		for (const { name, key, lowerName } of HEADER_FACTS) {
			expect([key.toLowerCase(), lowerName]).toEqual([name.replaceAll("-", "").toLowerCase(), name.toLowerCase()]);
			expect(NAMES[key]).toBe(name);
		}
	});

	test("the option names are those that code writes", () => {
		expect([NAMES.nel, NAMES.xDnsPrefetchControl, NAMES.xXssProtection, NAMES.reportTo]).toEqual([
			"NEL",
			"X-DNS-Prefetch-Control",
			"X-XSS-Protection",
			"Report-To",
		]);
	});

	test("a header is found whatever its case, and nothing else is", () => {
		expect(factsOf("nel")?.name).toBe("NEL");
		expect(factsOf("CROSS-ORIGIN-OPENER-POLICY")?.key).toBe("crossOriginOpenerPolicy");
		for (const name of ["", "__proto__", "constructor", "X-Powered-By", "Content-Security-Policy "]) expect([name, factsOf(name)]).toEqual([name, undefined]);
	});

	test("what frameworks ask for all the time is shorter than every name of a header that waits for the first line", () => {
		expect(HEADER_FACTS.filter(({ early }) => early).map(({ name }) => name)).toEqual(["Report-To", "NEL"]);
		expect(SHORTEST_LATE).toBe("Referrer-Policy".length);
		for (const { name, early } of HEADER_FACTS) expect([name, name.length >= SHORTEST_LATE]).toEqual([name, !early]);
		for (const name of ["Content-Length", "Content-Type", "Set-Cookie", "ETag", "Vary"]) expect(name.length).toBeLessThan(SHORTEST_LATE);
	});

	test("a report-only header differs from its twin by its name alone", () => {
		const trials = HEADER_FACTS.filter(({ name }) => isReportOnly(name));
		expect(trials).toHaveLength(7);
		for (const { name, key, lowerName, ...facts } of trials) {
			const { name: twin, key: _key, lowerName: _lower, ...others } = factsOf(name.replace("-Report-Only", "")) ?? (HEADER_FACTS[0] as HeaderFacts);
			expect([name, { ...facts }]).toEqual([`${twin}-Report-Only`, { ...others }]);
		}
	});

	test("exact facts", () => {
		const namesOf = (has: (facts: (typeof HEADER_FACTS)[number]) => boolean): string[] =>
			HEADER_FACTS.filter((facts) => has(facts) && !isReportOnly(facts.name)).map(({ key }) => key);
		expect(namesOf(({ cardinality }) => cardinality === "many")).toEqual(["contentSecurityPolicy"]);
		expect(namesOf(({ locked }) => locked)).toEqual(["xContentTypeOptions"]);
		expect(namesOf(({ commaInValue }) => commaInValue)).toEqual([
			"referrerPolicy",
			"permissionsPolicy",
			"integrityPolicy",
			"connectionAllowlist",
			"reportingEndpoints",
			"reportTo",
			"nel",
		]);
		expect(namesOf(({ secureOnly }) => secureOnly)).toEqual([
			"strictTransportSecurity",
			"crossOriginOpenerPolicy",
			"crossOriginEmbedderPolicy",
			"originAgentCluster",
			"documentIsolationPolicy",
			"reportingEndpoints",
			"reportTo",
			"nel",
		]);
		expect(namesOf(({ documentsOnly }) => !documentsOnly)).toEqual([
			"strictTransportSecurity",
			"xContentTypeOptions",
			"referrerPolicy",
			"crossOriginResourcePolicy",
			"reportingEndpoints",
			"reportTo",
			"nel",
			"xPermittedCrossDomainPolicies",
		]);
	});

	test("facts come without a reader of options", () => {
		const isReader = (file: string): boolean => /core\/(?:read|issue|errors|codes)\.ts$|csp\/sources\.ts$/.test(file);
		const files = [...importsOf("src/headers/facts.ts")];
		expect(files.filter(isReader)).toEqual([]);
		expect(files.filter((file) => file.startsWith("src/headers/")).sort()).toEqual(["src/headers/facts.ts"]);
		// The same question, asked of what does read options.
		expect([...importsOf("src/headers/index.ts")].filter(isReader)).not.toEqual([]);
	});
});
