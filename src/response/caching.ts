import { mergeVary } from "../core/vary.ts";
import { emitEvent, type HeaderStore, type ResponseState } from "./state.ts";

/**
 * What a response gets that has no Cache-Control of its own; undefined leaves it without. Error pages are not stored,
 * and a shared cache would hand one visitor's nonce to everybody.
 */
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

/** Cache-Control and Vary, at the last moment. */
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
			"a response with a nonce may be stored by shared caches, which hand one nonce to everybody. Write private or no-store.",
		);
	}
}

/** No shared cache stores these (RFC 9111 §3); `private="name"` withholds one field alone. */
const KEPT_PRIVATE = /(?:^|,)\s*(?:no-store|private)\s*(?:,|$)/i;
