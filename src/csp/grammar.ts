import type { RequestFunction } from "../core/request.ts";
import { NONCE, type NonceSlot } from "./keywords.ts";

/** Gives the sources of one request: one, several or none. */
export type SourceFunction = RequestFunction<string | readonly string[]>;

/** One source expression as it stands in a model: canonical text, the nonce slot, or what is asked in each request. */
export type Source = string | NonceSlot | SourceFunction;

/** A host source (CSP3 §2.3.1): its scheme, host, port and path. */
export const HOST_SOURCE: RegExp =
	/^(?:([A-Za-z][A-Za-z0-9+.-]*):\/\/)?(\*|(?:\*\.)?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}|\*))?(\/.*)?$/;

const NONCE_SOURCE = /^'nonce-[A-Za-z0-9+/_-]+={0,2}'$/i;
const HASH_SOURCE = /^'sha(?:256|384|512)-[A-Za-z0-9+/_-]+={0,2}'$/i;

/** The text of a nonce source, as browsers read one: what is no base64 is none. */
export function isNonceSource(source: Source): boolean {
	return typeof source === "string" && NONCE_SOURCE.test(source);
}

/** The nonce sources of a policy. */
export function noncesIn(text: string): readonly string[] {
	return text.split(/[\s;,]+/).filter(isNonceSource);
}

/** True for a nonce, its slot or a hash: what makes 'strict-dynamic' work and switches 'unsafe-inline' off. */
export function isNonceOrHash(source: Source): boolean {
	return source === NONCE || isNonceSource(source) || (typeof source === "string" && HASH_SOURCE.test(source));
}

/** True for the keywords that browsers ignore beside a nonce or hash. */
export function yieldsToNonces(source: Source): boolean {
	return source === "'unsafe-inline'" || source === "'inline-speculation-rules'";
}

/** True for text that lets any host through: `*` alone, or a scheme that reaches the whole network. */
export function isWildcard(source: Source): boolean {
	return source === "*" || source === "http:" || source === "https:" || source === "ws:" || source === "wss:" || isAnyHost(source);
}

/** True for a host by name, with or without a path. */
export function isHost(source: Source): boolean {
	const host = HOST_SOURCE.exec(String(source))?.[2] ?? "";
	return !host.startsWith("[") && host.replace(/^\*\.|\.$/g, "").includes(".");
}

/**
 * Whether any inline code runs under the list that governs a directive (CSP3 §6.7.3.2): a nonce or a hash switches
 * 'unsafe-inline' off, and 'strict-dynamic' does where scripts are chosen.
 */
export function allowsInline(list: readonly Source[], directive: string): boolean {
	const isOff = list.some(isNonceOrHash) || (directive.startsWith("script") && list.includes("'strict-dynamic'"));
	return list.includes("'unsafe-inline'") && !isOff;
}

function isAnyHost(source: Source): boolean {
	return typeof source === "string" && /^(?:[a-z][a-z0-9+.-]*:\/\/)?\*(?::(?:\d+|\*))?(?:\/|$)/i.test(source);
}
