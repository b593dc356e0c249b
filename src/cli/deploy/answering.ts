import { compiledOf } from "../../policy/compile.ts";
import { type Mounted, placeOf } from "./application.ts";

/** Handlers that respond themselves, by the names of their functions. The last two are an application that could not be read. */
const ANSWERING: ReadonlyMap<string, string> = new Map([
	["serveStatic", "express.static"],
	["corsMiddleware", "cors()"],
	["jsonParser", "express.json()"],
	["urlencodedParser", "express.urlencoded()"],
	["textParser", "express.text()"],
	["rawParser", "express.raw()"],
	["mounted_app", "an application"],
	["handle", "an application"],
]);

/** What a handler is called that answers requests. Undefined for all others. */
export function answeringName(handler: Mounted): string | undefined {
	const { handle, isRoute, path } = handler;
	if (typeof handle !== "function" || handle.length > 3 || compiledOf(handle) !== undefined) return undefined;
	if (isRoute) return placeOf(handler);
	const name = ANSWERING.get(handle.name);
	return name === undefined || path === "" ? name : `${name} under ${path}`;
}

/** Middleware that never answers, by the names of their functions: of Express 4 itself, express-session, compression, cookie-parser and morgan. */
const PASSING: ReadonlySet<string> = new Set(["query", "expressInit", "session", "compression", "cookieParser", "logger"]);

/** What a function is called that may answer, for all that is known: it cannot pass a request on, or it is mounted for a path. Undefined for all others. */
export function unknownName(handler: Mounted): string | undefined {
	const { handle, isRoute, path } = handler;
	if (typeof handle !== "function" || isRoute || handle.length > 3 || compiledOf(handle) !== undefined) return undefined;
	// One with rest parameters has the length 0.
	const canPass = handle.length === 0 || handle.length === 3;
	if (canPass && (path === "" || PASSING.has(handle.name))) return undefined;
	const name = /^[\w$]+$/.test(handle.name) ? `${handle.name}()` : "a function";
	return path === "" ? `${name} for ${placeOf(handler)}` : `${name} under ${path}`;
}

/** Answers broken requests, with an error that an error handler sees. */
export function isParser({ handle }: Mounted): boolean {
	return typeof handle === "function" && /^(?:json|urlencoded|text|raw)Parser$/.test(handle.name);
}

/** `headers.errorHandler` of any policy. */
export function isErrorHandler({ handle }: Mounted): boolean {
	return typeof handle === "function" && handle.name === "secureHeadersErrorHandler";
}
