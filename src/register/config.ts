import { existsSync, readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { CONFIG_FILES, typeScriptError } from "../core/config-files.ts";
import { PolicyError, reasonOf } from "../core/errors.ts";
import { isRecord, own } from "../core/text.ts";
import { type SecureHeaders, secureHeaders } from "../middleware.ts";
import type { SecureHeadersOptions } from "../policy/options.ts";
import { wireOf } from "../response/wire.ts";

/** A configuration that cannot be used, with every problem. */
export class ConfigError extends Error {
	override readonly name = "ConfigError";
}

/** The middleware of an application that you cannot edit. */
export interface Loaded {
	readonly headers: SecureHeaders;
	/** Undefined if there is no configuration. */
	readonly file: string | undefined;
}

/**
 * The policy of the configuration in a folder, or of the file that is named. Without one, it is the preset `compatible`.
 * @throws {ConfigError} with every problem of the policy.
 */
export async function loadHeaders(folder: string, named: string | undefined): Promise<Loaded> {
	const isNamed = named !== undefined && named !== "";
	const file = isNamed ? resolve(folder, named) : CONFIG_FILES.map((name) => resolve(folder, name)).find((path) => existsSync(path));
	if (file === undefined) return { headers: secureHeaders({ preset: "compatible" }), file };
	const shown = isNamed ? `HEADGUARD_CONFIG: ${named}` : basename(file);
	if (!existsSync(file)) throw new ConfigError(`${shown}: the file does not exist.`);
	try {
		return { headers: await headersOf(file, folder), file };
	} catch (error) {
		throw new ConfigError(`${shown}: ${explained(error)}`);
	}
}

const NO_POLICY = 'the file exports no policy. Write export const options = { preset: "compatible" };';

/** `headers`, `options`, or the module that the setting `policy` of the command names. */
async function headersOf(file: string, folder: string, isPolicy: boolean = false): Promise<SecureHeaders> {
	const exported = await load(file);
	const byDefault = exported["default"];
	const inside = isRecord(byDefault) ? byDefault : {};
	const named = (name: string): unknown => own(exported, name) ?? own(inside, name);
	const headers = [named("headers"), byDefault].find((one) => wireOf(one) !== undefined);
	if (headers !== undefined) return headers as SecureHeaders;
	const [options, policy] = [named("options"), own(inside, "policy")];
	if (options !== undefined) return secureHeaders(options as SecureHeadersOptions);
	if (!isPolicy && typeof policy === "string") return headersOf(resolve(folder, policy), folder, true);
	throw new ConfigError(NO_POLICY);
}

async function load(file: string): Promise<Readonly<Record<string, unknown>>> {
	// An import of JSON is written differently in each version of Node.
	return file.endsWith(".json") ? { default: JSON.parse(readFileSync(file, "utf8")) } : import(pathToFileURL(file).href);
}

function explained(error: unknown): string {
	if (error instanceof PolicyError || error instanceof ConfigError) return error.message;
	const unknown = typeScriptError(error);
	if (unknown !== undefined) return `${unknown}.`;
	return `it cannot be loaded: ${reasonOf(error).split("\n", 1)[0]}`;
}
