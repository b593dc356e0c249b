import { blockFor, type CompiledHeader, type CompiledPolicy, type HeaderBlock } from "./compile.ts";
import type { Code } from "./core/codes.ts";
import { PolicyError } from "./core/errors.ts";
import { publish } from "./events.ts";
import { createNonce } from "./nonce.ts";
import { evidence, isLocalHost, type RequestLike } from "./transport.ts";

/** What of a response is used: the public API that node:http, the http2 compatibility API and mocks share. */
export interface ResponseLike {
	readonly headersSent: boolean;
	statusCode: number;
	statusMessage?: string;
	getHeader(name: string): unknown;
	setHeader(name: string, value: string | readonly string[]): unknown;
	removeHeader(name: string): void;
	writeHead?: WriteHead;
	readonly req?: unknown;
}

type WriteHead = (this: ResponseLike, statusCode: number, ...rest: unknown[]) => unknown;

/** Everything that is known of one response. An override swaps `compiled` and `block`. */
interface State {
	readonly req: RequestLike;
	compiled: CompiledPolicy;
	block: HeaderBlock;
	nonce: string | undefined;
	/** writeHead as it was before ours. */
	readonly writeHead: WriteHead | undefined;
	sealing: boolean;
}

/**
 * Response → state. Kept beside the response, not on it: after Express has set the prototype, each
 * own property of a response costs microseconds on Node 20 and 22. Shared by the ESM and CJS copies.
 */
const STATES: WeakMap<object, State> = shared("headguard.responses/1", () => new WeakMap());

/**
 * Puts a policy on a response before its handlers run: sets every header at once, so that handlers,
 * caches and mocks see it, and wraps writeHead, where every response passes, to seal it there.
 * A second call swaps the policy.
 */
export function prepare(req: RequestLike, res: ResponseLike, compiled: CompiledPolicy): void {
	if (res.headersSent) {
		report(compiled, req, "attach/too-late", undefined, "the response had begun before the middleware ran; mount it first.");
		return;
	}
	const block = chooseBlock(req, compiled);
	const known = STATES.get(res);
	if (known !== undefined) {
		swap(known, res, compiled, block);
		return;
	}
	const state: State = { req, compiled, block, nonce: undefined, writeHead: res.writeHead, sealing: false };
	STATES.set(res, state);
	for (const header of block.headers) attempt(state, header, () => res.setHeader(header.name, header.text));
	removeNames(res, compiled);
	if (typeof res.writeHead === "function") {
		try {
			res.writeHead = sealingWriteHead;
		} catch {
			report(compiled, req, "attach/failed", undefined, "writeHead of the response cannot be replaced; headers that handlers clear stay cleared.");
		}
	}
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
		throw nonceError(
			"nonce/too-late",
			"the headers were written before the nonce was first read, so they do not carry it. Read it before res.write, res.writeHead or res.flushHeaders.",
		);
	}
	state.nonce = createNonce();
	if (state.block.hasNonce) {
		for (const header of state.block.headers) if (header.nonced !== undefined) refresh(state, response, header, header.text);
	} else {
		report(
			state.compiled,
			state.req,
			"nonce/no-slot",
			undefined,
			"the nonce was read, but the policy has no slot for it, so browsers block what carries it. Add csp.nonce to scriptSrc or styleSrc.",
		);
	}
	return state.nonce;
}

function sealingWriteHead(this: ResponseLike, statusCode: number, ...rest: unknown[]): unknown {
	const state = stateOf(this);
	// A response that inherits from a prepared one: nothing is known of it, and it must not break.
	if (state?.writeHead === undefined) return Reflect.apply(Object.getPrototypeOf(this).writeHead, this, [statusCode, ...rest]);
	const status = Number(statusCode) | 0;
	if (this.headersSent || state.sealing || status < 100 || status > 999) return Reflect.apply(state.writeHead, this, [statusCode, ...rest]);
	state.sealing = true;
	try {
		const [reason, headers] = typeof rest[0] === "string" ? rest : [undefined, rest[1] ?? rest[0]];
		const merged = mergeArgument(this, status, reason, headers);
		seal(state, this, status);
		const left = reason === undefined ? [] : [reason];
		return Reflect.apply(state.writeHead, this, [statusCode, ...(merged ? left : rest)]);
	} finally {
		state.sealing = false;
	}
}

/**
 * Moves the headers that writeHead was given onto the response, where they are seen like any others.
 * False for an argument that is none of Node's forms: Node shall say so itself.
 */
function mergeArgument(res: ResponseLike, status: number, reason: unknown, headers: unknown): boolean {
	const fields = headerFields(headers);
	if (fields === undefined) return false;
	if (fields.length === 0) return true;
	// Node records both before it looks at a header that may be invalid.
	res.statusCode = status;
	if (typeof reason === "string") res.statusMessage = reason;
	const values = new Map<string, { name: string; value: unknown }>();
	for (const [name, value] of fields) {
		const known = values.get(name.toLowerCase());
		if (known === undefined) values.set(name.toLowerCase(), { name, value });
		else known.value = [known.value, value].flat();
	}
	for (const { name, value } of values.values()) res.setHeader(name, value as string);
	return true;
}

/** The forms of writeHead: an object, a flat array of names and values, an array of pairs. */
function headerFields(headers: unknown): readonly (readonly [string, unknown])[] | undefined {
	if (headers === undefined || headers === null) return [];
	if (typeof headers !== "object") return undefined;
	if (!Array.isArray(headers))
		return Object.keys(headers)
			.filter((name) => name !== "")
			.map((name) => [name, Reflect.get(headers, name)]);
	if (headers.every((entry) => Array.isArray(entry))) return headers.map(([name, value]) => [String(name), value]);
	if (headers.length % 2 !== 0) return undefined;
	return headers.flatMap((entry, i) => (i % 2 === 0 ? [[String(entry), headers[i + 1]] as const] : []));
}

/** The last look before the headers become bytes. Must not throw: an error in an async end() ends the process. */
function seal(state: State, res: ResponseLike, status: number): void {
	for (const header of state.block.headers) attempt(state, header, () => sealHeader(state, res, header, status));
	attempt(state, undefined, () => removeNames(res, state.compiled));
	if (state.nonce === undefined || !state.block.hasNonce) return;
	attempt(state, undefined, () => {
		// A shared cache would hand one visitor's nonce to all the others.
		if (res.getHeader("Cache-Control") === undefined) res.setHeader("Cache-Control", "private");
	});
}

function sealHeader(state: State, res: ResponseLike, header: CompiledHeader, status: number): void {
	const value = res.getHeader(header.lowerName);
	const ours = currentText(state, header);
	// The stored page keeps the policy that it came with; a new nonce would block all its scripts.
	if (status === 304 && header.nonced !== undefined) {
		if (value !== undefined) without(res, header, value, ours);
	} else if (value === undefined || (header.locked && value !== ours)) {
		res.setHeader(header.name, ours);
	} else if (value === header.framework?.value) {
		res.setHeader(header.name, header.framework.completed);
	} else if (Array.isArray(value) && header.several === "one") {
		res.setHeader(header.name, value.every((one) => one === value[0]) ? String(value[0]) : ours);
	}
}

/** Takes our own value off, and leaves what the application added. */
function without(res: ResponseLike, header: CompiledHeader, value: unknown, ours: string): void {
	const rest = [value]
		.flat()
		.map(String)
		.filter((one) => one !== ours);
	if (rest.length === 0) res.removeHeader(header.name);
	else res.setHeader(header.name, rest);
}

/** Puts the current text where an earlier one of ours stands, alone or beside what the application appended. */
function refresh(state: State, res: ResponseLike, header: CompiledHeader, before: string): void {
	attempt(state, header, () => {
		const value = res.getHeader(header.lowerName);
		const ours = currentText(state, header);
		if (value === before) res.setHeader(header.name, ours);
		else if (Array.isArray(value) && value.includes(before))
			res.setHeader(
				header.name,
				value.map((one) => (one === before ? ours : String(one))),
			);
	});
}

/** The later policy replaces what nobody touched; the nonce of the response stays. */
function swap(state: State, res: ResponseLike, compiled: CompiledPolicy, block: HeaderBlock): void {
	const old = state.block;
	const oldTexts = new Map(old.headers.map((header) => [header.lowerName, currentText(state, header)]));
	state.compiled = compiled;
	state.block = block;
	for (const header of old.headers) {
		if (block.headers.some(({ lowerName }) => lowerName === header.lowerName)) continue;
		if (res.getHeader(header.lowerName) === oldTexts.get(header.lowerName)) res.removeHeader(header.name);
	}
	for (const header of block.headers) {
		const before = oldTexts.get(header.lowerName);
		if (before !== undefined) refresh(state, res, header, before);
		if (res.getHeader(header.lowerName) === undefined) attempt(state, header, () => res.setHeader(header.name, currentText(state, header)));
	}
	removeNames(res, compiled);
}

function currentText(state: State, header: CompiledHeader): string {
	return state.nonce === undefined || header.nonced === undefined ? header.text : header.nonced.join(state.nonce);
}

function chooseBlock(req: RequestLike, compiled: CompiledPolicy): HeaderBlock {
	const seen = evidence(req, compiled.policy.secure);
	return blockFor(compiled, seen === "https", seen !== "http" && !isLocalHost(req));
}

function removeNames(res: ResponseLike, { remove }: CompiledPolicy): void {
	for (const name of remove) res.removeHeader(name);
}

/** A response may be seen through a proxy object; Express's request knows the genuine one. */
function stateOf(res: object): State | undefined {
	return STATES.get(res) ?? STATES.get((Reflect.get(res, "req") as { res?: object } | undefined)?.res ?? res);
}

function attempt(state: State, header: CompiledHeader | undefined, act: () => unknown): void {
	try {
		act();
	} catch (error) {
		const reason = error instanceof Error ? error.message : String(error);
		report(state.compiled, state.req, "attach/failed", header?.name, `the header could not be set: ${reason}`);
	}
}

function report({ policy }: CompiledPolicy, req: RequestLike, code: Code, header: string | undefined, detail: string): void {
	const url: unknown = Reflect.get(req, "originalUrl") ?? Reflect.get(req, "url");
	publish(policy.onEvent, { code, header, path: typeof url === "string" ? url.split("?", 1)[0] : undefined, detail });
}

function nonceError(code: Code, message: string): PolicyError {
	return new PolicyError([{ code, path: "nonce", message }]);
}

function shared<Value>(name: string, create: () => Value): Value {
	const key = Symbol.for(name);
	const known = Reflect.get(globalThis, key) as Value | undefined;
	if (known !== undefined) return known;
	const created = create();
	Object.defineProperty(globalThis, key, { value: created });
	return created;
}
