import type { Code } from "../core/codes.ts";
import { PolicyError } from "../core/errors.ts";
import { blockFor, type CompiledHeader, type CompiledPolicy, type HeaderBlock } from "../policy/compile.ts";
import { canSendBlock, isUnset, showIfDisturbed, storeAgain, storeEarly, wrappedWriteHead } from "./fast-path/install.ts";
import { watchFirst } from "./fast-path/proof.ts";
import { acceptNonce, createNonce } from "./nonce.ts";
import { sealingWriteHead, withoutOurs } from "./seal.ts";
import { currentText, type HeaderStore, type ResponseLike, type ResponseState, report, reportFailure, setState, stateOf } from "./state.ts";
import { evidence, isLocalHost, type RequestLike } from "./transport.ts";
import { isForeign } from "./watched.ts";

/**
 * Puts a policy on a response before its handlers run: sets every header at once, so that handlers,
 * caches and mocks see it, and wraps writeHead to seal it there. A second call swaps the policy.
 */
export function prepare(req: RequestLike, res: ResponseLike, compiled: CompiledPolicy, guardOnly = false): ResponseState | undefined {
	return put(req, res, compiled, chooseBlock(req, compiled, guardOnly), guardOnly);
}

/** The same with the headers chosen. */
export function put(req: RequestLike, res: ResponseLike, compiled: CompiledPolicy, block: HeaderBlock, guardOnly = false): ResponseState | undefined {
	const known = stateOf(res);
	if (res.headersSent) {
		report(compiled, req, "attach/too-late", undefined, "the response had begun before the middleware ran. Mount the middleware first.");
		return known;
	}
	if (known !== undefined) {
		if (known.block !== block) swap(known, res, compiled, block);
		return known;
	}
	const inBlock = canSendBlock(req, res, compiled);
	const state = createState(req, compiled, block, res, inBlock);
	state.guardOnly = guardOnly;
	if (inBlock) {
		storeEarly(state, res);
		setState(res, state);
		watchFirst(state, res);
		return state;
	}
	for (const header of block.headers) setOurs(state, res, header);
	// Afterwards: the first header makes the object on which the state is kept.
	setState(res, state);
	removeNames(state, res);
	if (typeof res.writeHead === "function") {
		try {
			res.writeHead = sealingWriteHead;
		} catch {
			report(compiled, req, "attach/failed", undefined, "writeHead of the response cannot be replaced; headers that handlers clear stay cleared.");
		}
	}
	return state;
}

export function createState(req: RequestLike, compiled: CompiledPolicy, block: HeaderBlock, res: ResponseLike | undefined, inBlock: boolean): ResponseState {
	return {
		req,
		compiled,
		block,
		nonce: undefined,
		writeHead: res?.writeHead,
		isWrapped: res?.writeHead !== undefined && !inBlock && !compiled.asHelmet && isForeign(res, wrappedWriteHead()),
		inBlock,
		isWritten: false,
		wasBare: inBlock ? isUnset(res as ResponseLike) : res?.getHeaderNames?.().length === 0,
		// What a stream is given was not put there by us.
		visible: !inBlock && res !== undefined,
		joined: undefined,
		sealing: false,
		guardOnly: false,
		locals: undefined,
		errorHeaders: undefined,
	};
}

/** What goes out on the connection that the request came over. */
export function chooseBlock(req: RequestLike, compiled: CompiledPolicy, quiet = false): HeaderBlock {
	// The server guard comes before the framework has said which proxies it trusts.
	const seen = evidence(req, compiled.policy.secure);
	if (typeof seen === "object" && !quiet) report(compiled, req, seen.code, undefined, seen.detail);
	// By chance, and not for each visitor: a reload may report what the page before did not.
	const isSilent = compiled.silentBlocks !== undefined && Math.random() >= compiled.policy.reportFraction;
	const blocks = isSilent ? compiled.silentBlocks : compiled.blocks;
	return blockFor({ blocks }, seen === "https", seen !== "http" && !isLocalHost(req));
}

/**
 * The nonce of a response; made at the first reading, and from then on part of its CSP.
 * @throws {PolicyError} `nonce/too-late` when it was never read before the headers were written,
 * `nonce/not-mounted` when no middleware has prepared the response.
 */
export function readNonce(res: object): string {
	const state = stateOf(res);
	if (state === undefined) {
		throw nonceError("nonce/not-mounted", "no policy has been put on this response. Mount secureHeaders() before whatever reads the nonce.");
	}
	if (state.nonce !== undefined) return state.nonce;
	const response = res as ResponseLike;
	if (response.headersSent) {
		const message =
			"the headers were written before the nonce was first read, so they do not carry it. Read it before res.write, res.writeHead or res.flushHeaders.";
		report(state.compiled, state.req, "nonce/too-late", undefined, message);
		throw nonceError("nonce/too-late", message);
	}
	const nonce = createNonce();
	setNonce(state, response, nonce);
	checkSlot(state);
	return nonce;
}

/** Makes a nonce of the application's own that of the response, which has none yet. */
export function adoptNonce(res: object, nonce: string): void {
	const state = stateOf(res);
	if (state !== undefined && state.nonce === undefined) setNonce(state, res as ResponseLike, nonce);
}

/**
 * Makes what the application wrote into its locals the nonce of the response.
 * @returns false for what cannot be that, which is an event.
 */
export function takeNonce(res: object, value: unknown): boolean {
	const state = stateOf(res);
	if (state === undefined || state.nonce === value) return state !== undefined;
	const isOpen = state.nonce === undefined && !(res as ResponseLike).headersSent;
	const nonce = isOpen ? acceptNonce(value) : undefined;
	if (nonce === undefined) {
		report(
			state.compiled,
			state.req,
			"nonce/foreign",
			undefined,
			"the application set res.locals.cspNonce to what cannot be the nonce of this response, so browsers block what carries it. Delete the line that sets it: headguard makes the nonce when it is read.",
		);
		return false;
	}
	setNonce(state, res as ResponseLike, nonce);
	checkSlot(state);
	return true;
}

/** A nonce that no directive names blocks what carries it. Functions that have not answered yet may still name it. */
export function checkSlot({ nonce, block, compiled, req }: ResponseState): void {
	if (nonce === undefined || block.hasNonce || compiled.asks.length > 0) return;
	report(
		compiled,
		req,
		"nonce/no-slot",
		undefined,
		"the nonce was read, but the policy has no slot for it, so browsers block what carries it. Add csp.nonce to scriptSrc or styleSrc.",
	);
}

function setNonce(state: ResponseState, store: HeaderStore, nonce: string): void {
	state.nonce = nonce;
	for (const header of state.block.headers) if (header.nonced !== undefined) refresh(state, store, header, header.text);
}

/** The later policy replaces what nobody touched; the nonce of the response stays. */
function swap(state: ResponseState, store: HeaderStore, compiled: CompiledPolicy, block: HeaderBlock): void {
	showIfDisturbed(state, store);
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
		const replaced = refresh(state, store, header, texts[positionOf(header, before)]);
		if (!replaced && store.getHeader(header.lowerName) === undefined) setOurs(state, store, header);
	}
	removeNames(state, store);
	if (state.nonce !== undefined && old.hasNonce && !block.hasNonce) {
		report(
			compiled,
			state.req,
			"nonce/no-slot",
			undefined,
			"the nonce was read, and then a policy without a slot took the place of the one that held it. Add csp.nonce to the override.",
		);
	}
}

/** Those of the headers that stand on the response before they are written. */
function onResponse({ visible, block }: ResponseState): readonly CompiledHeader[] {
	return visible ? block.headers : block.early;
}

function positionOf({ lowerName }: CompiledHeader, list: readonly CompiledHeader[]): number {
	return list.findIndex((header) => header.lowerName === lowerName);
}

/** Puts the current text where an earlier one of ours stands, alone or beside what the application appended. */
function refresh(state: ResponseState, store: HeaderStore, header: CompiledHeader, before: string | undefined): boolean {
	if (before === undefined) return false;
	if (state.inBlock && storeAgain(state, store, header, before)) return true;
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

function setOurs(state: ResponseState, store: HeaderStore, header: CompiledHeader): void {
	try {
		store.setHeader(header.name, currentText(state, header));
	} catch (error) {
		reportFailure(state, header.name, error);
	}
}

function removeNames(state: ResponseState, store: HeaderStore): void {
	for (const { name } of state.compiled.remove) {
		try {
			store.removeHeader(name);
		} catch (error) {
			reportFailure(state, name, error);
		}
	}
}

function nonceError(code: Code, message: string): PolicyError {
	return new PolicyError([{ code, path: "nonce", message }]);
}
