import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { CompiledHeader, CompiledPolicy } from "./compile.ts";
import { learnPlace, type ResponseLike, type ResponseState, shared, stateOf } from "./response.ts";
import { currentText, hideUnreadNonce, isStatus, mergeArguments, reportFailure, seal, sealCaching } from "./seal.ts";
import type { RequestLike } from "./transport.ts";

/**
 * The fast way, and the one place that knows what Node does inside: setting a dozen headers costs
 * microseconds, whoever does it, but a response that nobody disturbs can have them as one ready text.
 *
 * Every HTTP/1 response turns its headers into bytes in `_storeHeader(firstLine, headers)`. That is no
 * public API, though it has been the same from Node 18 to 26. So it is used only where a trial at
 * start-up has shown that it does what is expected, and only for responses that are Node's own on a
 * real socket; and a response on which anything was done to a header of the policy goes the public way
 * after all, at the same place and by the same rules. Everything else (HTTP/2, mocks, injected and serverless
 * requests, an unknown Node) never gets here.
 */
type StoreHeader = (this: ServerResponse, firstLine: string, headers: unknown) => unknown;

type WriteHead = (this: ServerResponse, statusCode: number, ...rest: unknown[]) => unknown;

interface Hook {
	/** Stands on ServerResponse.prototype. */
	readonly storeHeader: StoreHeader;
	/** Node's own, also for who extends it. */
	readonly setHeader: unknown;
	/** The property of a response in which Node keeps its headers. */
	readonly key: symbol;
}

/** Responses whose headers are written in one block go through this; undefined where the trial failed. */
let hook: Hook | undefined;
let tried = false;

/** Called when a policy is made: nothing is done by importing. */
export function prepareBlocks({ policy }: CompiledPolicy): void {
	if (!policy.headerBlock || tried) return;
	tried = true;
	hook = shared("headguard.block/1", () => install() as Hook);
}

/** Whether the headers of this response can be left to its first line. */
export function canSendBlock(req: RequestLike, res: object, { policy }: CompiledPolicy): boolean {
	if (!policy.headerBlock || hook === undefined || !(req.socket instanceof Socket)) return false;
	const { _storeHeader, setHeader } = res as { _storeHeader?: unknown; setHeader?: unknown };
	return _storeHeader === hook.storeHeader && setHeader === hook.setHeader;
}

/** What setHeader does, without looking at each byte of a text that was checked at start-up. */
export function storeEarly(state: ResponseState, res: object): void {
	const { key } = hook as Hook;
	const { appendable } = state.block;
	const holder = res as Record<symbol, Stored | null>;
	const headers = holder[key] ?? Object.create(null);
	for (const header of appendable) headers[header.lowerName] = [header.name, currentText(state, header)];
	holder[key] = headers;
}

/** The same for a text of ours in place of an earlier one; false when something else stands there. */
export function storeAgain(state: ResponseState, res: object, header: CompiledHeader, before: string): boolean {
	const stored = (res as Record<symbol, Stored | null>)[(hook as Hook).key];
	if (stored?.[header.lowerName]?.[1] !== before) return false;
	stored[header.lowerName] = [header.name, currentText(state, header)];
	return true;
}

/** Puts our functions before Node's, if Node's do what is expected; undefined if not. */
export function install(prototype: ServerResponse = ServerResponse.prototype): Hook | undefined {
	const native = Reflect.get(prototype, "_storeHeader") as StoreHeader;
	const nativeWriteHead = prototype.writeHead as WriteHead;
	const key = tryOut(native);
	if (key === undefined) return undefined;
	const storeHeader: StoreHeader = function (firstLine, headers) {
		const state = stateOf(this);
		if (state === undefined || !state.inBlock) return native.call(this, firstLine, headers);
		const res = this as unknown as ResponseLike;
		const stored = Reflect.get(res, key) as Stored | null;
		if (headers !== stored || stored === null || !isUndisturbed(state, res, stored)) {
			return native.call(this, firstLine, sealInPlace(state, res, headers, key));
		}
		for (const { lowerName } of state.compiled.remove) if (stored[lowerName] !== undefined) delete stored[lowerName];
		return native.call(this, firstLine + state.block.fixedLines + finish(state, res, stored), headers);
	};
	/** Node takes other forms of headers when some have been set before; nobody shall notice that we did. */
	const writeHead: WriteHead = function (this: ServerResponse, statusCode: number, reason?: unknown, headers?: unknown) {
		// As every response that writes no head of its own.
		if (reason === undefined && headers === undefined) return nativeWriteHead.call(this, statusCode);
		const status = Number(statusCode) | 0;
		if (this.headersSent || !isStatus(status) || stateOf(this)?.inBlock !== true) return nativeWriteHead.call(this, statusCode, reason, headers);
		return nativeWriteHead.call(this, statusCode, ...mergeArguments(this as unknown as ResponseLike, status, [reason, headers]));
	};
	Object.defineProperty(prototype, "_storeHeader", { configurable: true, writable: true, value: storeHeader });
	Object.defineProperty(prototype, "writeHead", { configurable: true, writable: true, enumerable: true, value: writeHead });
	// Before Node 24 an old accessor lets applications throw the object with the headers away.
	learnPlace(key, !Reflect.has(prototype, "_headers"));
	return { storeHeader, setHeader: prototype.setHeader, key };
}

/** How Node keeps the headers of a response: lower-case name → name and value. */
type Stored = Record<string, readonly [name: string, value: unknown] | undefined>;

const STORED = JSON.stringify({ "x-put": ["X-Put", "0"], "x-own": ["X-Own", "1"], "x-late": ["x-late", "3"] });

/**
 * Lets Node's function write a response that nobody sees. The key under which responses keep their headers
 * when each line came out once and where it belongs; undefined for anything else.
 */
function tryOut(native: StoreHeader): symbol | undefined {
	try {
		const res = new ServerResponse(new IncomingMessage(new Socket()));
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

/** Whether everything is still as it was put there, and nothing of the block has been set by anybody. */
function isUndisturbed(state: ResponseState, { statusCode }: ResponseLike, stored: Stored): boolean {
	const { block } = state;
	if (state.guardOnly || state.errorHeaders !== undefined || (block.hasNonce && statusCode === 304)) return false;
	for (const name of block.fixedNames) if (stored[name] !== undefined) return false;
	for (const header of block.appendable) if (stored[header.lowerName]?.[1] !== currentText(state, header)) return false;
	return true;
}

/** What comes after the policy: more lines, or headers on the response. */
function finish(state: ResponseState, res: ResponseLike, stored: Stored): string {
	try {
		hideUnreadNonce(state);
		const { preset, vary } = state.compiled.policy;
		if (state.nonce !== undefined && state.block.hasNonce && stored["cache-control"] === undefined && preset?.cacheControl === undefined && vary.length === 0)
			return "Cache-Control: private\r\n";
		sealCaching(state, res, res.statusCode);
	} catch (error) {
		reportFailure(state, undefined, error);
	}
	return "";
}

/** The public way, late: headers that were handed to Node's writeHead alone are put on the response first. */
function sealInPlace(state: ResponseState, res: ResponseLike, headers: unknown, key: symbol): unknown {
	if (headers !== Reflect.get(res, key) && headers !== undefined && mergeArguments(res, res.statusCode, [headers]).length > 0) return headers;
	seal(state, res, res.statusCode);
	return Reflect.get(res, key);
}
