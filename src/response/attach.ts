import { canSendBlock, wrappedWriteHead } from "./fast-path/install.ts";
import { watchFirst } from "./fast-path/proof.ts";
import { isUnset, materializeIfDisturbed, storeEarly } from "./fast-path/store.ts";
import { exposeNonce } from "./locals.ts";
import { removeNames, rewriteOurs, setOurs, withoutOurs } from "./ours.ts";
import { isNotedPlain, notePlain } from "./plain.ts";
import { sealingWriteHead } from "./seal.ts";
import { currentText, emitEvent, type HeaderStore, isShown, newState, noteReached, type ResponseLike, type ResponseState, setState, stateOf } from "./state.ts";
import { blockOn, evidence, type RequestLike } from "./transport.ts";
import { watchFor } from "./watched.ts";
import type { CompiledHeader, HeaderBlock, WirePolicy } from "./wire.ts";

/** Puts the policy of a middleware on a response, in place of the server guard's, and the nonce in `res.locals`. */
export function attachPolicy(req: RequestLike, res: ResponseLike, compiled: WirePolicy): void {
	const state = prepare(req, res, compiled);
	if (state !== undefined && state.source !== "middleware") noteReached(compiled, req);
	takeOver(state, req, res);
}

function takeOver(state: ResponseState | undefined, req: RequestLike, res: ResponseLike): void {
	if (state === undefined) return;
	state.source = "middleware";
	exposeNonce(req, res, state);
}

/** What the error handler does. From here on, headers that came with the error cannot win. */
export function attachToError(req: RequestLike, res: ResponseLike, compiled: WirePolicy, error: unknown): void {
	if (res.headersSent) return;
	// A route may have set a policy of its own. It stays.
	if (policyOn(res) === undefined) takeOver(prepare(req, res, compiled), req, res);
	const state = stateOf(res);
	if (state !== undefined) state.errorHeaders = headersOfError(error);
}

/** For a request that came over http: the policy on the response, now and later, is the one for http. helmet's is the same everywhere. */
export function attachPlain(req: RequestLike, res: ResponseLike): void {
	notePlain(req);
	const state = stateOf(res);
	if (state !== undefined && !state.compiled.removalWins && !res.headersSent) prepare(req, res, state.compiled, state.source);
}

/** The policy that a middleware put on a response. A policy that only the server guard put there does not count. */
export function policyOn(res: object): WirePolicy | undefined {
	const state = stateOf(res);
	return state?.source === "middleware" ? state.compiled : undefined;
}

/**
 * Puts a policy on a response before its handlers run. It sets every header at once, so that handlers, caches and mocks see it, and wraps writeHead
 * to seal the headers there. A second call swaps the policy.
 */
export function prepare(req: RequestLike, res: ResponseLike, compiled: WirePolicy, source: ResponseState["source"] = "middleware"): ResponseState | undefined {
	return putPolicy(req, res, compiled, chooseBlock(req, compiled, source !== "middleware"), source, watchFor);
}

/** The same for headers that were already chosen. Without `watch`, it does not judge what a custom writeHead does after the seal. */
export function putPolicy(
	req: RequestLike,
	res: ResponseLike,
	compiled: WirePolicy,
	block: HeaderBlock,
	source: ResponseState["source"] = "middleware",
	watch: typeof watchFor | undefined = undefined,
): ResponseState | undefined {
	const known = stateOf(res);
	if (res.headersSent) {
		emitEvent(compiled, req, "attach/too-late", undefined, "the response had begun before the middleware ran. Mount the middleware first.");
		return known;
	}
	if (known !== undefined) {
		if (known.block !== block) replacePolicy(known, res, compiled, block);
		// Express sets X-Powered-By between the server guard and the middleware, and again in a mounted app.
		else removeNames(known, res);
		return known;
	}
	const inBlock = canSendBlock(req, res, compiled);
	const state = createState(req, compiled, block, res, inBlock ? "block" : "headers", source, inBlock ? undefined : watch?.(res, wrappedWriteHead()));
	if (inBlock) {
		storeEarly(state, res);
		setState(res, state);
		watchFirst(state, res);
		return state;
	}
	for (const header of block.headers) setOurs(state, res, header);
	// After the headers: setting the first one creates the object that holds the state.
	setState(res, state);
	removeNames(state, res);
	if (typeof res.writeHead === "function") {
		try {
			res.writeHead = sealingWriteHead;
		} catch {
			emitEvent(compiled, req, "attach/failed", undefined, "writeHead of the response cannot be replaced, so headers that handlers remove stay removed.");
		}
	}
	return state;
}

/** The state of a response. Without `res`, that of an HTTP/2 stream. */
export function createState(
	req: RequestLike,
	compiled: WirePolicy,
	block: HeaderBlock,
	res: ResponseLike | undefined,
	mode: ResponseState["mode"],
	source: ResponseState["source"],
	watch?: ResponseState["watch"],
): ResponseState {
	const wasBare = mode === "block" ? isUnset(res as ResponseLike) : res?.getHeaderNames?.().length === 0;
	return newState(req, compiled, block, mode, source, wasBare, res?.writeHead, watch);
}

/** The headers for the connection that the request came over. */
export function chooseBlock(req: RequestLike, compiled: WirePolicy, quiet = false): HeaderBlock {
	// The server guard runs before the framework has said which proxies it trusts.
	const seen = isNotedPlain(req) ? "http" : evidence(req, compiled.secure);
	if (typeof seen === "object" && !quiet) emitEvent(compiled, req, seen.code, undefined, seen.detail);
	// Drawn for each response and not for each visitor: a page may report after a reload although it did not before.
	const reports = compiled.reportFraction === 1 || Math.random() < compiled.reportFraction;
	return blockOn(compiled, seen, req, reports);
}

/** The later policy replaces every header that is still ours. The nonce of the response stays. */
function replacePolicy(state: ResponseState, store: HeaderStore, compiled: WirePolicy, block: HeaderBlock): void {
	materializeIfDisturbed(state, store);
	const old = state.block;
	const before = onResponse(state);
	const texts = before.map((header) => currentText(state, header));
	state.compiled = compiled;
	state.block = block;
	const after = onResponse(state);
	for (const [i, header] of before.entries()) {
		if (positionOf(header, after) < 0) withoutOurs(store, header, store.getHeader(header.lowerName), texts[i] as string);
	}
	for (const header of after) {
		const replaced = rewriteOurs(state, store, header, texts[positionOf(header, before)]);
		if (!replaced && store.getHeader(header.lowerName) === undefined) setOurs(state, store, header);
	}
	removeNames(state, store);
	if (state.nonce !== undefined && old.hasNonce && !block.hasNonce) {
		emitEvent(
			compiled,
			state.req,
			"nonce/no-slot",
			undefined,
			"the nonce was read, and then a policy without a slot replaced the policy. Add csp.nonce to the override.",
		);
	}
}

/** The headers that are on the response before the head is written. */
function onResponse(state: ResponseState): readonly CompiledHeader[] {
	return isShown(state) ? state.block.headers : state.block.early;
}

function positionOf({ lowerName }: CompiledHeader, list: readonly CompiledHeader[]): number {
	return list.findIndex((header) => header.lowerName === lowerName);
}

/** The headers that finalhandler and others take from an error, by lower-case name. */
function headersOfError(error: unknown): ReadonlyMap<string, string> {
	const headers = new Map<string, string>();
	try {
		const given = Object(Reflect.get(Object(error), "headers"));
		// A Map or a Headers object is iterated, as res.setHeaders does.
		const fields: Iterable<readonly [unknown, unknown]> = Symbol.iterator in given ? given : Object.entries(given);
		for (const [name, value] of fields) headers.set(String(name).toLowerCase(), String(value));
	} catch {
		// If the headers of an error cannot be read, none of them can win.
	}
	return headers;
}
