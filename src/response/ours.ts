import { rewriteStored } from "./fast-path/store.ts";
import { currentText, emitFailure, type HeaderStore, isInBlock, type ResponseState } from "./state.ts";
import type { CompiledHeader } from "./wire.ts";

/* Sets, rewrites and removes our headers on a response, through the public API. */

/** Replaces an earlier text of ours with the current one, alone or beside values that the application appended. */
export function rewriteOurs(state: ResponseState, store: HeaderStore, header: CompiledHeader, before: string | undefined): boolean {
	if (before === undefined) return false;
	if (isInBlock(state) && rewriteStored(state, store, header, before)) return true;
	const value = store.getHeader(header.lowerName);
	if (value === before) {
		setOurs(state, store, header);
		return true;
	}
	if (!Array.isArray(value) || !value.includes(before)) return false;
	const ours = currentText(state, header);
	store.setHeader(
		header.name,
		value.map((one) => (one === before ? ours : String(one))),
	);
	return true;
}

export function setOurs(state: ResponseState, store: HeaderStore, header: CompiledHeader): void {
	try {
		store.setHeader(header.name, currentText(state, header));
	} catch (error) {
		emitFailure(state, header.name, error);
	}
}

export function removeNames(state: ResponseState, store: HeaderStore): void {
	for (const { name } of state.compiled.remove) {
		try {
			store.removeHeader(name);
		} catch (error) {
			emitFailure(state, name, error);
		}
	}
}

/** Removes our own value, and leaves what the application added. */
export function withoutOurs(store: HeaderStore, header: CompiledHeader, value: unknown, ours: string): void {
	const values = [value ?? []].flat().map(String);
	const rest = values.filter((one) => one !== ours);
	if (rest.length === 0) store.removeHeader(header.name);
	else if (rest.length < values.length) store.setHeader(header.name, rest);
}
