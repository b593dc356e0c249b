import type { Issues } from "../core/issue.ts";
import { readEach, readOrThrow, readWord } from "../core/read.ts";
import { string } from "../core/structured.ts";
import { IGNORED } from "./common/token.ts";
import { CLEARED_TYPES } from "./tokens.ts";

/** What the browser deletes of a site. */
export type ClearSiteDataType = (typeof CLEARED_TYPES)[number];

/** Sets the header and calls the next handler. */
export type ClearSiteDataMiddleware = (req: unknown, res: { setHeader(name: string, value: string): unknown }, next: (error?: unknown) => void) => void;

/**
 * Returns middleware for one route, such as a logout, that makes the browser delete what it stored for the site. Browsers read the header over https
 * only. Do not mount it for a whole application, because it would empty the cache on every response.
 *
 * @param types What to clear. By default, cache, cookies and storage.
 * @throws {PolicyError} `cache/clear-site-data` for an unknown type.
 * @example app.post("/logout", clearSiteData("cookies", "storage"), logout);
 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Clear-Site-Data}
 * @see {@link https://www.w3.org/TR/clear-site-data/#header}
 */
export function clearSiteData(...types: readonly ClearSiteDataType[]): ClearSiteDataMiddleware {
	const { result: wanted } = readOrThrow("clearSiteData", (issues) => readTypes(types, issues));
	// Browsers ignore the words without double quotes.
	const value = [...new Set(wanted)].map(string).join(", ");
	return function clearSiteDataMiddleware(_req, res, next) {
		res.setHeader("Clear-Site-Data", value);
		next();
	};
}

function readTypes(types: readonly unknown[], issues: Issues): readonly ClearSiteDataType[] {
	if (types.length === 0) return ["cache", "cookies", "storage"];
	if (types.every((type) => typeof type === "string"))
		return readEach(types, "", issues, (type, at) => readWord(type, CLEARED_TYPES, "cache/clear-site-data", at, IGNORED));
	issues.error("cache/clear-site-data", "each argument must be a word", 'app.post("/logout", clearSiteData("cookies", "storage"), logout)');
	return [];
}
