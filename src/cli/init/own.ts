import { readFileSync } from "node:fs";
import { isRecord } from "../../core/text.ts";

/** What this package says of itself. */
export interface Own {
	readonly version: string;
	/** Whether it has the entry headguard/devtools. */
	readonly hasDevtools: boolean;
}

export function readOwn(): Own {
	// The built command is in a folder of the package.
	const { version, exports: entries } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
	return { version: String(version), hasDevtools: isRecord(entries) && Object.hasOwn(entries, "./devtools") };
}
