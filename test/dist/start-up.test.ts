import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { installPacked, type Packed } from "../support/packed.ts";

let packed: Packed;

beforeAll(() => {
	packed = installPacked();
});

afterAll(() => packed.remove());

const ENTRIES = [
	"headguard",
	"headguard/https",
	"headguard/vendors",
	"headguard/helmet",
	"headguard/helmet/exact",
	"headguard/reports",
	"headguard/edge",
	"headguard/audit",
	"headguard/testing",
	"headguard/frameworks",
	"headguard/compiled",
	"headguard/fetch",
	"headguard/hono",
	"headguard/fastify",
	"headguard/koa",
];

const UNDICI = "NativeModule internal/deps/undici/undici";
const WEB_CRYPTO = "NativeModule internal/crypto/webcrypto";

/** What a process has loaded of Node after each step. */
function loadedBy(format: string, steps: readonly string[]): readonly (readonly string[])[] {
	const code = steps.map((step) => `${step}\nloaded.push([...process.moduleLoadList]);`).join("\n");
	const output = execFileSync(
		process.execPath,
		[
			`--input-type=${format}`,
			"-e",
			`let library; const loaded = [];\n${code}\nconsole.log(JSON.stringify(loaded.map((names) => names.filter((name) => [${[UNDICI, WEB_CRYPTO, "NativeModule _http_server"].map((name) => JSON.stringify(name))}].includes(name)))));`,
		],
		{ cwd: packed.project, encoding: "utf8" },
	);
	return JSON.parse(output);
}

const FIRST_CALLS: Readonly<Record<string, string>> = {
	headguard: "library.secureHeaders();",
	"headguard/helmet": "(library.default ?? library)();",
	"headguard/reports": "library.collectReports({ onReport() {} });",
};

// One process for all entries: what it has not loaded in the end, none of them has.
test.each([
	{ format: "module", load: (entry: string) => `library = await import("${entry}");` },
	{ format: "commonjs", load: (entry: string) => `library = require("${entry}");` },
])("$format: no entry loads undici or Web Crypto, nor does its first call", ({ format, load }) => {
	const steps = ENTRIES.flatMap((entry) => [load(entry), ...(FIRST_CALLS[entry] === undefined ? [] : [load(entry) + FIRST_CALLS[entry]])]);
	const loaded = loadedBy(format, steps);
	expect(Object.fromEntries(loaded.map((names, i) => [steps[i], names]))).toEqual(
		Object.fromEntries(steps.map((step) => [step, ["NativeModule _http_server"]])),
	);
	expect(steps).toHaveLength(18);
});

test("a static import of node:crypto loads Web Crypto, and fetch loads undici: the names are those of Node (control)", () => {
	expect(loadedBy("module", ['await import("node:crypto"); void fetch.call; void Headers;'])).toEqual(
		[[UNDICI, WEB_CRYPTO].sort()].map((names) => expect.arrayContaining(names)),
	);
});

function codeOf(file: string): string {
	return readFileSync(join(packed.folder, "dist", file), "utf8");
}

/** Files of the package that an entry loads, itself among them. */
function filesOf(file: string, seen: Set<string> = new Set()): ReadonlySet<string> {
	if (seen.has(file)) return seen;
	seen.add(file);
	for (const [, next = ""] of codeOf(file).matchAll(/(?:from ?|require\(|import ?)["']\.\/([^"']+)["']/g)) filesOf(next, seen);
	return seen;
}

describe.each(["js", "cjs"])("the .%s files", (ending) => {
	const shared = (name: string): readonly string[] => [...filesOf(`${name}.${ending}`)].filter((file) => file.startsWith("chunk-"));

	test("all entries share what keeps a policy on responses, and those that make policies share the compiler", () => {
		const [runtime, ...more] = shared("isolation");
		expect(more).toEqual([]);
		const [compiler, ...others] = shared("index").filter((file) => file !== runtime);
		expect(others).toEqual([]);
		for (const name of ["index", "https", "vendors", "audit", "testing", "edge", "reports"])
			expect(shared(name)).toEqual(expect.arrayContaining([runtime, compiler]));
		for (const name of ["helmet", "helmet-exact", "devtools", "isolation", "frameworks"]) {
			expect(shared(name)).toContain(runtime);
			expect(shared(name), name).not.toContain(compiler);
		}
	});

	/** Beside the engine, it has what it shares with commands and with entries of its own room. */
	test.each([
		["index", 2],
		["https", 2],
		["vendors", 4],
		["edge", 3],
		["reports", 3],
		["helmet", 2],
		["helmet-exact", 3],
		["audit", 4],
		["devtools", 1],
		["isolation", 1],
		["frameworks", 1],
		["testing", 4],
	])("%s needs at most %i shared files", (name, most) => {
		expect(shared(name).length).toBeLessThanOrEqual(most);
	});

	test("they are ASCII, which V8 reads as one byte a letter", () => {
		const files = ENTRIES.flatMap((entry) => [...filesOf(`${entry.replace(/^headguard\/?/, "").replace("/", "-") || "index"}.${ending}`)]);
		expect(new Set(files).size).toBeGreaterThan(ENTRIES.length);
		expect(files.filter((file) => /[^\x00-\x7f]/.test(codeOf(file)))).toEqual([]);
	});

	test("the engine keeps the names of functions, and lines that can be printed beside an error", () => {
		const engine = shared("index").map(codeOf);
		expect(engine.some((text) => text.includes("function createPolicy("))).toBe(true);
		expect(engine.some((text) => text.includes("function secureHeadersErrorHandler("))).toBe(true);
		expect(Math.max(...engine.flatMap((text) => text.split("\n").map((line) => line.length)))).toBeLessThan(2200);
	});
});

/** Bytes that an application ships which uses this, bundled for Node by esbuild. */
function bundled(code: string): number {
	const { outputFiles } = buildSync({
		stdin: { contents: code, resolveDir: packed.project },
		bundle: true,
		minify: true,
		platform: "node",
		format: "esm",
		write: false,
	});
	return outputFiles[0]?.contents.length ?? 0;
}

test("what runs a compiled policy is one file without the compiler, and for the fetch API one more", () => {
	for (const ending of ["js", "cjs"]) {
		expect([...filesOf(`compiled.${ending}`)]).toEqual([`compiled.${ending}`]);
		for (const name of ["fastify", "koa"]) expect([...filesOf(`${name}.${ending}`)]).toEqual([`${name}.${ending}`, `compiled.${ending}`]);
		const [, ...ofFetch] = filesOf(`fetch.${ending}`);
		expect(ofFetch).toEqual([expect.stringMatching(/^chunk-/)]);
		expect([...filesOf(`hono.${ending}`)]).toEqual([`hono.${ending}`, ...ofFetch]);
		for (const name of ["compiled", "fetch", "hono"]) {
			const code = [...filesOf(`${name}.${ending}`)].map(codeOf).join("\n");
			expect(code).not.toContain("createPolicy");
			expect(code).toContain("withAnswers");
		}
	}
});

test("an ES module that imports a .cjs file by its path finds each export by its name", () => {
	const code = `
		import { createRequire } from "node:module";
		const require = createRequire(process.cwd() + "/");
		const names = ${JSON.stringify(ENTRIES)};
		const missing = [];
		for (const name of names) {
			const path = require.resolve(name);
			if (!path.endsWith(".cjs")) throw new Error(path);
			const seen = Object.keys(await import(path));
			missing.push(...Object.keys(require(name)).filter((key) => !seen.includes(key)).map((key) => name + " " + key));
		}
		console.log(JSON.stringify(missing));`;
	expect(JSON.parse(execFileSync(process.execPath, ["--input-type=module", "-e", code], { cwd: packed.project, encoding: "utf8" }))).toEqual([]);
});

test("headguard/fetch imports nothing of Node", () => {
	const imports = (name: string): readonly string[] =>
		[...filesOf(name)].flatMap((file) => [...codeOf(file).matchAll(/(?:from ?|import ?|require\()["']([^"'.][^"']*)["']/g)].map(([, from = ""]) => from));
	expect([...imports("fetch.js"), ...imports("fetch.cjs")]).toEqual([]);
	for (const name of ["compiled.js", "compiled.cjs"]) expect(imports(name), "(control)").toEqual(["node:diagnostics_channel"]);
});

const MOST_BYTES: readonly (readonly [code: string, most: number])[] = [
	['import { secureHeaders } from "headguard"; console.log(secureHeaders);', 123_700],
	['import * as headguard from "headguard"; console.log(headguard);', 131_200],
	['import helmet from "headguard/helmet"; console.log(helmet);', 35_700],
	['import { collectReports } from "headguard/reports"; console.log(collectReports({ sinks: [console.log] }));', 25_100],
	['import { securedBy } from "headguard/compiled"; console.log(securedBy);', 58_100],
	['import { secure } from "headguard/fetch"; console.log(secure);', 42_300],
	['import { secure } from "headguard/hono"; console.log(secure);', 62_800],
	['import { secure } from "headguard/fastify"; console.log(secure);', 62_500],
	['import { secure } from "headguard/koa"; console.log(secure);', 61_700],
	['import * as vendors from "headguard/vendors"; console.log(vendors);', 6700],
];

test.each(MOST_BYTES)("%s is at most %i bytes", (code, most) => {
	expect(bundled(code)).toBeLessThanOrEqual(most);
});

test("the package is at most 2,940,000 bytes", () => {
	expect(packed.unpackedSize).toBeLessThanOrEqual(2_940_000);
});

test("a collector with a sink of the user's own has no store and no OpenTelemetry in its bundle", () => {
	const code = (names: string): string => {
		const contents = `import { ${names} } from "headguard/reports"; console.log(${names});`;
		return (
			buildSync({ stdin: { contents, resolveDir: packed.project }, bundle: true, platform: "node", format: "esm", write: false }).outputFiles[0]?.text ?? ""
		);
	};
	for (const text of ["node:readline", "node:fs", "csp.violation.count"]) {
		expect(code("collectReports")).not.toContain(text);
		expect(code("collectReports, fileStore, openTelemetry")).toContain(text);
	}
});

test("a sink that was not called is recognised, from whichever copy of the library it is", () => {
	const code = `
		import { createRequire } from "node:module";
		import * as esm from "headguard/reports";
		const cjs = createRequire(process.cwd() + "/")("headguard/reports");
		const codeOf = (sink) => { try { esm.collectReports({ sinks: [sink] }); return "none"; } catch ({ issues }) { return issues[0].code; } };
		const names = ["fileStore", "reportLogger", "openTelemetry"];
		console.log(JSON.stringify([...names.map((name) => codeOf(esm[name])), ...names.map((name) => codeOf(cjs[name])), codeOf(() => {})]));`;
	const output = execFileSync(process.execPath, ["--input-type=module", "-e", code], { cwd: packed.project, encoding: "utf8" });
	expect(JSON.parse(output)).toEqual([...Array(6).fill("usage/not-called"), "none"]);
});
