import { reasonOf } from "../core/errors.ts";
import { sealCaching } from "./caching.ts";
import { ServerResponse } from "./node.ts";
import { sealHeader } from "./seal-header.ts";
import { currentText, emitEvent, emitFailure, type HeaderStore, isReached, isShown, type ResponseLike, type ResponseState, stateOf } from "./state.ts";
import type { CompiledHeader } from "./wire.ts";
import { isStatus, mergeArguments } from "./write-head.ts";

/**
 * Takes the place of a response's writeHead, where every response passes, whatever wrote it. Shared
 * by all responses: what it needs is in the state.
 */
export function sealingWriteHead(this: ResponseLike, statusCode: number, ...rest: unknown[]): unknown {
	const state = stateOf(this);
	// Nothing is known of what it stands on, which cannot be; it must not break even then.
	if (state?.writeHead === undefined) return Reflect.apply(ServerResponse.prototype.writeHead, this, [statusCode, ...rest]);
	const status = Number(statusCode) | 0;
	if (this.headersSent || state.sealing || !isStatus(status)) return Reflect.apply(state.writeHead, this, [statusCode, ...rest]);
	state.sealing = true;
	try {
		const left = rest.length === 0 ? rest : mergeArguments(state, this, status, rest);
		if (left === undefined) return Reflect.apply(state.writeHead, this, [statusCode, ...rest]);
		seal(state, this, status);
		const args = [statusCode, ...left] as const;
		return state.watch === undefined ? Reflect.apply(state.writeHead, this, args) : state.watch(state, this, status, args);
	} finally {
		state.sealing = false;
	}
}

/**
 * The last look before the headers become bytes: absent ones are filled in, each of ours stands there
 * once, and what the application set on purpose stays. Never throws: an error inside an
 * asynchronous end() would end the process.
 */
export function seal(state: ResponseState, store: HeaderStore, status: number): void {
	let removed: readonly CompiledHeader[] = [];
	try {
		if (state.source === "guard" && isReached(state.compiled)) {
			emitEvent(
				state.compiled,
				state.req,
				"attach/not-reached",
				undefined,
				"the response was written before the middleware was reached; the server guard put the policy on it. Mount the middleware before whatever answered.",
			);
		}
		state.takeOwnNonce?.(state, store as ResponseLike);
		if (isIntact(state, store, status)) {
			finish(state, store, status);
			return;
		}
		// What was never there cannot have been removed.
		if (isShown(state)) removed = removedAlone(state, store);
	} catch (error) {
		emitEvent(state.compiled, state.req, "attach/failed", undefined, `looking at the headers failed: ${reasonOf(error)}`);
	}
	for (const header of state.block.headers) {
		try {
			if (removed.includes(header)) {
				if (state.compiled.removalWins) continue;
				reportRemoved(state, header);
			}
			sealHeader(state, store, header, status);
		} catch (error) {
			emitFailure(state, header.name, error);
		}
	}
	finish(state, store, status);
}

function finish(state: ResponseState, store: HeaderStore, status: number): void {
	try {
		for (const { name } of state.compiled.remove) store.removeHeader(name);
		sealCaching(state, store, status);
	} catch (error) {
		emitFailure(state, undefined, error);
	}
}

/** Nobody has touched a header, as on most responses. */
function isIntact(state: ResponseState, store: HeaderStore, status: number): boolean {
	if (!isShown(state) || (status === 304 && state.block.hasNonce)) return false;
	for (const header of state.block.headers) if (store.getHeader(header.lowerName) !== currentText(state, header)) return false;
	return true;
}

/** Headers gone while others are still there: somebody meant to switch them off, and wiped nothing. */
function removedAlone(state: ResponseState, store: HeaderStore): readonly CompiledHeader[] {
	const { headers } = state.block;
	const missing = headers.filter(({ lowerName }) => isAbsent(store.getHeader(lowerName)));
	if (!state.compiled.removalWins) return missing.length > headers.length / 2 ? [] : missing;
	// Frameworks that wipe a response set nosniff again.
	return headers.some((header) => !header.locked && store.getHeader(header.lowerName) === currentText(state, header)) ? missing : [];
}

/** Node sends no line for an empty array. */
function isAbsent(value: unknown): boolean {
	return value === undefined || (Array.isArray(value) && value.length === 0);
}

function reportRemoved({ compiled, req }: ResponseState, { name }: CompiledHeader): void {
	emitEvent(
		compiled,
		req,
		"override/removed",
		name,
		"the header was removed by the application and filled in again. To switch it off, write false for its option.",
	);
}
