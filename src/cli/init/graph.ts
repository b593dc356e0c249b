import { statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { UsageError } from "../args.ts";
import { at, listAt, nameOf } from "../migrate/syntax.ts";
import { type App, appsOf } from "./app.ts";
import { requireOf } from "./names.ts";
import { readSource, type Source } from "./source.ts";

/** The file that creates the application, and the files on the way there. */
export interface Found {
	readonly app: App;
	readonly source: Source;
	/** The entry first. */
	readonly files: readonly Source[];
}

const MOST_LEVELS = 5;
const MOST_FILES = 300;

/** Follows the imports of the entry to the file that creates the application. @throws {UsageError} if there are several. */
export function findApp(entry: string, root: string): Found | undefined {
	const seen = new Map<string, Source | undefined>();
	let failure: unknown;
	let level = [entry];
	for (let i = 0; i < MOST_LEVELS && level.length > 0; i++) {
		const sources = level.flatMap((file) => {
			try {
				const source = readSource(file, root);
				seen.set(file, source);
				return [source];
			} catch (error) {
				seen.set(file, undefined);
				failure ??= error;
				return [];
			}
		});
		const found = sources.flatMap((source) => appsOf(source).map((app) => ({ app, source })));
		const [first] = found;
		if (first !== undefined) return chosen(first, found, [...seen.values()]);
		level = [...new Set(sources.flatMap((source) => neighboursOf(source)))].filter((file) => !seen.has(file)).slice(0, MOST_FILES);
	}
	if (failure !== undefined) throw failure;
	return undefined;
}

type Creation = Pick<Found, "app" | "source">;

function chosen(first: Creation, all: readonly Creation[], files: readonly (Source | undefined)[]): Found {
	if (all.length > 1) {
		const places = all.map(({ app, source }) => `${source.name}:${app.line}`).join(", ");
		throw new UsageError(`there are several applications (${places}). Mount the policy on each of them: app.use(headers), before everything else.`);
	}
	return { ...first, files: files.filter((one) => one !== undefined) };
}

function neighboursOf(source: Source): readonly string[] {
	const modules = source.places.flatMap(({ node }) => {
		if (/^(?:Import|Export(?:Named|All))Declaration$|^ImportExpression$/.test(node.type)) return [nameOf(at(node, "source"))];
		if (node.type === "TSExternalModuleReference") return [nameOf(at(node, "expression"))];
		return node.type === "CallExpression"
			? [requireOf(node)?.module ?? (at(node, "callee")?.type === "Import" ? nameOf(listAt(node, "arguments")[0]) : undefined)]
			: [];
	});
	return modules.flatMap((module) => resolveModule(source.path, module ?? "") ?? []);
}

const EXTENSIONS = ["", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx"];

/** The file that a relative import names. */
export function resolveModule(from: string, module: string): string | undefined {
	return /^\.\.?(?:\/|$)/.test(module) ? resolveFile(resolve(dirname(from), module)) : undefined;
}

/** A file whose extension may be missing, or that of the built file. */
export function resolveFile(path: string): string | undefined {
	const source = path.replace(/\.([cm]?)js(x?)$/, ".$1ts$2");
	const candidates = [...EXTENSIONS.map((end) => `${path}${end}`), source, ...EXTENSIONS.map((end) => join(path, `index${end}`))];
	return candidates.find((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true && !/\.(?:json|node)$/.test(file));
}
