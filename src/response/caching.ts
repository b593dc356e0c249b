import { mergeVary } from "../core/vary.ts";
import { emitEvent, type HeaderStore, type ResponseState } from "./state.ts";

/** The Cache-Control for a response that has none. Error pages must not be stored, and a shared cache would send the nonce of one visitor to all. */
export function defaultCacheControl(state: ResponseState, status: number): string | undefined {
	const { errorHeaders, compiled } = state;
	if (errorHeaders !== undefined && status >= 400) return "no-store";
	const ofPreset = compiled.cacheControl;
	if (ofPreset !== undefined) return ofPreset;
	return carriesNonce(state) ? "private" : undefined;
}

function carriesNonce({ nonce, block, hasOwnNonce }: ResponseState): boolean {
	return hasOwnNonce || (nonce !== undefined && block.hasNonce);
}

/** Completes Cache-Control and Vary when the head is written. */
export function sealCaching(state: ResponseState, store: HeaderStore, status: number): void {
	sealCacheControl(state, store, status);
	const { vary } = state.compiled;
	if (vary.length === 0) return;
	const current = store.getHeader("vary");
	store.setHeader("Vary", mergeVary(current === undefined ? "" : String(current), vary));
}

function sealCacheControl(state: ResponseState, store: HeaderStore, status: number): void {
	const value = defaultCacheControl(state, status);
	if (value === undefined) return;
	const current = [store.getHeader("cache-control") ?? []].flat().join();
	if (/^[\s,]*$/.test(current)) store.setHeader("Cache-Control", value);
	else if (carriesNonce(state) && !KEPT_PRIVATE.test(current)) {
		emitEvent(
			state.compiled,
			state.req,
			"nonce/shared-cacheable",
			"Cache-Control",
			"shared caches may store this response and send its nonce to every visitor. Use private or no-store.",
		);
	}
}

/** Shared caches store none of these (RFC 9111 §3). `private="name"` does not count: it only withholds that field. */
const KEPT_PRIVATE = /(?:^|,)\s*(?:no-store|private)\s*(?:,|$)/i;
