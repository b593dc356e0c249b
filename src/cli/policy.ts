import { existsSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { PolicyError } from "../core/errors.ts";
import { isRecord } from "../core/text.ts";
import { HEADERS } from "../headers/index.ts";
import { type CompiledPolicy, compiledFrom, compiledOf, type PolicySource } from "../policy/compile.ts";
import { UsageError } from "./args.ts";
import type { Application } from "./deploy/application.ts";
import { mountedPolicy } from "./deployment.ts";
import { holdListening } from "./listening.ts";

/** What the user's module exports. */
export interface PolicyModule {
	readonly compiled: CompiledPolicy;
	/** The source of the policy: the middleware, or options. */
	readonly source: PolicySource;
	readonly application: Application | undefined;
	/** A server that the module creates. */
	readonly server: unknown;
	/** Express path → the policy of that page, as `routes` of the module lists them. */
	readonly routes: readonly (readonly [path: string, policy: CompiledPolicy])[];
	/** Every export by name. Those of CommonJS are the fields of its only one. */
	readonly exported: ReadonlyMap<string, unknown>;
}

/**
 * Loads the policy of a module: its middleware, its options, or the middleware that its application mounts.
 *
 * @throws {PolicyError} if the policy is not valid.
 * @throws {UsageError} if there is none, or if the module cannot be loaded.
 */
export async function loadPolicy(file: string): Promise<PolicyModule> {
	const exported = await importFile(file);
	const byDefault = exported["default"];
	const inside = isRecord(byDefault) || typeof byDefault === "function" ? byDefault : {};
	const named = (name: string): unknown => exported[name] ?? Reflect.get(inside, name);
	const application = [named("app"), byDefault].find((one): one is Application => typeof one === "function" && isApplication(one));
	const mounted = application === undefined ? undefined : mountedPolicy(application);
	const middleware = [named("headers"), byDefault].find((one) => compiledOf(one) !== undefined);
	// An Express application has a method of that name.
	const options = typeof named("options") === "function" ? undefined : named("options");
	const source = (middleware ?? options ?? mounted) as PolicyModule["source"] | undefined;
	if (source === undefined)
		throw new UsageError(`${file} exports no policy${whatItIs(byDefault, application)}. Write export const headers = secureHeaders({ … });`);
	const all = new Map(Object.entries({ ...(isRecord(byDefault) ? byDefault : {}), ...exported }));
	return { compiled: compiledFrom(source), source, application, server: named("server"), routes: routesIn(named("routes")), exported: all };
}

/** Pairs of a path and a middleware. Anything else of that name is the application's own. */
function routesIn(value: unknown): PolicyModule["routes"] {
	if (!Array.isArray(value)) return [];
	return value.flatMap((row: unknown) => {
		const [path, headers] = Array.isArray(row) ? row : [];
		const compiled = typeof path === "string" ? compiledOf(headers) : undefined;
		return compiled === undefined ? [] : [[path as string, compiled] as const];
	});
}

/** What the module exports instead, for common mistakes. */
function whatItIs(byDefault: unknown, application: Application | undefined): string {
	if (application !== undefined) return ". Its application does not mount a policy for every path";
	if (typeof byDefault === "function" && byDefault.name === "secureHeaders") return ". Its default export is secureHeaders itself. Call it: secureHeaders()";
	if (typeof byDefault === "function")
		return ". Its default export is another function. Middleware of headguard/helmet has no policy that can be checked before it runs";
	return isRecord(byDefault) && Object.keys(byDefault).some((key) => OPTION_NAMES.includes(key))
		? ". Its default export is options. Export them as options"
		: "";
}

const OPTION_NAMES = ["preset", ...HEADERS.map(({ key }) => key)];

/** Express has a router, Connect a stack. */
function isApplication(value: object): boolean {
	return typeof Reflect.get(value, "use") === "function" && ["stack", "router", "_router"].some((name) => Reflect.has(value, name));
}

type Exports = Readonly<Record<string, unknown>>;

async function importFile(file: string): Promise<Exports> {
	const path = resolve(file);
	holdListening();
	try {
		return await import(pathToFileURL(path).href);
	} catch (error) {
		if (error instanceof PolicyError) throw error;
		if (existsSync(path) && isBeyondNode(path, error)) return importTypeScript(file, path, error);
		throw unloadable(file, error);
	}
}

/**
 * Whether it is TypeScript that this Node cannot run, but tsx may. Node 20 runs none. Later versions only remove types: they compile no enum or
 * decorator, and look for a file under exactly the name that is imported.
 */
function isBeyondNode(path: string, error: unknown): boolean {
	const { code = "", message = "" } = Object(error) as { readonly code?: unknown; readonly message?: unknown };
	const isTypeScript = /\.[cm]?tsx?$/.test(path) || /\.[cm]?tsx?(?=["'\s]|$)/m.test(String(message));
	return isTypeScript && BEYOND_NODE.has(code);
}

const BEYOND_NODE: ReadonlySet<unknown> = new Set([
	"ERR_UNKNOWN_FILE_EXTENSION",
	"ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX",
	"ERR_INVALID_TYPESCRIPT_SYNTAX",
	"ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING",
	"ERR_MODULE_NOT_FOUND",
	"MODULE_NOT_FOUND",
]);

async function importTypeScript(file: string, path: string, reason: unknown): Promise<Exports> {
	const tsx = tsxBeside(path);
	const runsNone = Reflect.get(Object(reason), "code") === "ERR_UNKNOWN_FILE_EXTENSION";
	if (tsx === undefined && !runsNone)
		throw new UsageError(`${unloadable(file, reason).message} Node only removes types. If your code needs more: npm install --save-dev tsx.`);
	if (tsx === undefined)
		throw new UsageError(`${file} is TypeScript, which your version of Node cannot run. Use Node 22.18 or later, or npm install --save-dev tsx.`);
	try {
		const { tsImport } = (await import(pathToFileURL(tsx).href)) as { readonly tsImport: (file: string, parent: string) => Promise<Exports> };
		return await tsImport(pathToFileURL(path).href, pathToFileURL(path).href);
	} catch (error) {
		if (error instanceof PolicyError || Reflect.get(Object(error), "name") === "PolicyError") throw error;
		throw unloadable(file, error);
	}
}

/** The user's own tsx, as an import would resolve it. */
function tsxBeside(path: string): string | undefined {
	try {
		return createRequire(path)
			.resolve("tsx/esm/api")
			.replace(/\.cjs$/, ".mjs");
	} catch {
		return undefined;
	}
}

function unloadable(file: string, error: unknown): UsageError {
	if (/^https?:/.test(file)) return new UsageError(`${file} is a URL. Run headguard audit ${file}.`);
	if (!existsSync(file)) return new UsageError(`${file} cannot be loaded: the file does not exist.`);
	if (statSync(file).isDirectory()) return new UsageError(`${file} is a folder. Use the path of the module in it.`);
	if (!(error instanceof Error)) return new UsageError(`${file} cannot be loaded: ${String(error)}.`);
	// The first line of the stack that is in the user's files.
	const [where] = /(?:file:\/\/)?\/[^\s()]+:\d+(?::\d+)?/.exec((error.stack ?? "").replace(error.message, "")) ?? [];
	return new UsageError(
		`${file} cannot be loaded: ${error.message.split("\n", 1)[0]}.${where === undefined || where.includes("/headguard/dist/") ? "" : ` At ${where.replace("file://", "")}.`}`,
	);
}
