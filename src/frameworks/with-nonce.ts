import type { Issues } from "../core/issue.ts";
import { readOrThrow } from "../core/read.ts";
import type { Response } from "../core/request.ts";
import { isNonce, readNonce } from "../response/nonce.ts";

/**
 * Puts the nonce of a response into HTML that was built before, where the framework has written a slot: Angular writes the value of `ngCspNonce` on
 * each element that needs the nonce. Scripts that something else has put into the page stay without it.
 *
 * The slot is random text that only your application knows: print one with `node -p "crypto.randomUUID()"`. With a slot that an attacker can
 * guess or read, an injected `<script nonce="the slot">` would get the nonce too. Therefore, never send a page with the slot itself: do not serve
 * the folder of these pages as files. Delete Content-Length and ETag of the page, because the text changes.
 *
 * @param html A string, or the stream of a body. A string without the slot is returned as it is, and no nonce is made.
 * @param nonce The response that the page is for, or its nonce. An empty nonce empties the slot.
 * @param slot A random UUID, or at least 32 random hexadecimal digits.
 * @throws {PolicyError} `nonce/slot` for a slot that can be guessed, `nonce/foreign` for text that cannot be a nonce, and what `getNonce(res)` throws.
 * @example
 * const page = await response.text();
 * res.send(withNonce(page, res, process.env.NONCE_SLOT));
 * @see {@link https://angular.dev/best-practices/security#content-security-policy}
 */
export function withNonce(html: string, nonce: string | Response, slot: string): string;
export function withNonce(html: ReadableStream<Uint8Array>, nonce: string | Response, slot: string): ReadableStream<Uint8Array>;
export function withNonce(html: unknown, nonce: unknown, slot: unknown): string | ReadableStream<Uint8Array> {
	const { result: text = "" } = readOrThrow("withNonce", (issues) => readSlot(slot, issues.at("slot")));
	if (typeof html === "string") return html.includes(text) ? html.replaceAll(text, nonceOf(nonce)) : html;
	// The head may be on its way before a slot comes.
	if (isStream(html)) return html.pipeThrough(replacing(text, nonceOf(nonce)));
	return readOrThrow("withNonce", (issues) => issues.at("html").type(html, "a string or a ReadableStream")).result ?? "";
}

const UUID = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/i;
const DIGITS = /^[\da-f]{32,256}$/i;
const RANDOM = 'a random text, printed once with node -p "crypto.randomUUID()"';

function readSlot(slot: unknown, issues: Issues): string | undefined {
	if (typeof slot !== "string" || !(UUID.test(slot) || DIGITS.test(slot)))
		return issues.invalid("nonce/slot", slot, "which is not random, so an injected script could carry it", RANDOM);
	return isTyped(slot.toLowerCase()) ? issues.invalid("nonce/slot", slot, "which can be guessed, so an injected script could carry it", RANDOM) : slot;
}

/** Whether digits were typed rather than drawn: few different ones, a sequence, or a repetition. */
function isTyped(digits: string): boolean {
	return new Set(digits).size < 8 || digits.includes("01234567") || digits.indexOf(digits.slice(0, 8), 8) !== -1;
}

function nonceOf(given: unknown): string {
	if (typeof given !== "string") return readNonce(Object(given));
	if (given === "" || isNonce(given)) return given;
	const { result } = readOrThrow("withNonce", (issues) => issues.at("nonce").invalid("nonce/foreign", given, "which cannot be a nonce", "getNonce(res)"));
	return result ?? "";
}

function isStream(value: unknown): value is ReadableStream<Uint8Array> {
	return typeof value === "object" && value !== null && typeof Reflect.get(value, "pipeThrough") === "function";
}

/** Replaces the slot in bytes of any encoding that contains ASCII. Holds back no more than the beginning of a slot. */
function replacing(slot: string, nonce: string): TransformStream<Uint8Array, Uint8Array> {
	let held = "";
	return new TransformStream<Uint8Array, Uint8Array>({
		transform(chunk, controller): void {
			const text = (held + Buffer.from(chunk).toString("latin1")).replaceAll(slot, nonce);
			held = beginningAtEnd(text, slot);
			const ready = text.slice(0, text.length - held.length);
			if (ready !== "") controller.enqueue(Buffer.from(ready, "latin1"));
		},
		flush(controller): void {
			if (held !== "") controller.enqueue(Buffer.from(held, "latin1"));
		},
	});
}

/** The longest beginning of the slot that the text ends with. */
function beginningAtEnd(text: string, slot: string): string {
	for (let length = slot.length - 1; length > 0; length--) {
		const beginning = slot.slice(0, length);
		if (text.endsWith(beginning)) return beginning;
	}
	return "";
}
