import { SHORTEST_LATE } from "../../headers/facts.ts";
import { defaultCacheControl, sealCaching } from "../caching.ts";
import { isHeard } from "../events.ts";
import { IncomingMessage, OutgoingMessage, ServerResponse, Socket } from "../node.ts";
import { seal } from "../seal.ts";
import { currentText, emitFailure, isInBlock, learnHeadersKey, moveEntry, type ResponseLike, type ResponseState, stateOf } from "../state.ts";
import type { RequestLike } from "../transport.ts";
import { watchUntyped } from "../untyped.ts";
import type { WirePolicy } from "../wire.ts";
import { isStatus, mergeArguments } from "../write-head.ts";
import { checkWritten, isBypassed, isNode, noteWritten } from "./proof.ts";
import { materialize, type Stored, storedOf } from "./store.ts";

/**
 * The fast path, and the only code that knows what Node does inside. Setting a dozen headers costs microseconds in any library. On a response that
 * nothing disturbs, they can be written as one prepared text.
 *
 * Every HTTP/1 response turns its headers into bytes in `_storeHeader(firstLine, headers)`. That is not a public API, although it has been the same
 * from Node 18 to 26. So it is used only if a trial at start-up shows that it does what is expected, and only for Node's own responses on a real
 * socket. A response on which a header of the policy was changed takes the public path after all, at the same place and by the same rules.
 * Everything else (HTTP/2, mocks, injected and serverless requests, an unknown Node) never gets here.
 */
type StoreHeader = (this: ServerResponse, firstLine: string, headers: unknown) => unknown;

type WriteHead = (this: ServerResponse, statusCode: number, ...rest: unknown[]) => unknown;

interface Hook {
	/** The function on ServerResponse.prototype. */
	readonly storeHeader: StoreHeader;
	/** The function on the same prototype, which wraps Node's own. */
	readonly writeHead: unknown;
	/** Node's own. A response with another one takes the public path. */
	readonly setHeader: unknown;
	/** The property of a response in which Node keeps its headers. */
	readonly key: symbol;
}

/** On the prototype itself, which all copies of the library and all contexts of a process share, so it is installed once. */
const INSTALLED = Symbol.for("headguard.block/1");

let hook: Hook | undefined;
let tried = false;

/**
 * Called when a policy is made, so that an import has no effect. Other runtimes also have a `ServerResponse`, which may pass the trial and then
 * write heads without it.
 */
export function installFastPath({ headerBlock }: WirePolicy): void {
	if (!headerBlock || tried || !isNode()) return;
	tried = true;
	hook = (Reflect.get(ServerResponse.prototype, INSTALLED) as Hook | undefined) ?? install();
	if (hook !== undefined) learnHeadersKey(hook.key);
}

/**
 * Whether the first line of this response can carry the headers. An object that inherits from a response cannot: what is stored on it does not
 * reach the response.
 */
export function canSendBlock(req: RequestLike, res: object, { headerBlock }: WirePolicy): boolean {
	if (!headerBlock || hook === undefined || isBypassed() || !(req.socket instanceof Socket) || !Object.hasOwn(res, hook.key)) return false;
	const { _storeHeader, setHeader } = res as { _storeHeader?: unknown; setHeader?: unknown };
	return _storeHeader === hook.storeHeader && setHeader === hook.setHeader;
}

/** The writeHead that headguard put on Node's prototype. */
export function wrappedWriteHead(): unknown {
	return hook?.writeHead;
}

/** Puts our functions before Node's if Node's do what is expected. Otherwise returns undefined. */
export function install(prototype: ServerResponse = ServerResponse.prototype): Hook | undefined {
	const base = Object.getPrototypeOf(prototype);
	const key = probeStoreHeader(Reflect.get(prototype, "_storeHeader"));
	if (key === undefined) return undefined;
	// If Node has it further up the prototype chain, it is looked up at each call, because it may be replaced there later.
	const inherited = Object.hasOwn(prototype, "_storeHeader") ? { _storeHeader: Reflect.get(prototype, "_storeHeader") } : base;
	const storeHeader: StoreHeader = function (firstLine, headers) {
		const native = inherited._storeHeader as StoreHeader;
		const state = stateOf(this);
		if (state === undefined || !isInBlock(state)) return native.call(this, firstLine, headers);
		noteWritten(state);
		const res = this as unknown as ResponseLike;
		state.takeOwnNonce?.(state, res);
		const stored = storedOf(res);
		if (stored === undefined || headers !== stored || !isUndisturbed(state, res, stored)) return native.call(this, firstLine, sealInPlace(state, res, headers));
		const { nonce, block } = state;
		const lines = nonce === undefined ? block.lateLines : block.noncedLines.join(nonce);
		return native.call(this, firstLine + lines + finish(state, res, stored), headers);
	};
	const writeHead = mergingWriteHead(prototype.writeHead as WriteHead);
	const hooks = { storeHeader, writeHead, setHeader: prototype.setHeader, key };
	replace(prototype, "_storeHeader", storeHeader);
	replace(prototype, "writeHead", writeHead);
	for (const name of ["getHeader", "hasHeader", "appendHeader", "removeHeader"]) replace(prototype, name, materializingOne(base, name));
	for (const name of ["getHeaders", "getHeaderNames", "getRawHeaderNames"]) replace(prototype, name, materializingAll(base, name));
	guardOldAccessor(prototype);
	Object.defineProperty(prototype, INSTALLED, { configurable: true, value: hooks });
	return hooks;
}

/** Before Node 24, an application can replace the object with the headers through a deprecated accessor. */
function guardOldAccessor(prototype: object): void {
	const old = Object.getOwnPropertyDescriptor(OutgoingMessage.prototype, "_headers");
	if (old?.set === undefined) return;
	const { set } = old;
	Object.defineProperty(prototype, "_headers", {
		...old,
		set(this: object, value: unknown) {
			const state = stateOf(this);
			if (state?.mode === "block") materialize(state, this);
			moveEntry(this, () => set.call(this, value));
		},
	});
}

function replace(prototype: object, name: string, value: unknown): void {
	Object.defineProperty(prototype, name, { configurable: true, writable: true, enumerable: !name.startsWith("_"), value });
}

/** Node accepts fewer forms of headers once some are set. The application must not notice that we set some. */
function mergingWriteHead(native: WriteHead): WriteHead {
	return function writeHead(this: ServerResponse, statusCode: number, reason?: unknown, headers?: unknown) {
		// Every response that does not write its own head does this.
		const isPlain = reason === undefined && headers === undefined;
		const result = isPlain ? native.call(this, statusCode) : native.call(this, statusCode, ...mergedRest(this, statusCode, reason, headers));
		checkWritten(this);
		return result;
	};
}

function mergedRest(res: ServerResponse, statusCode: number, reason: unknown, headers: unknown): readonly unknown[] {
	const rest = [reason, headers];
	const status = Number(statusCode) | 0;
	const state = stateOf(res);
	if (res.headersSent || !isStatus(status) || state === undefined || !isInBlock(state)) return rest;
	return mergeArguments(state, res as unknown as ResponseLike, status, rest) ?? rest;
}

type Method = (this: ServerResponse, ...args: unknown[]) => unknown;

type Methods = Readonly<Record<string, Method>>;

/** Code that reads a header of the policy finds it. From then on all of them are on the response. A short name is never one that waits. */
function materializingOne(base: Methods, method: string): Method {
	return function (this: ServerResponse, name: unknown, value?: unknown) {
		if (typeof name === "string" && name.length >= SHORTEST_LATE) {
			const state = stateOf(this);
			if (state?.mode === "block" && state.block.lateNames.includes(name.toLowerCase())) materialize(state, this);
		}
		return (base[method] as Method).call(this, name, value);
	};
}

function materializingAll(base: Methods, method: string): Method {
	return function (this: ServerResponse, ...args: unknown[]) {
		const state = stateOf(this);
		if (state?.mode === "block") materialize(state, this);
		return (base[method] as Method).apply(this, args);
	};
}

const STORED = JSON.stringify({ "x-put": ["X-Put", "0"], "x-own": ["X-Own", "1"], "x-late": ["x-late", "3"] });

/**
 * Lets Node's function write a response that is never sent. Returns the key under which responses keep their headers if each line was written once,
 * at the expected position, and undefined otherwise.
 */
function probeStoreHeader(native: StoreHeader): symbol | undefined {
	try {
		const res = new ServerResponse(new IncomingMessage(undefined as never));
		// The first date costs as much as all else here. The first response needs it anyway.
		res.sendDate = false;
		const key = Object.getOwnPropertySymbols(res).find(({ description }) => description === "kOutHeaders");
		if (native.length !== 2 || key === undefined) return undefined;
		Reflect.set(res, key, Object.assign(Object.create(null), { "x-put": ["X-Put", "0"] }));
		res.setHeader("X-Own", "1");
		if (res.getHeader("X-Put") !== "0" || res.getHeaderNames().join() !== "x-put,x-own") return undefined;
		let passed: readonly unknown[] = [];
		Object.defineProperty(res, "_storeHeader", {
			value(this: ServerResponse, firstLine: string, headers: unknown) {
				passed = [firstLine, headers];
				return native.call(this, `${firstLine}X-Block: 2\r\n`, headers);
			},
		});
		res.writeHead(200, { "x-late": "3" });
		const stored = Reflect.get(res, key);
		const asExpected = passed[0] === "HTTP/1.1 200 OK\r\n" && passed[1] === stored && JSON.stringify(stored) === STORED;
		const lines = String(Reflect.get(res, "_header")).split("\r\n");
		const wanted = ["HTTP/1.1 200 OK", "X-Block: 2", "X-Put: 0", "X-Own: 1", "x-late: 3"];
		const written = wanted.every((line, i) => lines[i] === line && lines.indexOf(line) === lines.lastIndexOf(line));
		return asExpected && written && lines.slice(-2).join() === "," ? key : undefined;
	} catch {
		return undefined;
	}
}

/** Whether everything is still as it was, and no header of the block was set. */
function isUndisturbed(state: ResponseState, { statusCode }: ResponseLike, stored: Stored): boolean {
	const { block, compiled } = state;
	if (state.mode !== "block" || state.source === "guard" || state.errorHeaders !== undefined || (block.hasNonce && statusCode === 304)) return false;
	for (const name of block.lateNames) if (stored[name] !== undefined) return false;
	for (const header of block.early) if (stored[header.lowerName]?.[1] !== currentText(state, header)) return false;
	for (const { lowerName } of compiled.remove) if (stored[lowerName] !== undefined) return false;
	return true;
}

/** What follows the policy: one more line, or headers on the response. */
function finish(state: ResponseState, res: ResponseLike, stored: Stored): string {
	try {
		if (isHeard(state.compiled) && stored["content-type"] === undefined) watchUntyped(state, res, res.statusCode);
		if (stored["cache-control"] === undefined && state.compiled.vary.length === 0) {
			const value = defaultCacheControl(state, res.statusCode);
			return value === undefined ? "" : `Cache-Control: ${value}\r\n`;
		}
		sealCaching(state, res, res.statusCode);
	} catch (error) {
		emitFailure(state, undefined, error);
	}
	return "";
}

/** The public path, taken late. Headers that only Node's writeHead received are put on the response first. */
function sealInPlace(state: ResponseState, res: ResponseLike, headers: unknown): unknown {
	if (headers !== storedOf(res) && headers !== undefined && mergeArguments(state, res, res.statusCode, [headers])?.length !== 0) return headers;
	if (state.mode === "block") materialize(state, res);
	seal(state, res, res.statusCode);
	return storedOf(res);
}
