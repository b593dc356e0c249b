import { writeFileSync } from "node:fs";
import { forLog } from "../core/log.ts";
import { UsageError } from "./args.ts";

/* All that the command says. Names of files, code and messages come from projects and sites that others have written. */

export function print(text: string): void {
	process.stdout.write(forLog(text));
}

export function complain(text: string): void {
	process.stderr.write(forLog(text));
}

/**
 * What was asked for, exactly as it is: into a file, or where it is read. Reports must be fit for a log before.
 *
 * @throws {UsageError} when the file cannot be written.
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
