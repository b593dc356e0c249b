import type { RequestFunction } from "../core/request.ts";
import { NONCE, type NonceSlot } from "./keywords.ts";

/** A source or token that this version does not know, from `csp.raw`. */
export interface RawSource {
	readonly raw: string;
}

/** Returns the sources for one request: one, several or none. */
export type SourceFunction = RequestFunction<string | RawSource | readonly (string | RawSource)[]>;

/** One source expression of a model: canonical text, the nonce slot, or a function that is called in each request. */
export type Source = string | NonceSlot | SourceFunction;

/** A host source (CSP3 §2.3.1): its scheme, host, port and path. */
export const HOST_SOURCE: RegExp =
	/^(?:([A-Za-z][A-Za-z0-9+.-]*):\/\/)?(\*|(?:\*\.)?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}|\*))?(\/.*)?$/;

const NONCE_SOURCE = /^'nonce-[A-Za-z0-9+/_-]+={0,2}'$/i;
const HASH_SOURCE = /^'sha(?:256|384|512)-[A-Za-z0-9+/_-]+={0,2}'$/i;
const URL_HASH = /^'url-sha(?:256|384|512)-[A-Za-z0-9+/_-]+={0,2}'$/i;
const EVAL_HASH = /^'eval-sha(?:256|384|512)-[A-Za-z0-9+/_-]+={0,2}'$/i;

/** Whether a value comes from csp.raw, of this or of another copy of the library. */
export function isRaw(value: unknown): value is RawSource {
	return typeof value === "object" && value !== null && Object.keys(value).join() === "raw" && typeof (value as RawSource).raw === "string";
}

/** Whether browsers read a text as a nonce source, which needs base64. */
export function isNonceSource(source: Source): boolean {
	return typeof source === "string" && NONCE_SOURCE.test(source);
}

/** Whether browsers read a text as a hash source, which needs base64. */
export function isHashSource(source: Source): boolean {
	return typeof source === "string" && HASH_SOURCE.test(source);
}

/**
 * Whether a source is the hash of a script's address. Chromium 156 matches it behind a flag only. Next to it, Chromium ignores hosts, schemes and
 * 'self', even without the flag and in lists that are not about scripts.
 */
export function isUrlHash(source: Source): boolean {
	// Lists can be long, and most of their sources are hosts.
	return typeof source === "string" && source.startsWith("'") && URL_HASH.test(source);
}

/** Whether a source is the hash of code for eval. Chromium 156 matches it behind a flag only. Next to it, Chromium ignores 'unsafe-eval'. */
export function isEvalHash(source: Source): boolean {
	return typeof source === "string" && EVAL_HASH.test(source);
}

/** A source as browsers compare it: only nonces and digests keep their case. */
export function comparable(source: Source): string {
	return isNonceOrHash(source) || isUrlHash(source) || isEvalHash(source) ? String(source) : String(source).toLowerCase();
}

/** The nonce sources of a policy. */
export function noncesIn(text: string): readonly string[] {
	return text.split(/[\s;,]+/).filter(isNonceSource);
}

/** Whether a source is a nonce, its slot or a hash, which 'strict-dynamic' needs and which switch 'unsafe-inline' off. */
export function isNonceOrHash(source: Source): boolean {
	return source === NONCE || isNonceSource(source) || isHashSource(source);
}

/** Whether a source is a keyword that browsers ignore next to a nonce or hash. */
export function yieldsToNonces(source: Source): boolean {
	return source === "'unsafe-inline'" || source === "'inline-speculation-rules'";
}

/** Whether a source allows any host: `*`, or a scheme of the network. */
export function isWildcard(source: Source): boolean {
	return source === "*" || source === "http:" || source === "https:" || source === "ws:" || source === "wss:" || isAnyHost(source);
}

/** Whether a source is `*` with a port and without a scheme, which WebKit ignores. */
export function isAnyHostWithPort(source: string): boolean {
	return source.startsWith("*:");
}

/** Whether a source is a host name, with or without a path. */
export function isHost(source: Source): boolean {
	const host = HOST_SOURCE.exec(String(source))?.[2] ?? "";
	return !host.startsWith("[") && host.replace(/^\*\.|\.$/g, "").includes(".");
}

/**
 * Whether the list that governs a directive allows any inline code (CSP3 §6.7.3.2). A nonce or a hash switches 'unsafe-inline' off. For scripts,
 * 'strict-dynamic' does too.
 */
export function allowsInline(list: readonly Source[], directive: string): boolean {
	const isOff = list.some(isNonceOrHash) || (directive.startsWith("script") && list.includes("'strict-dynamic'"));
	return list.includes("'unsafe-inline'") && !isOff;
}

function isAnyHost(source: Source): boolean {
	return typeof source === "string" && /^(?:[a-z][a-z0-9+.-]*:\/\/)?\*(?::(?:\d+|\*))?(?:\/|$)/i.test(source);
}
