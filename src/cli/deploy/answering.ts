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

/** Answers broken requests, with an error that an error handler sees. */
export function isParser({ handle }: Mounted): boolean {
	return typeof handle === "function" && /^(?:json|urlencoded|text|raw)Parser$/.test(handle.name);
}

/** `headers.errorHandler` of any policy. */
export function isErrorHandler({ handle }: Mounted): boolean {
	return typeof handle === "function" && handle.name === "secureHeadersErrorHandler";
}
