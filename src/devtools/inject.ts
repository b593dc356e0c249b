import type { Response } from "../core/request.ts";
import { NAMES } from "../headers/facts.ts";
import { getNonce } from "../middleware.ts";
import { stateOf } from "../response/state.ts";

/**
 * Adds the probe to HTML pages, as their first script. Leaves compressed responses and other types alone. The nonce of the response is used if its
 * policy has a slot.
 */
export function createInjector(address: string): (res: Response) => void {
	return (res) => {
		for (const method of ["write", "end"] as const) {
			const original = res[method] as (...args: unknown[]) => unknown;
			let isFirst = true;
			Reflect.set(res, method, function (this: unknown, chunk: unknown, ...rest: unknown[]) {
				const isStart = isFirst && !res.headersSent && typeof chunk !== "function";
				isFirst = false;
				return Reflect.apply(original, this, [isStart && isPage(res) ? withProbe(res, chunk, rest[0], address) : chunk, ...rest]);
			});
		}
	};
}

/** The first part of a page with the script. Unchanged if it is not text. */
function withProbe(res: Response, chunk: unknown, encoding: unknown, address: string): unknown {
	if (typeof encoding === "string" && !/^(?:utf-?8|latin1|ascii)$/i.test(encoding)) return chunk;
	const isBytes = chunk instanceof Uint8Array;
	// Bytes keep their values as the characters of Latin-1, whatever the encoding of the page is.
	const given = isBytes ? Buffer.from(chunk).toString("latin1") : chunk;
	if (typeof given !== "string" || given === "") return chunk;
	const nonce = stateOf(res)?.block.hasNonce === true ? ` nonce="${getNonce(res)}"` : "";
	const page = withScript(given, `<script src="${address}"${nonce}></script>`);
	const length = res.getHeader("content-length");
	if (length !== undefined) res.setHeader("content-length", Number(length) + page.length - given.length);
	return isBytes ? Buffer.from(page, "latin1") : page;
}

function isPage(res: Response): boolean {
	const type = String(res.getHeader("content-type") ?? "");
	// The error page of a framework allows no script.
	const policy = String(res.getHeader(NAMES.contentSecurityPolicy) ?? "");
	if (/^\s*default-src 'none'/i.test(policy) && !/script-src/i.test(policy)) return false;
	return /^\s*text\/html/i.test(type) && res.getHeader("content-encoding") === undefined && res.statusCode !== 304 && res.statusCode !== 206;
}

/** After the start of the head or of the document, so that browsers stay in standards mode. */
function withScript(page: string, script: string): string {
	const at = /<head(?:\s[^>]*)?>/i.exec(page) ?? /<html(?:\s[^>]*)?>/i.exec(page) ?? /<!doctype[^>]*>/i.exec(page);
	const end = at === null ? 0 : at.index + at[0].length;
	return `${page.slice(0, end)}${script}${page.slice(end)}`;
}
