/** The endings of a configuration. Of two files, the first is read: code can have a policy and settings. */
const ENDINGS = ["js", "mjs", "cjs", "ts", "mts", "cts", "json"];

/** The names of a configuration, for the command and for headguard/register. The first that exists is read. */
export const CONFIG_FILES: readonly string[] = ENDINGS.map((ending) => `headguard.config.${ending}`);

/** Why a file cannot be loaded that this Node cannot run. Undefined for any other error. */
export function typeScriptError(error: unknown): string | undefined {
	if (Reflect.get(Object(error), "code") !== "ERR_UNKNOWN_FILE_EXTENSION") return undefined;
	return "it is TypeScript, which your version of Node cannot run. Use Node 22.18 or later, or write JavaScript";
}
