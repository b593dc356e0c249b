import type { IncomingMessage } from "node:http";
import type { Issues } from "./issue.ts";
import { isAsync, readEach } from "./read.ts";
import { pathOfTarget, resolvedPath } from "./request-path.ts";
import { ignoreRejection, show } from "./text.ts";

/** Requests that a middleware leaves alone: an exact path, a prefix that ends with `*`, a pattern, or a function of the request. */
export type Exemption = string | RegExp | ((req: IncomingMessage) => boolean);

export type IsExempt = (req: IncomingMessage) => boolean;

export function readExempt(value: unknown, issues: Issues): readonly IsExempt[] {
	return readEach(value, 'an array such as ["/healthz"]', issues, (one, at): IsExempt | undefined => {
		if (typeof one === "string" && one.startsWith("/")) return readExemptPath(one, at);
		if (one instanceof RegExp) return isExemptPath((path) => path.search(one) >= 0);
		const ask = readPredicate(one, 'a path such as "/healthz" or "/.well-known/*", a RegExp or a function', at);
		return ask && ((req) => isTrue(() => ask(req)));
	});
}

/** Only a path that is written as it resolves can match. */
function readExemptPath(text: string, issues: Issues): IsExempt | undefined {
	const isPrefix = text.endsWith("*");
	const path = isPrefix ? text.slice(0, -1) : text;
	const resolved = path.includes("*") ? undefined : resolvedPath(pathOfTarget(path));
	if (resolved === path) return isExemptPath(isPrefix ? (one) => one.startsWith(path) : (one) => one === path);
	const fix = resolved === undefined ? 'a path such as "/healthz" or "/.well-known/*", or a RegExp' : show(isPrefix ? `${resolved}*` : resolved);
	return issues.invalid("option/type", text, "which exempts no request", fix);
}

/** The framework routes by the path as it is, and what is behind it may decode and resolve it first. */
function isExemptPath(matches: (path: string) => boolean): IsExempt {
	return (req) => {
		const path = pathOfTarget(targetOf(req));
		const resolved = matches(path) ? resolvedPath(path) : undefined;
		return resolved !== undefined && matches(resolved);
	};
}

/** A function that returns its answer at once. */
export function readPredicate(value: unknown, expected: string, issues: Issues): IsExempt | undefined {
	if (typeof value !== "function") return issues.type(value, expected);
	return isAsync(value) ? issues.invalid("option/async", value, "which returns a promise", "a function that returns true or false") : (value as IsExempt);
}

/** What a function of the user's answers. Anything but `true` is false, an error or a promise too. */
export function isTrue(ask: () => unknown): boolean {
	try {
		const answer = ask();
		ignoreRejection(answer);
		return answer === true;
	} catch {
		return false;
	}
}

/** The request target as it came, also below a router, which shortens `req.url`. */
export function targetOf(req: IncomingMessage): string {
	const original: unknown = Reflect.get(req, "originalUrl");
	return typeof original === "string" ? original : (req.url ?? "/");
}
