import type { Issues } from "../core/issue.ts";
import { readEach, readOrThrow, readWord } from "../core/read.ts";
import { string } from "../core/structured.ts";
import { CLEARED_TYPES } from "./tokens.ts";

/** What a browser forgets about the site. */
export type ClearSiteDataType = (typeof CLEARED_TYPES)[number];

/** Sets the header and goes on to the next handler. */
export type ClearSiteDataMiddleware = (req: unknown, res: { setHeader(name: string, value: string): unknown }, next: (error?: unknown) => void) => void;

/**
 * Middleware for one route, a logout for instance: makes the browser forget what it stored for the
 * site. Browsers read it on https only. Never mount it for a whole app: it would empty every cache
 * on every response.
 *
 * @param types What to clear. Without one: cache, cookies and storage.
 * @throws {PolicyError} `cache/clear-site-data` for an unknown type.
 * @example app.post("/logout", clearSiteData("cookies", "storage"), logout);
 * @see {@link https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Clear-Site-Data}
 * @see {@link https://www.w3.org/TR/clear-site-data/#header}
 */
export function clearSiteData(...types: readonly ClearSiteDataType[]): ClearSiteDataMiddleware {
	const { result: wanted } = readOrThrow("clearSiteData", (issues) => readTypes(types, issues));
	// Browsers ignore the word without its double quotes.
	const value = [...new Set(wanted)].map(string).join(", ");
	return function clearSiteDataMiddleware(_req, res, next) {
		res.setHeader("Clear-Site-Data", value);
		next();
	};
}

function readTypes(types: readonly unknown[], issues: Issues): readonly ClearSiteDataType[] {
	if (types.length === 0) return ["cache", "cookies", "storage"];
	if (types.every((type) => typeof type === "string"))
		return readEach(types, "", issues, (type, at) => readWord(type, CLEARED_TYPES, "cache/clear-site-data", at, "which browsers ignore"));
	issues.error(
		"cache/clear-site-data",
		'takes words, one for each argument, and gives the middleware. Write app.post("/logout", clearSiteData("cookies", "storage"), logout).',
	);
	return [];
}
