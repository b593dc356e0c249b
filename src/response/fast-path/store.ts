import { currentText, headersKey, isShown, type ResponseState } from "../state.ts";
import type { CompiledHeader } from "../wire.ts";

/* Our headers in the object in which Node keeps those of a response: the other half of the fast path. */

/** No header has been set yet. */
export function isUnset(res: object): boolean {
	return storedOf(res) === undefined;
}

/** Does what setHeader does, without checking each byte of a text that was checked at start-up. */
export function storeEarly(state: ResponseState, res: object): void {
	const known = storedOf(res);
	const stored: Stored = known ?? Object.create(null);
	if (known === undefined) (res as Record<symbol, Stored>)[headersKey() as symbol] = stored;
	else {
		for (const { lowerName } of state.compiled.remove) if (known[lowerName] !== undefined) delete known[lowerName];
		// The policy replaces what was set before it, as it does when headers are set one by one.
		for (const name of state.block.lateNames) if (known[name] !== undefined) delete known[name];
	}
	for (const header of state.block.early) stored[header.lowerName] = [header.name, currentText(state, header)];
}

/** Called before another policy replaces this one: what the application set beside it must be told apart from ours. */
export function materializeIfDisturbed(state: ResponseState, res: object): void {
	if (isShown(state)) return;
	const stored = storedOf(res);
	if (stored !== undefined && state.block.lateNames.some((name) => stored[name] !== undefined)) materialize(state, res);
}

/** Replaces an earlier text of ours. Returns false if the header has another value. */
export function rewriteStored(state: ResponseState, res: object, header: CompiledHeader, before: string): boolean {
	// It is not there yet. A value under that name is the application's.
	if (!isShown(state) && !header.early) return true;
	const stored = storedOf(res);
	if (stored?.[header.lowerName]?.[1] !== before) return false;
	stored[header.lowerName] = [header.name, currentText(state, header)];
	return true;
}

/** The object in which Node keeps the headers of a response. Undefined until one is set. */
export function storedOf(res: object): Stored | undefined {
	return ((res as Record<symbol, Stored | null>)[headersKey() as symbol] ?? undefined) as Stored | undefined;
}

/**
 * Puts the headers on the response as if they had been set one by one, before all others. The object stays the same, because other code may hold
 * it.
 */
export function materialize(state: ResponseState, res: object): void {
	state.mode = "shown";
	const stored = storedOf(res);
	if (stored === undefined) return;
	const own = { ...stored };
	for (const name of Object.keys(stored)) delete stored[name];
	for (const header of state.block.headers) {
		const value =
			own[header.lowerName] ?? (state.block.lateNames.includes(header.lowerName) ? ([header.name, currentText(state, header)] as const) : undefined);
		if (value !== undefined) stored[header.lowerName] = value;
	}
	Object.assign(stored, own);
}

/** How Node keeps the headers of a response: lower-case name → name and value. */
export type Stored = Record<string, readonly [name: string, value: unknown] | undefined>;
