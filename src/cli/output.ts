import { writeFileSync } from "node:fs";
import { forLog } from "../core/log.ts";
import { UsageError } from "./args.ts";

/* All output of the commands. Names of files, code and messages come from projects and sites of others. */

export function print(text: string): void {
	process.stdout.write(forLog(text));
}

export function complain(text: string): void {
	process.stderr.write(forLog(text));
}

/**
 * Writes the result of a command, unchanged, to a file or to stdout. Reports must be made safe for logs before.
 *
 * @throws {UsageError} if the file cannot be written.
 */
export function writeText(text: string, file: string | undefined): void {
	if (file === undefined) {
		process.stdout.write(text);
		return;
	}
	try {
		writeFileSync(file, text);
	} catch (error) {
		throw new UsageError(`${file} cannot be written: ${error instanceof Error ? error.message : String(error)}.`);
	}
}
