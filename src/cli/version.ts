import { existsSync, readFileSync } from "node:fs";

/** The version of this package. */
export function version(): string {
	// The built command is one folder nearer to the file than its source.
	const file = ["../package.json", "../../package.json"].map((path) => new URL(path, import.meta.url)).find((url) => existsSync(url));
	return file === undefined ? "" : String(JSON.parse(readFileSync(file, "utf8")).version);
}
