import { resolve } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";

const CONFIG = ts.parseJsonConfigFileContent(ts.readConfigFile("tsconfig.json", ts.sys.readFile).config, ts.sys, ".").options;
const ENTRIES = ["index", "https", "vendors", "reports/index", "edge/index", "testing/index", "audit/index"].map((name) => `src/${name}.ts`);
const program = ts.createProgram(
	ENTRIES.map((name) => resolve(name)),
	CONFIG,
);
const checker = program.getTypeChecker();

/** One option, with what an editor shows when one points at it. */
interface Option {
	readonly path: string;
	readonly isOptional: boolean;
	readonly text: string;
	readonly tags: readonly string[];
}

/** Each option that a function of an entry takes, at any depth. */
function optionsOf(entry: string): readonly Option[] {
	const file = program.getSourceFile(resolve(entry));
	const symbol = file && checker.getSymbolAtLocation(file);
	if (symbol === undefined) throw new Error(`${entry} exports nothing`);
	const found = new Map<string, Option>();
	for (const exported of checker.getExportsOfModule(symbol)) {
		const target = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
		if ((target.flags & ts.SymbolFlags.Function) === 0 && (target.flags & ts.SymbolFlags.Variable) === 0) continue;
		for (const signature of signaturesOf(checker.getTypeOfSymbol(target)))
			for (const parameter of signature.getParameters()) collect(checker.getTypeOfSymbol(parameter), exported.name, found, new Set());
	}
	return [...found.values()];
}

/** Of a function, and of its methods. */
function signaturesOf(type: ts.Type): readonly ts.Signature[] {
	const methods = type.getCallSignatures().length === 0 ? [] : type.getProperties().map((property) => checker.getTypeOfSymbol(property));
	return [type, ...methods].flatMap((one) => one.getCallSignatures());
}

function collect(type: ts.Type, path: string, found: Map<string, Option>, seen: Set<ts.Type>): void {
	if (seen.has(type)) return;
	seen.add(type);
	const element = checker.isArrayType(type) ? checker.getTypeArguments(type as ts.TypeReference)[0] : undefined;
	if (element !== undefined) collect(element, `${path}[]`, found, seen);
	if (type.isUnion()) for (const part of type.types) collect(part, path, found, seen);
	// csp.raw makes it. Nobody writes its field.
	if (element !== undefined || type.getCallSignatures().length > 0 || !isObject(type) || type.symbol?.name === "RawSource") return;
	for (const property of checker.getPropertiesOfType(type)) {
		// Kebab-case copies of directives and features are mapped from names. Types of Node and of Express are theirs.
		if (property.name.includes("-") || property.declarations?.[0]?.getSourceFile().fileName.includes("/src/") !== true) continue;
		const option = {
			path: `${path}.${property.name}`,
			isOptional: (property.flags & ts.SymbolFlags.Optional) !== 0,
			text: ts.displayPartsToString(property.getDocumentationComment(checker)),
			tags: property.getJsDocTags(checker).map(({ name }) => name),
		};
		found.set(option.path, option);
		collect(checker.getTypeOfSymbol(property), option.path, found, seen);
	}
}

/** A nonce slot is a symbol with a brand. */
function isObject(type: ts.Type): boolean {
	return (type.flags & ts.TypeFlags.Object) !== 0 || (type.isIntersection() && type.types.every(isObject));
}

describe.each(ENTRIES)("%s", (entry) => {
	const options = optionsOf(entry);
	const pathsOf = (list: readonly Option[]): readonly string[] => list.map(({ path }) => path);

	test("each option says what it does", () => {
		expect(options.length).toBeGreaterThan(1);
		expect(pathsOf(options.filter(({ text }) => text.length < 12))).toEqual([]);
	});

	test("each option that may be left out says what it is then", () => {
		expect(pathsOf(options.filter(({ isOptional, tags }) => isOptional && !tags.includes("defaultValue")))).toEqual([]);
	});
});

describe("in an editor", () => {
	/** What is shown for the word in the line that ends with it. */
	function hover(code: string, word: string): string {
		const name = resolve("test/types/hovered.ts");
		const host: ts.LanguageServiceHost = {
			getScriptFileNames: () => [name],
			getScriptVersion: () => "1",
			getScriptSnapshot: (file) => {
				const text = file === name ? code : ts.sys.readFile(file);
				return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
			},
			getCurrentDirectory: () => process.cwd(),
			getCompilationSettings: () => CONFIG,
			getDefaultLibFileName: ts.getDefaultLibFilePath,
			fileExists: ts.sys.fileExists,
			readFile: ts.sys.readFile,
		};
		const info = ts.createLanguageService(host).getQuickInfoAtPosition(name, code.indexOf(word));
		const tags = (info?.tags ?? []).map((tag) => `@${tag.name} ${ts.displayPartsToString(tag.text)}`);
		return [ts.displayPartsToString(info?.documentation), ...tags].join("\n");
	}

	test("a directive and a feature are told where they are written", () => {
		const code = `import { secureHeaders } from "../../src/index.ts";
			secureHeaders({ contentSecurityPolicy: { directives: { scriptSrc: [], nothing: 0 } }, permissionsPolicy: { features: { camera: [] } } });`;
		expect(hover(code, "scriptSrc")).toContain("Limits which scripts run");
		expect(hover(code, "scriptSrc")).toContain("@defaultValue [csp.self, csp.nonce]");
		expect(hover(code, "scriptSrc")).toContain("@see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/script-src");
		expect(hover(code, "camera")).toContain("Records video from a camera");
		expect(hover(code, "nothing").trim()).toBe("");
	}, 60_000);
});

test.each([
	["secureHeaders.contentSecurityPolicy.directives.", 26],
	["secureHeaders.permissionsPolicy.features.", 80],
])("everything under %s has a default, an example and a page of MDN", (start, least) => {
	const members = optionsOf("src/index.ts").filter(({ path }) => path.startsWith(start));
	expect(members.length).toBeGreaterThanOrEqual(least);
	expect(members.filter(({ tags }) => !["defaultValue", "example", "see"].every((tag) => tags.includes(tag)))).toEqual([]);
});
