import { NAMES } from "../../headers/facts.ts";
import type { Mounted } from "./application.ts";
import { mainPolicyOf } from "./mounts.ts";
import { isPolicy } from "./policies.ts";

/**
 * Whether a framework gets the nonce in a header of the request: from nonceHeader(), or from code of the application that writes one. It must come after
 * the policy, which makes the nonce, and before what answers every request.
 */
export function givesNonceHeader(handlers: readonly Mounted[]): boolean {
	const policy = mainPolicyOf(handlers)?.index ?? -1;
	const end = handlers.findIndex(answersAll);
	return handlers.some(({ handle, index }) => index > policy && (end < 0 || index < end) && givesNonce(handle));
}

function givesNonce(handle: unknown): boolean {
	return typeof handle === "function" && (handle.name === "nonceHeaderMiddleware" || isHandWritten(String(handle).replace(COMMENTS, "$1")));
}

/** A request handler that cannot pass a request on, such as the one of a framework. Frameworks count parameters too. */
function answersAll(handler: Mounted): boolean {
	return handler.isEverywhere && !handler.isRoute && typeof handler.handle === "function" && handler.handle.length === 2 && !isPolicy(handler);
}

/** The `//` of a URL begins no comment. */
const COMMENTS = /\/\*[\s\S]*?\*\/|(^|[\s;,{}()])\/\/.*$/gm;

const NONCE = /\bcspNonce\b|\bgetNonce\b/;
/** `req.headers["x-nonce"] =`, `req.headers.nonce =`, `req.headers["content-security-policy"] =` */
const NAMED = new RegExp(`\\bheaders(?:\\.\\w*nonce\\w*|\\[\\s*["'\`][^"'\`]*(?:nonce|${NAMES.contentSecurityPolicy})[^"'\`]*["'\`]\\s*\\])\\s*=(?![=>])`, "i");
/** `req.headers[NAME] = getNonce(res)` */
const VALUED = /\bheaders\[[^\]]+\]\s*=(?![=>])[^;]*(?:\bcspNonce\b|\bgetNonce\b)/;
/** `Object.defineProperty(req.headers, "x-nonce", { get: … })`, `req.headers = { ...req.headers, "x-nonce": … }` */
const DEFINED = /\b(?:defineProperty|defineProperties|assign|set)\(\s*[\w$.]*\bheaders\s*,|\.headers\s*=\s*(?:\{|Object\b)/;

/** Code that reads the nonce and writes a header of the request. */
function isHandWritten(code: string): boolean {
	return NONCE.test(code) && [NAMED, VALUED, DEFINED].some((form) => form.test(code));
}
