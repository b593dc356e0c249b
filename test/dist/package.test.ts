import { execFile, execFileSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { promisify } from "node:util";
import { parse } from "@babel/parser";
import { getDomain } from "tldts";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { licensesPage } from "../../scripts/licenses.ts";
import { sbom } from "../../scripts/sbom.ts";
import { installPacked } from "../support/packed.ts";

/** Those whose adapters have types of theirs. */
const FRAMEWORKS = ["hono", "fastify"];

const { project, tarball, remove } = installPacked();
const modules = resolve("node_modules");
const execute = promisify(execFile);

beforeAll(() => {
	for (const name of [
		"express",
		"@types",
		"undici-types",
		...FRAMEWORKS,
		"pino",
		"find-my-way",
		"light-my-request",
		"@fastify",
		"fast-uri",
		"abstract-logging",
	])
		if (existsSync(join(modules, name))) symlinkSync(join(modules, name), join(project, "node_modules", name));
	cpSync("test/consumers", project, { recursive: true });
	writeFileSync(join(project, "wrong.mts"), 'import { secureHeaders } from "headguard";\nsecureHeaders({ hsts: true });\n');
});

afterAll(remove);

const inRepository = (folder: string): readonly string[] => execFileSync("git", ["ls-files", folder], { encoding: "utf8" }).trim().split("\n");

/** Pages of the site that say what the types and `--help` say are left out. */
const ON_THE_SITE = /^docs\/(?:(?:api|cli|guides|headers|start)\/|rules\.md$)/;

/** As they are in the repository, but for what runs them there, and for the apps of frameworks, whose code is in the docs. */
const EXAMPLES = inRepository("examples").filter((file) => !file.endsWith(".sh") && !file.startsWith("examples/frameworks/"));

const ENTRIES = [
	"audit",
	"compiled",
	"devtools",
	"edge",
	"fastify",
	"fetch",
	"frameworks",
	"helmet-exact",
	"helmet",
	"hono",
	"https",
	"index",
	"isolation",
	"koa",
	"reports",
	"testing",
	"vendors",
];

const run = (file: string) => JSON.parse(execFileSync(process.execPath, [file], { cwd: project, encoding: "utf8" }));

interface Component {
	readonly "bom-ref": string;
	readonly licenses: readonly { readonly license: { readonly id: string } }[];
}

describe("the packed tarball", () => {
	test("holds what it needs and nothing else", () => {
		const files = readdirSync(join(project, "node_modules", "headguard"), { recursive: true, encoding: "utf8" }).sort();
		const shapes = files.map((file) => file.replace(/(?<=dist\/[a-z0-9]+-)[A-Z0-9]{8}(?=\.c?js)/, "X").replace(/(?<=dist\/\w+)-[\w-]{8}(?=\.d\.)/, "-X"));
		const entries = ENTRIES.flatMap((name) => [".cjs", ".d.cts", ".d.ts", ".js"].map((ending) => `dist/${name}${ending}`));
		expect([...new Set(shapes)].filter((file) => !/-X\.|^(?:docs|examples)\/[^.]*$/.test(file))).toEqual([
			"CHANGELOG.md",
			"LICENSE",
			"README.md",
			"THIRD-PARTY-LICENSES.txt",
			"dist",
			...["dist/cli.js", "dist/devtools-room.js", "dist/register.js", ...entries].sort(),
			"docs",
			...inRepository("docs").filter((file) => !ON_THE_SITE.test(file)),
			"examples",
			...EXAMPLES,
			"package.json",
			"sbom.cdx.json",
		]);
	});

	test("writes each type once: the ESM entries are typed by the declarations of the CJS ones", () => {
		const dist = join(project, "node_modules", "headguard", "dist");
		const declarations = readdirSync(dist).filter((file) => file.endsWith(".d.ts"));
		expect(declarations).toEqual(ENTRIES.map((name) => `${name}.d.ts`));
		for (const file of declarations.filter((name) => !name.startsWith("helmet")))
			expect(readFileSync(join(dist, file), "utf8")).toBe(`export * from "./${file.replace(".d.ts", ".cjs")}";\n`);
	});

	test("knows the public suffixes as the library that it has them from does", async () => {
		const dist = join(project, "node_modules", "headguard", "dist");
		const file = readdirSync(dist).find((name) => name.endsWith(".js") && /^\/\/ node_modules\/tldts\/$/m.test(readFileSync(join(dist, name), "utf8"))) ?? "";
		const { getDomain: bundled }: typeof import("tldts") = await import(join(dist, file));
		const suffixes = ["com", "co.uk", "kobe.jp", "city.kobe.jp", "ck", "www.ck", "github.io", "s3.eu-west-1.amazonaws.com", "公司.cn", "xn--55qx5d.cn", "zzz"];
		const hosts = [...suffixes, "127.0.0.1", "localhost", ""].flatMap((suffix) => ["", "a.", "b.a.", "ä.b.a."].map((before) => before + suffix));
		const options = { allowPrivateDomains: true };
		expect(hosts.map((host) => bundled(host, options))).toEqual(hosts.map((host) => getDomain(host, options)));
		expect(bundled("b.a.github.io", options)).toBe("a.github.io");
	});

	test("has no dependencies", () => {
		const manifest = JSON.parse(readFileSync(join(project, "node_modules", "headguard", "package.json"), "utf8"));
		expect(manifest.dependencies).toBeUndefined();
		expect(manifest.peerDependencies).toEqual({
			express: "^4.16 || ^5",
			fastify: "^5",
			hono: "^4",
			koa: "^2 || ^3",
			"playwright-core": ">=1.45",
		});
		const names = Object.keys(manifest.peerDependencies);
		expect(manifest.peerDependenciesMeta).toEqual(Object.fromEntries(names.map((name) => [name, { optional: true }])));
		expect(manifest.sideEffects).toBe(false);
		expect(manifest.engines).toEqual({ node: ">=20.19" });
	});

	test("imports nothing but node: modules", () => {
		const dist = join(project, "node_modules", "headguard", "dist");
		const code = readdirSync(dist)
			.filter((file) => /\.c?js$/.test(file))
			.map((file) => readFileSync(join(dist, file), "utf8"));
		// Parsed: the command line tool also has code in its texts.
		const imported = code.flatMap((text) => importsIn(text));
		expect(imported, "CommonJS").toContain("node:diagnostics_channel");
		expect(imported.filter((name) => !name.startsWith("node:") && !name.startsWith("./"))).toEqual([]);
		expect(imported).toContain("node:fs");
	});

	test("holds the licences of what the command line tool brings along", () => {
		const folder = join(project, "node_modules", "headguard");
		const page = licensesPage(join(folder, "dist"));
		expect(readFileSync(join(folder, "THIRD-PARTY-LICENSES.txt"), "utf8")).toBe(page);
		expect(page.match(/^\S.* \([\w.-]+\)$/gm)).toEqual([
			"@babel/parser (MIT)",
			"entities (BSD-2-Clause)",
			"parse5 (MIT)",
			"tldts (MIT)",
			"tldts-core (MIT)",
			"Public Suffix List, in tldts (MPL-2.0)",
		]);
		expect(page).toContain("https://publicsuffix.org/list/public_suffix_list.dat");
	});

	test("holds a bill of materials that is the same for each build", () => {
		const folder = join(project, "node_modules", "headguard");
		const text = readFileSync(join(folder, "sbom.cdx.json"), "utf8");
		expect(text).toBe(sbom(join(folder, "dist")));
		const { components, dependencies, metadata, serialNumber, ...bill } = JSON.parse(text);
		expect(bill).toEqual({ $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json", bomFormat: "CycloneDX", specVersion: "1.6", version: 1 });
		expect([metadata.timestamp, serialNumber]).toEqual([undefined, undefined]);
		expect(metadata.component.purl).toBe(`pkg:npm/headguard@${JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).version}`);
		const licenses = components.map((one: Component) => `${one["bom-ref"].replace(/@[\d.]+$/, "")} ${one.licenses[0]?.license.id}`);
		expect(licenses).toEqual([
			"pkg:npm/%40babel/parser MIT",
			"pkg:npm/entities BSD-2-Clause",
			"pkg:npm/parse5 MIT",
			"pkg:npm/tldts MIT",
			"pkg:npm/tldts-core MIT",
			"https://publicsuffix.org/list/public_suffix_list.dat MPL-2.0",
		]);
		for (const { hashes } of components.slice(0, -1)) expect(hashes).toEqual([{ alg: "SHA-512", content: expect.stringMatching(/^[0-9a-f]{128}$/) }]);
		const refs = [metadata.component, ...components].map((component: Component) => component["bom-ref"]);
		expect(dependencies.map(({ ref }: { ref: string }) => ref)).toEqual(refs);
		for (const { dependsOn = [] } of dependencies) expect(refs).toEqual(expect.arrayContaining(dependsOn));
	});

	test("its command runs, and nothing of the command line tool reaches the middleware", () => {
		writeFileSync(join(project, "page.html"), "<script>one()</script>");
		const bin = JSON.parse(readFileSync(join(project, "node_modules/headguard/package.json"), "utf8")).bin.headguard;
		expect(execFileSync(join(project, "node_modules/headguard", bin), ["hash", "page.html"], { cwd: project, encoding: "utf8" })).toContain("'sha256-");
		const dist = join(project, "node_modules/headguard/dist");
		const reached = (file: string, seen: Set<string>): Set<string> => {
			if (seen.has(file)) return seen;
			seen.add(file);
			for (const [, next = ""] of readFileSync(join(dist, file), "utf8").matchAll(/(?:from ?|require\(|import ?)["']\.\/([^"']+)["']/g)) reached(next, seen);
			return seen;
		};
		for (const entry of ["index.js", "index.cjs", "https.js", "vendors.js", "helmet.js", "helmet.cjs", "helmet-exact.js"]) {
			const code = [...reached(entry, new Set())].map((file) => readFileSync(join(dist, file), "utf8")).join("");
			expect(code).not.toContain("node_modules/");
			expect(code).not.toContain("parse5");
		}
	});

	test.each(["app.mjs", "app.cjs"])("%s: a new Express app answers with the whole policy", (file) => {
		const { headers, nonce, middlewareLength, names } = run(file);
		expect(headers["content-security-policy"]).toContain(`script-src 'self' 'nonce-${nonce}'`);
		expect(headers["x-frame-options"]).toBe("DENY");
		expect(headers["x-powered-by"]).toBeUndefined();
		expect(middlewareLength).toBe(3);
		expect(names).toEqual(["PolicyError", "clearSiteData", "csp", "getNonce", "protectServer", "secureHeaders", "setNonce", "toLogger"]);
	});

	test("the ESM and the CJS copy understand each other's errors, keywords and responses", () => {
		expect(run("both.mjs")).toEqual({ broken: true, foreignError: true, sameNonce: true, keyword: true, once: 1 });
	});

	test("headguard/helmet is callable as it is imported and required, with helmet's 23 names", () => {
		expect(run("helmet-require.cjs")).toEqual({ callable: ["function", "function"], sameDefault: true, names: 23 });
		expect(run("helmet-import.mjs")).toEqual({ names: 23, set: 12, sameNames: true });
	});

	test.each(Object.keys(RESOLUTIONS) as (keyof typeof RESOLUTIONS)[])("types hold under moduleResolution %s, and a wrong option is an error", (resolution) => {
		const files = [...(resolution === "bundler" ? [] : ["types.cts", "helmet.cts"]), "types.mts", "helmet.mts", "with-express.mts", "wrong.mts"];
		expect(problemsOf(files, RESOLUTIONS[resolution])).toEqual(["wrong.mts: 'hsts' does not exist in type 'SecureHeadersOptions'."]);
	});

	test.each(Object.keys(RESOLUTIONS) as (keyof typeof RESOLUTIONS)[])("adapters have types under moduleResolution %s", (resolution) => {
		const files = ["adapters.mts", ...(resolution === "bundler" ? [] : ["adapters.cts"])];
		expect(problemsOf(files, RESOLUTIONS[resolution])).toEqual([]);
	});

	test("nothing else needs the types of a framework that has an adapter", () => {
		const isFramework = (path: string): boolean => FRAMEWORKS.some((name) => path.includes(`/node_modules/${name}/`)) || /@types\/koa/.test(path);
		expect(problemsOf(["types.mts", "with-express.mts"], RESOLUTIONS.nodenext, isFramework)).toEqual([]);
		expect(problemsOf(["adapters.mts"], RESOLUTIONS.nodenext, isFramework).join(), "(control)").toContain("Cannot find module 'hono'");
	});

	test("where Express's types are not installed, functions of the request take Node's", () => {
		expect(problemsOf(["without-express.mts"], RESOLUTIONS.nodenext, (path) => /node_modules\/(?:@types\/)?express/.test(path))).toEqual([]);
		expect(problemsOf(["with-express.mts"], RESOLUTIONS.nodenext, (path) => /node_modules\/(?:@types\/)?express/.test(path))[0]).toContain(
			"Cannot find module 'express'",
		);
	});

	test.concurrent("publint has nothing to say", async () => {
		const { stdout } = await execute(process.execPath, [join(modules, "publint/src/cli.js"), tarball, "--strict"]);
		expect(stdout).toContain("All good!");
	});

	// What `--import` loads is imported by no code, so it has no types.
	const PRELOADS = ["--exclude-entrypoints", "register"];

	test.concurrent("are the types wrong? no", async () => {
		const { stdout } = await execute(process.execPath, [
			join(modules, "@arethetypeswrong/cli/dist/index.js"),
			tarball,
			"--no-emoji",
			"--no-color",
			...PRELOADS,
		]);
		expect(stdout).toContain("No problems found");
	});
});

const RESOLUTIONS = {
	node16: { module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16 },
	nodenext: { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
	bundler: { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
};

/** What the compiler says of the consumer's files and of the declarations in the package. Those of others are not ours to check. */
function problemsOf(files: readonly string[], resolution: ts.CompilerOptions, isHidden: (path: string) => boolean = () => false): readonly string[] {
	const options: ts.CompilerOptions = { ...resolution, noEmit: true, strict: true, types: ["node"], target: ts.ScriptTarget.ES2022 };
	const program = ts.createProgram(
		files.map((file) => join(project, file)),
		options,
		sharingHost(options, isHidden),
	);
	const ours = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(project) && !/node_modules\/(?!headguard\/)/.test(fileName));
	expect(ours.filter(({ fileName }) => fileName.includes("/headguard/dist/")).length, "declarations of the package").toBeGreaterThan(5);
	const checked = ours.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]);
	return [...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics(), ...checked].map(textOf);
}

const textOf = ({ file, messageText }: ts.Diagnostic): string => {
	const lines = ts.flattenDiagnosticMessageText(messageText, "\n").split("\n");
	return `${file === undefined ? "" : relative(project, file.fileName)}: ${(lines.at(-1) ?? "").trim().replace(/^Object literal may only specify known properties, and /, "")}`;
};

/** What TypeScript and Node declare is parsed once for all programs. */
const parsed = new Map<string, ts.SourceFile | undefined>();
function sharingHost(options: ts.CompilerOptions, isHidden: (path: string) => boolean): ts.CompilerHost {
	const host = ts.createCompilerHost(options);
	return {
		...host,
		getCurrentDirectory: () => project,
		fileExists: (path) => !isHidden(path) && host.fileExists(path),
		directoryExists: (path) => !isHidden(path) && ts.sys.directoryExists(path),
		getSourceFile(name, about, ...rest) {
			const key = `${name} ${JSON.stringify(about)}`;
			if (!parsed.has(key)) parsed.set(key, host.getSourceFile(name, about, ...rest));
			return parsed.get(key);
		},
	};
}

/** What the top level of a module imports or requires. */
function importsIn(code: string): readonly string[] {
	return parse(code, { sourceType: "unambiguous" }).program.body.flatMap((statement) => {
		if ("source" in statement && statement.source) return [statement.source.value];
		const calls = statement.type === "VariableDeclaration" ? statement.declarations.map(({ init }) => init) : [];
		return calls.flatMap((call) =>
			call?.type === "CallExpression" && call.callee.type === "Identifier" && call.callee.name === "require" && call.arguments[0]?.type === "StringLiteral"
				? [call.arguments[0].value]
				: [],
		);
	});
}
