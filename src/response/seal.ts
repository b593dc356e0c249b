import { reasonOf } from "../core/errors.ts";
import { sealCaching } from "./caching.ts";
import { isHeard } from "./events.ts";
import { ServerResponse } from "./node.ts";
import { sealHeader } from "./seal-header.ts";
import { currentText, emitEvent, emitFailure, type HeaderStore, isMissed, isShown, type ResponseLike, type ResponseState, stateOf } from "./state.ts";
import { watchUntyped } from "./untyped.ts";
import type { CompiledHeader } from "./wire.ts";
import { isStatus, mergeArguments } from "./write-head.ts";

/**
 * Replaces the writeHead of a response. Every response passes there, whatever wrote it. All responses share this function. The state holds what it
 * needs.
 */
export function sealingWriteHead(this: ResponseLike, statusCode: number, ...rest: unknown[]): unknown {
	const state = stateOf(this);
	// A response without a state should not get here. It must still be sent.
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
 * The last step before the headers become bytes. It adds missing headers, sends each of ours exactly once, and keeps what the application set on
 * purpose. Never throws, because an error inside an asynchronous end() would end the process.
 */
export function seal(state: ResponseState, store: HeaderStore, status: number): void {
	let removed: readonly CompiledHeader[] = [];
	try {
		if (isMissed(state)) {
			emitEvent(
				state.compiled,
				state.req,
				"attach/not-reached",
				undefined,
				"the response was written before the middleware was reached, and protectServer put the policy on it. Mount the middleware first. If a listener beside the application wrote it, nothing is wrong.",
			);
		}
		state.takeOwnNonce?.(state, store as ResponseLike);
		if (isIntact(state, store, status)) {
			sealRest(state, store, status);
			return;
		}
		// A header that was never there cannot have been removed.
		if (isShown(state)) removed = removedAlone(state, store);
	} catch (error) {
		emitEvent(state.compiled, state.req, "attach/failed", undefined, `the headers could not be read: ${reasonOf(error)}`);
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
	sealRest(state, store, status);
}

/** What is sealed beside the headers of the policy. */
export function sealRest(state: ResponseState, store: HeaderStore, status: number): void {
	try {
		for (const { name } of state.compiled.remove) store.removeHeader(name);
		sealCaching(state, store, status);
		if (isHeard(state.compiled) && store.getHeader("content-type") === undefined) watchUntyped(state, store, status);
	} catch (error) {
		emitFailure(state, undefined, error);
	}
}

/** No header was changed, as on most responses. */
function isIntact(state: ResponseState, store: HeaderStore, status: number): boolean {
	if (!isShown(state) || (status === 304 && state.block.hasNonce)) return false;
	for (const header of state.block.headers) if (store.getHeader(header.lowerName) !== currentText(state, header)) return false;
	return true;
}

/** Headers that are gone while others are still there. The application removed them on purpose, and did not clear the whole response. */
function removedAlone(state: ResponseState, store: HeaderStore): readonly CompiledHeader[] {
	const { headers } = state.block;
	const missing = headers.filter(({ lowerName }) => isAbsent(store.getHeader(lowerName)));
	if (!state.compiled.removalWins) return missing.length > headers.length / 2 ? [] : missing;
	// Frameworks that clear a response set nosniff again.
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
		"the application removed the header, and it was added again. To switch it off, write false for its option.",
	);
}
