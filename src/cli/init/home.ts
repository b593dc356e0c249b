import { existsSync } from "node:fs";
import { basename, dirname, extname, join, relative, sep } from "node:path";
import { UsageError } from "../args.ts";
import type { Exports } from "./exported.ts";
import type { Found } from "./graph.ts";
import type { Manifest } from "./manifest.ts";
import { presetOptions } from "./mount.ts";
import type { Present } from "./present.ts";
import type { Source } from "./source.ts";

/** The module that has the policy. */
export interface Home {
	readonly path: string;
	/** What `headguard check` loads. Undefined if it would find no policy. */
	readonly checked: string | undefined;
	/** The text of a new file. */
	readonly fresh: string | undefined;
}

/** What decides where the policy is. */
interface Question {
	readonly present: Present;
	readonly exported: Exports;
	/** Whether another file needs the policy. */
	readonly isShared: boolean;
	readonly manifest: Manifest;
	readonly preset: string | undefined;
}

/** Decides where the policy is: in the file of the application, or in a file of its own that others can import. */
export function homeOf({ app, source }: Found, { present, exported, isShared, manifest, preset }: Question): Home {
	const isTyped = /\.[cm]?tsx?$/.test(source.path);
	const exportsApp = exported.app.has("default") || exported.app.has("app");
	const checkedBeside = (path: string): string => (exportsApp && !isTyped ? source.path : path);
	if (present.from !== undefined) return { path: present.from, checked: checkedBeside(present.from), fresh: undefined };
	const isCheckable = exportsApp || exported.all.has("headers") || canExport({ app, source }, exported);
	if (present.variable !== undefined || present.inline !== undefined)
		return { path: source.path, checked: isCheckable ? source.path : undefined, fresh: undefined };
	// TypeScript often imports files in a way that only its build understands.
	const isOwnFile = isTyped || isShared || !app.isTopLevel || app.kind === "NestJS" || !isCheckable;
	if (!isOwnFile) return { path: source.path, checked: source.path, fresh: undefined };
	const path = freePath(source.path);
	return { path, checked: checkedBeside(path), fresh: policyFile(source, path, manifest, preset) };
}

function canExport({ app, source }: Pick<Found, "app" | "source">, { all }: Exports): boolean {
	return app.isTopLevel && (source.isModule ? !all.has("app") : all.size === 0);
}

function freePath(path: string): string {
	const end = (extname(path) || ".js").replace("x", "");
	const paths = ["headers", "security-headers", "headguard-headers"].map((name) => join(dirname(path), `${name}${end}`));
	const free = paths.find((one) => !existsSync(one));
	if (free === undefined)
		throw new UsageError(`${paths.map((one) => basename(one)).join(", ")} exist already, so there is no name for the file of the policy.`);
	return free;
}

function policyFile({ style, isModule }: Source, path: string, { isModule: isPackage }: Manifest, preset: string | undefined): string {
	const { eol, quote, end } = style;
	const isEsm = isModule || /\.(?:mjs|[cm]?ts)$/.test(path) || (isPackage && !path.endsWith(".cjs"));
	const create = `headers = secureHeaders(${presetOptions(preset, quote)})${end}`;
	const lines = isEsm
		? [`import { secureHeaders } from ${quote}headguard${quote}${end}`, "", `export const ${create}`]
		: [`const { secureHeaders } = require(${quote}headguard${quote})${end}`, "", `const ${create}`, "", `module.exports = { headers }${end}`];
	return `${lines.join(eol)}${eol}`;
}

/** How a file imports another one, in the way it imports others. */
export function specifierFor({ path, text, isModule }: Source, target: string, manifest: Manifest): string {
	const there = relative(dirname(path), target).split(sep).join("/");
	const specifier = there.startsWith(".") ? there : `./${there}`;
	const isTyped = /tsx?$/.test(target);
	const bare = specifier.replace(/\.[cm]?[jt]s$/, "");
	if (!isTyped) return isModule || !/\.js$/.test(specifier) ? specifier : bare;
	if (/\bfrom\s+["']\.[^"']*\.[cm]?ts["']/.test(text)) return specifier;
	const isBuilt = /\bfrom\s+["']\.[^"']*\.[cm]?js["']/.test(text) || (manifest.isModule && !/\bfrom\s+["']\.[^"']*["']/.test(text)) || /\.[cm]ts$/.test(target);
	return isBuilt ? specifier.replace(/\.([cm]?)ts$/, ".$1js") : bare;
}
