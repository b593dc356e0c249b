import { currentText, headersKey, isShown, type ResponseState } from "../state.ts";
import type { CompiledHeader } from "../wire.ts";

/* Our headers in the object in which Node keeps those of a response: the other half of the fast way. */

/** Nobody has set a header yet. */
export function isUnset(res: object): boolean {
	return storedOf(res) === undefined;
}

/** What setHeader does, without looking at each byte of a text that was checked at start-up. */
export function storeEarly(state: ResponseState, res: object): void {
	const known = storedOf(res);
	const stored: Stored = known ?? Object.create(null);
	if (known === undefined) (res as Record<symbol, Stored>)[headersKey() as symbol] = stored;
	else {
		for (const { lowerName } of state.compiled.remove) if (known[lowerName] !== undefined) delete known[lowerName];
		// What was set before the policy gives way to it, as it does when headers are set one by one.
		for (const name of state.block.lateNames) if (known[name] !== undefined) delete known[name];
	}
	for (const header of state.block.early) stored[header.lowerName] = [header.name, currentText(state, header)];
}

/** Before another policy takes the place of this one: what the application has set beside it must be told from ours. */
export function materializeIfDisturbed(state: ResponseState, res: object): void {
	if (isShown(state)) return;
	const stored = storedOf(res);
	if (stored !== undefined && state.block.lateNames.some((name) => stored[name] !== undefined)) materialize(state, res);
}

/** The same for a text of ours in place of an earlier one; false when something else stands there. */
export function rewriteStored(state: ResponseState, res: object, header: CompiledHeader, before: string): boolean {
	// It is not there yet; what stands in its place is the application's.
	if (!isShown(state) && !header.early) return true;
	const stored = storedOf(res);
	if (stored?.[header.lowerName]?.[1] !== before) return false;
	stored[header.lowerName] = [header.name, currentText(state, header)];
	return true;
}

/** The object in which Node keeps the headers of a response, as soon as one was set. */
export function storedOf(res: object): Stored | undefined {
	return ((res as Record<symbol, Stored | null>)[headersKey() as symbol] ?? undefined) as Stored | undefined;
}

/** As if they had been set one by one, before anything else. The object stays: others may hold it. */
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
