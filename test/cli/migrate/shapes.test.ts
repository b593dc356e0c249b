import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import ts from "typescript";
import { afterAll, describe, expect, test, vi } from "vitest";
import { type Finding, migrateFile } from "../../../src/cli/migrate/file.ts";
import { createProject } from "../../../src/cli/migrate/neighbours.ts";
import * as headguardHelmet from "../../../src/helmet/index.ts";
import { secureHeaders } from "../../../src/middleware.ts";
import { type Headers, headersWith, helmetOf, type Middleware, serveForTests, unexplained, versionOf } from "../../support/helmets.ts";

/* Programs as people write them. Each one is migrated, started beside what it was, and asked. */

interface Shape {
	readonly name: string;
	/** How the first file gives its middleware: see MOUNTS. */
	readonly as: string;
	readonly helmet: number;
	/** A part of the reason, if the program is left alone. */
	readonly left: string | undefined;
	readonly paths: readonly string[];
	readonly env: readonly string[];
	/** esModuleInterop of TypeScript. */
	readonly isInterop: boolean;
	readonly files: ReadonlyMap<string, string>;
}

const SHAPES: readonly Shape[] = readFileSync(join(import.meta.dirname, "shapes.txt"), "utf8")
	.split(/^### /m)
	.slice(1)
	.map((text) => {
		const [head = "", ...files] = text.split(/^--- /m);
		const [name = "", ...lines] = head.trim().split("\n");
		const settings = new Map(lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]));
		return {
			name,
			as: settings.get("as") ?? "",
			helmet: Number(settings.get("helmet") ?? 8),
			left: settings.get("left"),
			paths: settings.get("paths")?.split(" ") ?? ["/"],
			isInterop: settings.get("interop") !== "no",
			env: settings.get("env")?.split(" ") ?? [],
			files: new Map(files.map((file) => [file.slice(0, file.indexOf("\n")), `${file.slice(file.indexOf("\n") + 1).trimEnd()}\n`])),
		};
	});

const require = createRequire(import.meta.url);
const pass: Middleware = (_req, _res, next) => next();

/** Packages that the programs use and this project does not have. */
const STUBS: Readonly<Record<string, (apps: unknown[]) => unknown>> = {
	hpp: () => () => pass,
	"@nestjs/common": () =>
		Object.fromEntries([
			["Injectable", () => () => {}],
			["ValidationPipe", class {}],
		]),
	"@nestjs/core": (apps) => ({
		NestFactory: {
			create: async () => {
				const app = Object.assign(express(apps)(), { useGlobalPipes() {}, listen: async () => {} });
				return app;
			},
		},
	}),
};

function express(apps: unknown[]): () => object {
	const real = require("express");
	const make = () => {
		const app = Object.assign(real(), { listen: () => ({}) });
		apps.push(app);
		return app;
	};
	return Object.assign(make, real, { default: make });
}

function connect(apps: unknown[]): () => object {
	return () => {
		const app = require("connect")();
		apps.push(app);
		return app;
	};
}

/** Starts a program, with a version of helmet or with headguard. Returns what its first file exports, and its apps. */
function start(
	files: ReadonlyMap<string, string>,
	helmet: unknown,
	isInterop: boolean,
): { readonly exports: Readonly<Record<string, unknown>>; readonly apps: readonly Middleware[] } {
	const apps: Middleware[] = [];
	const packages: Readonly<Record<string, unknown>> = {
		helmet,
		express: express(apps),
		connect: connect(apps),
		headguard: { secureHeaders },
		"headguard/helmet": headguardHelmet,
	};
	const loaded = new Map<string, { exports: Readonly<Record<string, unknown>> }>();
	const load = (name: string): Readonly<Record<string, unknown>> => {
		const known = loaded.get(name);
		if (known !== undefined) return known.exports;
		const module = { exports: {} };
		loaded.set(name, module);
		const { outputText } = ts.transpileModule(files.get(name) ?? expect.fail(name), {
			fileName: "program.ts",
			compilerOptions: {
				target: ts.ScriptTarget.ES2022,
				module: ts.ModuleKind.CommonJS,
				esModuleInterop: isInterop,
				experimentalDecorators: true,
				allowJs: true,
			},
		});
		const find = (wanted: string): unknown => {
			if (!wanted.startsWith(".")) return packages[wanted] ?? STUBS[wanted]?.(apps) ?? require(wanted);
			const path = join(dirname(name), wanted).replace(/\.js$/, "");
			return load([".js", ".ts", "/index.js", ""].map((ending) => path + ending).find((one) => files.has(one)) ?? expect.fail(wanted));
		};
		new Function("require", "module", "exports", "__dirname", outputText)(find, module, module.exports, "/app");
		return module.exports;
	};
	return { exports: load([...files.keys()][0] ?? ""), apps };
}

type Exported = (...args: readonly unknown[]) => unknown;

const MOUNTS: Readonly<Record<string, (exported: unknown, apps: readonly Middleware[]) => readonly Middleware[]>> = {
	app: (_exported, [app]) => [app ?? expect.fail("no app")],
	factory: (exported) => [appWith((exported as Exported)())],
	middleware: (exported) => [appWith(exported)],
	setup(exported) {
		const app = require("express")();
		(exported as Exported)(app);
		return [app];
	},
	class(exported) {
		const made = new (exported as new () => { use: Middleware })();
		return [appWith((req: never, res: never, next: never) => made.use(req, res, next))];
	},
};

function appWith(middleware: unknown): Middleware {
	const app = require("express")();
	app.use(middleware);
	app.use((_req: unknown, res: { locals: Record<string, unknown>; send(body: string): void }) => {
		const nonce = res.locals["cspNonce"] ?? res.locals["nonce"];
		res.send(nonce === undefined ? "ok" : `<script nonce="${nonce}"></script>`);
	});
	return app;
}

/** The one function, class or list that a file exports. */
function exportOf(exports: Readonly<Record<string, unknown>>): unknown {
	if (typeof exports === "function" || Array.isArray(exports)) return exports;
	return exports["default"] ?? Object.values(exports).findLast((value) => typeof value === "function" || Array.isArray(value));
}

async function answers(shape: Shape, files: ReadonlyMap<string, string>, helmet: unknown): Promise<readonly (Headers | undefined)[]> {
	const { exports, apps } = start(files, helmet, shape.isInterop);
	await new Promise((done) => setImmediate(done));
	const middlewares = MOUNTS[shape.as]?.(exportOf(exports), apps) ?? expect.fail(shape.as);
	const all: (Headers | undefined)[] = [];
	for (const path of shape.paths) all.push(await headersWith(middlewares, path));
	return all;
}

interface Migrated {
	readonly files: ReadonlyMap<string, string>;
	readonly findings: readonly Finding[];
}

const folders: string[] = [];
afterAll(() => {
	for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function migrate({ files, helmet }: Shape): Migrated {
	const folder = mkdtempSync(join(tmpdir(), "headguard-shapes-"));
	folders.push(folder);
	const put = (name: string, text: string): void => {
		mkdirSync(dirname(join(folder, name)), { recursive: true });
		writeFileSync(join(folder, name), text);
	};
	put("package.json", '{ "private": true }');
	const project = createProject();
	for (const [name, text] of files) put(name, text);
	const findings: Finding[] = [];
	const after = new Map<string, string>();
	for (const [name, text] of files) {
		const result = migrateFile(text, resolve(folder, name), () => versionOf(helmet), project);
		findings.push(...(result?.findings ?? []));
		after.set(name, result?.text ?? text);
	}
	return { files: after, findings };
}

test("at most a quarter of the programs is left alone", () => {
	const left = SHAPES.filter((shape) => shape.left !== undefined);
	expect(SHAPES.length).toBeGreaterThanOrEqual(75);
	expect(left.length / SHAPES.length).toBeLessThanOrEqual(0.25);
});

serveForTests();
vi.spyOn(console, "warn").mockImplementation(() => {});

describe("programs as people write them", () => {
	test.each(SHAPES.map((shape) => [shape.name, shape] as const))("%s", async (_name, shape) => {
		const { files, findings } = migrate(shape);
		const reasons = findings.filter(({ code }) => code === undefined).map(({ notes }) => notes.join(" "));
		if (shape.left !== undefined) {
			expect(reasons.join("\n")).toContain(shape.left);
			return;
		}
		expect(reasons).toEqual([]);
		expect(findings.length).toBeGreaterThan(0);
		expect([...files.values()].join("\n")).not.toMatch(/(?:from|require\(|import\() ?["']helmet["']/);
		if (shape.as === "none") return;
		vi.stubEnv("PORT", "0");
		for (const variable of shape.env) vi.stubEnv(variable.split("=")[0] ?? "", variable.split("=")[1]);
		const before = await answers(shape, shape.files, helmetOf(shape.helmet));
		const after = await answers(shape, files, undefined);
		vi.unstubAllEnvs();
		const notes = findings.flatMap((finding) => finding.notes);
		for (const [i, headers] of before.entries()) {
			const differences = unexplained(headers ?? expect.fail("an error before"), after[i] ?? expect.fail("an error after"), notes);
			expect(differences, [...files.values()].join("\n---\n") + notes.join("\n")).toEqual([]);
		}
	});
});

const AMBIENT = `
declare module "@fastify/helmet";
declare module "fastify";
declare module "hpp" { export default function hpp(): import("express").RequestHandler }
declare module "@nestjs/common" {
	export function Injectable(): ClassDecorator;
	export class ValidationPipe { constructor(options?: object) }
	export interface NestMiddleware { use(req: unknown, res: unknown, next: () => void): void }
}
declare module "@nestjs/core" {
	interface App { use(middleware: unknown): void; useGlobalPipes(pipe: unknown): void; listen(port: number | string): Promise<void> }
	export const NestFactory: { create(module: unknown, options?: object): Promise<App> };
}`;

test("all programs in TypeScript compile afterwards, without an unused name", () => {
	const root = join(process.cwd(), "test/cli/migrate/programs");
	const texts = new Map([[join(root, "ambient.d.ts"), AMBIENT]]);
	for (const [i, shape] of SHAPES.entries()) {
		const { files } = migrate(shape);
		for (const [name, text] of files) if (name.endsWith(".ts")) texts.set(join(root, String(i), name), text);
	}
	const options: ts.CompilerOptions = {
		target: ts.ScriptTarget.ES2022,
		module: ts.ModuleKind.Preserve,
		moduleResolution: ts.ModuleResolutionKind.Bundler,
		types: ["node"],
		strict: true,
		noUnusedLocals: true,
		noUnusedParameters: true,
		experimentalDecorators: true,
		skipLibCheck: true,
		noEmit: true,
	};
	const host = ts.createCompilerHost(options);
	const { fileExists, readFile, directoryExists } = host;
	Object.assign(host, {
		fileExists: (name: string) => texts.has(name) || fileExists(name),
		readFile: (name: string) => texts.get(name) ?? readFile(name),
		directoryExists: (name: string) => [...texts.keys()].some((file) => file.startsWith(`${name}/`)) || directoryExists?.(name),
	});
	const program = ts.createProgram([...texts.keys()], options, host);
	const found = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText, code }) => {
		const line = file?.getLineAndCharacterOfPosition(start ?? 0).line ?? 0;
		return `${file?.fileName.slice(root.length)}:${line + 1} TS${code} ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
	});
	expect(found).toEqual([]);
	// Without them, nothing would be compiled.
	expect(texts.size).toBeGreaterThan(30);
});
