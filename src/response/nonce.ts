import type { Code } from "../core/codes.ts";
import { PolicyError } from "../core/errors.ts";
import { isObject, show } from "../core/text.ts";
import { NAMES } from "../headers/facts.ts";
import { fillRandom } from "./node.ts";
import { rewriteOurs } from "./ours.ts";
import { emitEvent, type HeaderStore, type ResponseLike, type ResponseState, stateOf } from "./state.ts";
import type { HeaderBlock } from "./wire.ts";

/*
 * The life of a nonce. It is made when getNonce is called or when the value in res.locals becomes text (lazy-nonce.ts, put there by locals.ts). Or
 * it comes from the application: from setNonce, from a function of the policy, or from res.locals when the head is written. Then the policy of the
 * response is rewritten with it. Without a nonce, the policy of a response has no slot, and reading the nonce after the head was written throws. A
 * 304 carries no header with a slot (precedence.ts), and no shared cache may keep a response with a nonce (caching.ts).
 */

/**
 * The property that holds the response of the value in res.locals. The symbol is registered, because another copy of the library may have made the
 * value.
 */
export const RESPONSE: unique symbol = Symbol.for("headguard.nonce.response/1") as never;

const NONCE_BYTES = 16;
const POOL_BYTES = 4096;

/** Random bytes for the next nonces. One system call fills many. Each byte is used once and then overwritten. */
const pool: Uint8Array<ArrayBuffer> = typeof Buffer === "undefined" ? new Uint8Array(POOL_BYTES) : Buffer.allocUnsafeSlow(POOL_BYTES);
let used = POOL_BYTES;

/** A process may be cloned from a snapshot of its memory, and each clone has the same bytes. So they are used for a second at most. */
const FRESH_MS = 1000;
let filledAt = 0;

/**
 * Makes a nonce: 16 bytes of the system's CSPRNG as 22 base64url characters, which need no escaping in an attribute. CSP3 §7.1 asks for 128 bits,
 * fresh for each response.
 */
export function createNonce(): string {
	const now = Date.now();
	const age = now - filledAt;
	// The clock may have been set back.
	if (used === POOL_BYTES || !(age >= 0 && age < FRESH_MS)) {
		fillRandom(pool);
		used = 0;
		filledAt = now;
	}
	const end = used + NONCE_BYTES;
	const nonce = base64url(used, end);
	pool.fill(0, used, end);
	used = end;
	return nonce;
}

/** Whether a text can be a nonce: 128 bits or more, in characters that need no escaping in an attribute. */
export function isNonce(text: string): boolean {
	return /^[\w+/-]{22,256}={0,2}$/.test(text);
}

/** Bytes of the pool as text. Runtimes without Node have no Buffer. */
function base64url(start: number, end: number): string {
	if (typeof Buffer !== "undefined") return (pool as Buffer).toString("base64url", start, end);
	return btoa(String.fromCharCode(...pool.subarray(start, end))).replace(/[+/=]/g, (letter) => (letter === "+" ? "-" : letter === "/" ? "_" : ""));
}

/** The last nonce that an application made. */
let lastOwn = "";

/**
 * Returns the value if it can be a nonce that the application made: at least 128 bits as base64, base64url or hexadecimal digits, no longer than
 * a header can hold several times, and not the nonce of the previous response.
 */
export function acceptNonce(value: unknown): string | undefined {
	if (typeof value !== "string" || value === lastOwn || !isNonce(value)) return undefined;
	lastOwn = value;
	return value;
}

/**
 * The nonce of a response. It is made at the first read and is then part of the CSP.
 * @throws {PolicyError} `nonce/too-late` if it was not read before the headers were written,
 * `nonce/not-mounted` if no middleware prepared the response.
 */
export function readNonce(res: object): string {
	const state = preparedState(res);
	state.takeOwnNonce?.(state, res as ResponseLike);
	if (state.nonce !== undefined) return state.nonce;
	const response = res as ResponseLike;
	if (response.headersSent)
		throw tooLate(
			state,
			"the headers were written before the nonce was first read, so they do not contain it. Read it before res.write, res.writeHead or res.flushHeaders.",
		);
	const nonce = createNonce();
	giveNonce(state, response, nonce);
	checkSlot(state);
	return nonce;
}

/**
 * Sets a nonce that a framework made.
 * @throws {PolicyError} `nonce/not-mounted`; `nonce/too-late` after the headers were written; `nonce/foreign` if it
 * cannot be a nonce, or if the response already has another one.
 */
export function assignNonce(res: object, given: unknown): void {
	const state = preparedState(res);
	state.takeOwnNonce?.(state, res as ResponseLike);
	if (state.nonce !== undefined && state.nonce === given) return;
	if ((res as ResponseLike).headersSent)
		throw tooLate(state, "the headers were written before setNonce was called. Call it before res.write, res.writeHead or res.flushHeaders.");
	if (state.nonce !== undefined) {
		throw nonceError("nonce/foreign", "the response already has a nonce, which may have been printed. Call setNonce once, before any code reads the nonce.");
	}
	const nonce = acceptNonce(given);
	if (nonce === undefined) {
		const rule = "22 to 256 characters of base64, base64url or hexadecimal digits, different in each response";
		throw nonceError("nonce/foreign", `received ${show(given)}, which cannot be a nonce. Pass ${rule}.`);
	}
	giveNonce(state, res as ResponseLike, nonce);
	checkSlot(state);
}

/** Sets a nonce that the application made, on a response that has none yet. */
export function adoptNonce(res: object, nonce: string): void {
	const state = stateOf(res);
	if (state !== undefined && state.nonce === undefined) giveNonce(state, res as ResponseLike, nonce);
}

/** The response of a nonce in res.locals. Undefined for a value that the application made. */
export function responseOf(value: unknown): object | undefined {
	return isObject(value) ? (Reflect.get(value, RESPONSE) as object | undefined) : undefined;
}

/** Adopts a value that the application made, on a response that has no nonce yet. Emits an event if the value cannot be the nonce. */
export function takeNonce(state: ResponseState, res: ResponseLike, value: unknown): void {
	if (state.nonce === value) return;
	const isOpen = state.nonce === undefined && !res.headersSent;
	const nonce = isOpen ? acceptNonce(value) : undefined;
	if (nonce === undefined) {
		emitEvent(
			state.compiled,
			state.req,
			"nonce/foreign",
			undefined,
			"the application set res.locals.cspNonce to a value that cannot be the nonce of this response, so browsers block elements that carry it. Delete the line that sets it: headguard makes the nonce.",
		);
		return;
	}
	giveNonce(state, res, nonce);
	checkSlot(state);
}

/** Browsers block elements with a nonce that no directive names. Functions that have not answered yet may still name it. */
export function checkSlot({ nonce, block, compiled, req }: ResponseState): void {
	if (nonce === undefined || block.hasNonce || compiled.dynamicSources.length > 0 || !limitsCode(block)) return;
	emitEvent(
		compiled,
		req,
		"nonce/no-slot",
		undefined,
		"the nonce was read, but the policy has no slot for it, so browsers block elements that carry it. Add csp.nonce to scriptSrc or styleSrc.",
	);
}

/** Without an enforced policy of scripts or styles, nothing is blocked. */
function limitsCode({ headers }: HeaderBlock): boolean {
	return headers.some(({ name, text }) => name === NAMES.contentSecurityPolicy && /\b(?:default|script|style)-src\b/.test(text));
}

function giveNonce(state: ResponseState, store: HeaderStore, nonce: string): void {
	state.nonce = nonce;
	for (const header of state.block.headers) if (header.nonced !== undefined) rewriteOurs(state, store, header, header.text);
}

function preparedState(res: object): ResponseState {
	const state = stateOf(res);
	if (state !== undefined) return state;
	throw nonceError("nonce/not-mounted", "this response has no policy. Mount secureHeaders() before the code that uses the nonce.");
}

function tooLate({ compiled, req }: ResponseState, message: string): PolicyError {
	emitEvent(compiled, req, "nonce/too-late", undefined, message);
	return nonceError("nonce/too-late", message);
}

function nonceError(code: Code, message: string): PolicyError {
	return new PolicyError([{ code, path: "nonce", message }]);
}
