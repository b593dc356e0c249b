import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Ignore } from "../audit/ignore.ts";
import { CONFIG_FILES, typeScriptError } from "../core/config-files.ts";
import { didYouMean, isRecord } from "../core/text.ts";
import { type Flag, UsageError } from "./args.ts";

/** Settings of a project that replace flags. */
export interface Config {
	/** The path of the file. Undefined if there is none. */
	readonly file?: string;
	/** The module that exports the policy. */
	readonly policy?: string;
	/** The site. */
	readonly url?: string;
	readonly failOn?: string;
	readonly ignore: readonly Ignore[];
	readonly paths: readonly string[];
	readonly failPath?: string;
	readonly staticPath?: string;
	readonly apiPath?: string;
	readonly logoutPath?: string;
	readonly uploadPath?: string;
	readonly allowedOrigin?: string;
}

/** The flag of the commands that read it. */
export const CONFIG_FLAG: Flag = { type: "string", value: "<file>", summary: "replaces headguard.config.js (or .mjs, .cjs, .ts, .json)" };

const TEXTS = ["policy", "url", "failOn", "failPath", "staticPath", "apiPath", "logoutPath", "uploadPath", "allowedOrigin"];
const LISTS = ["ignore", "paths"];

/** Reads the configuration of the current project. @throws {UsageError} with every problem at once. */
export async function readConfig(named: string | undefined): Promise<Config> {
	const file = named ?? CONFIG_FILES.find((name) => existsSync(name));
	if (file === undefined) return { ignore: [], paths: [] };
	const given = await load(file);
	const problems = isRecord(given) ? problemsIn(given) : ["the file does not contain an object."];
	if (problems.length > 0) throw new UsageError(`${file}: ${problems.join("\n  ")}`);
	return { ignore: [], paths: [], ...(given as Partial<Config>), file };
}

async function load(file: string): Promise<unknown> {
	try {
		if (file.endsWith(".json")) return JSON.parse(readFileSync(file, "utf8"));
		return settingsOf(file, (await import(pathToFileURL(resolve(file)).href)) as Readonly<Record<string, unknown>>);
	} catch (error) {
		const reason = typeScriptError(error) ?? (error instanceof Error ? error.message.split("\n", 1)[0] : String(error));
		throw new UsageError(`${file} cannot be read: ${reason}.`);
	}
}

/** The file may also contain the policy, which headguard/register reads there. */
function settingsOf(file: string, exported: Readonly<Record<string, unknown>>): unknown {
	const byDefault = exported["default"];
	if (typeof byDefault === "function") return { policy: file };
	const { options, headers, ...settings } = isRecord(byDefault) ? byDefault : {};
	const hasPolicy = [options, headers, exported["options"], exported["headers"]].some((one) => one !== undefined);
	return hasPolicy ? { policy: file, ...settings } : byDefault;
}

function problemsIn(given: Readonly<Record<string, unknown>>): readonly string[] {
	return Object.entries(given).flatMap(([key, value]) => {
		if (TEXTS.includes(key)) return typeof value === "string" ? [] : [`${key}: write a string.`];
		if (!LISTS.includes(key)) return [`${key} is not a valid key.${didYouMean(key, [...TEXTS, ...LISTS])} The keys are ${[...TEXTS, ...LISTS].join(", ")}.`];
		if (!Array.isArray(value)) return [`${key}: write an array.`];
		return value.flatMap((entry: unknown, i) => (key === "paths" ? problemsOfPath(entry, i) : problemsOfIgnore(entry, i)));
	});
}

function problemsOfPath(entry: unknown, i: number): readonly string[] {
	return typeof entry === "string" && entry.startsWith("/") ? [] : [`paths[${i}]: write a path, such as "/login".`];
}

/** Each entry needs a reason, so that others can tell why a finding is ignored. */
function problemsOfIgnore(entry: unknown, i: number): readonly string[] {
	if (!isRecord(entry) || typeof entry["id"] !== "string") return [`ignore[${i}]: write { "id": "…", "reason": "…" }.`];
	const { reason } = entry;
	const unknown = Object.keys(entry).find((key) => !["id", "path", "reason", "until"].includes(key));
	return [
		...(unknown === undefined ? [] : [`ignore[${i}].${unknown} is not a valid key.${didYouMean(unknown, ["id", "path", "reason", "until"])}`]),
		...(typeof reason === "string" && reason.trim() !== "" ? [] : [`ignore[${i}].reason: write why ${entry["id"]} is ignored.`]),
		...["path", "until"].flatMap((key) => (entry[key] === undefined || typeof entry[key] === "string" ? [] : [`ignore[${i}].${key}: write a string.`])),
	];
}
