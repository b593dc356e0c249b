import { ServerResponse } from "node:http";
import type { Code } from "../core/codes.ts";
import { reasonOf } from "../core/errors.ts";
import { mergeVary } from "../core/vary.ts";
import type { CompiledHeader } from "../policy/compile.ts";
import { decide, type Remark } from "./precedence.ts";
import { currentText, type HeaderStore, type ResponseLike, type ResponseState, report, reportFailure, stateOf } from "./state.ts";
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
		return state.isWrapped ? writeWatched(state, this, status, [statusCode, ...left]) : Reflect.apply(state.writeHead, this, [statusCode, ...left]);
	} finally {
		state.sealing = false;
	}
}

/**
 * Calls a writeHead that somebody had put on the response before ours, as on-headers does. Its listeners run after the
 * seal, so each header of the policy that they change is sealed again at once.
 */
function writeWatched(state: ResponseState, res: ResponseLike, status: number, args: readonly unknown[]): unknown {
	const { setHeader, removeHeader, appendHeader } = res;
	const store: HeaderStore = {
		getHeader: (name) => res.getHeader(name),
		setHeader: (name, value) => Reflect.apply(setHeader, res, [name, value]),
		removeHeader: (name) => Reflect.apply(removeHeader, res, [name]),
	};
	const own = WATCHED.map((name) => [name, Object.getOwnPropertyDescriptor(res, name)] as const);
	const watch = (method: ((...args: never[]) => unknown) | undefined) =>
		function (this: unknown, ...given: unknown[]): unknown {
			const result = Reflect.apply(method as (...args: never[]) => unknown, this, given);
			if (!res.headersSent) sealAgain(state, store, String(given[0]).toLowerCase(), status);
			return result;
		};
	try {
		Object.assign(
			res,
			{ setHeader: watch(setHeader), removeHeader: watch(removeHeader) },
			appendHeader === undefined ? {} : { appendHeader: watch(appendHeader) },
		);
		return Reflect.apply(state.writeHead as NonNullable<ResponseState["writeHead"]>, res, args as [number]);
	} finally {
		for (const [name, descriptor] of own) {
			if (descriptor === undefined) Reflect.deleteProperty(res, name);
			else Object.defineProperty(res, name, descriptor);
		}
	}
}

const WATCHED = ["setHeader", "removeHeader", "appendHeader"] as const;

function sealAgain(state: ResponseState, store: HeaderStore, lowerName: string, status: number): void {
	try {
		const header = state.block.headers.find((one) => one.lowerName === lowerName);
		if (header !== undefined) sealHeader(state, store, header, status);
		else if (state.compiled.remove.some((one) => one.lowerName === lowerName)) store.removeHeader(lowerName);
		else if (lowerName === "cache-control" || lowerName === "vary") sealCaching(state, store, status);
	} catch (error) {
		reportFailure(state, lowerName, error);
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
		if (state.guardOnly && state.compiled.mounted.ever) {
			report(
				state.compiled,
				state.req,
				"attach/not-reached",
				undefined,
				"the response was written before the middleware was reached; the server guard put the policy on it. Mount the middleware before whatever answered.",
			);
		}
		if (isIntact(state, store, status)) {
			finish(state, store, status);
			return;
		}
		// What was never there cannot have been removed.
		if (state.visible) removed = removedAlone(state, store);
	} catch (error) {
		report(state.compiled, state.req, "attach/failed", undefined, `looking at the headers failed: ${reasonOf(error)}`);
	}
	for (const header of state.block.headers) {
		try {
			if (removed.includes(header)) {
				if (state.compiled.asHelmet) continue;
				reportRemoved(state, header);
			}
			sealHeader(state, store, header, status);
		} catch (error) {
			reportFailure(state, header.name, error);
		}
	}
	finish(state, store, status);
}

function finish(state: ResponseState, store: HeaderStore, status: number): void {
	try {
		for (const { name } of state.compiled.remove) store.removeHeader(name);
		sealCaching(state, store, status);
		hideUnreadNonce(state);
	} catch (error) {
		reportFailure(state, undefined, error);
	}
}

/** Nobody has touched a header, as on most responses. */
function isIntact(state: ResponseState, store: HeaderStore, status: number): boolean {
	if (!state.visible || (status === 304 && state.block.hasNonce)) return false;
	for (const header of state.block.headers) if (store.getHeader(header.lowerName) !== currentText(state, header)) return false;
	return true;
}

/** Puts on the response what the rules say goes out, and reports what they remark. */
function sealHeader(state: ResponseState, store: HeaderStore, header: CompiledHeader, status: number): void {
	const given = [store.getHeader(header.lowerName) ?? []].flat().map(String);
	// helmet sends what the application set, empty or not.
	const values = state.compiled.asHelmet ? given : given.filter((value) => value.trim() !== "");
	const isEmpty = given.length > 0 && values.length === 0;
	const errorValue = state.errorHeaders?.get(header.lowerName);
	const verdict = decide({ header, status, values, isEmpty, ours: currentText(state, header), nonce: state.nonce, errorValue });
	for (const remark of verdict.remarks) report(state.compiled, state.req, REMARKS[remark].code, header.name, REMARKS[remark].detail);
	if (verdict.values.length === given.length && verdict.values.every((value, i) => value === given[i])) return;
	const [first, ...more] = verdict.values;
	if (first === undefined) store.removeHeader(header.name);
	else store.setHeader(header.name, more.length === 0 ? first : verdict.values);
}

const REMARKS: Readonly<Record<Remark, { readonly code: Code; readonly detail: string }>> = {
	weaker: {
		code: "override/weaker",
		detail: "the application set a value that protects less than the policy's; it was kept. To keep the policy's, name the header in the option lock.",
	},
	conflict: {
		code: "override/conflict",
		detail: "the response had several different values, of which browsers would ignore some or all; the policy's was sent.",
	},
	empty: {
		code: "override/empty",
		detail: "the application set an empty value, which protects nothing; the policy's was sent. To switch the header off, write false for its option.",
	},
	"nonce dropped": {
		code: "nonce/dropped",
		detail:
			"the nonce of the response was read, but the application's own policy does not hold it, so browsers block what carries it. Append to the header instead of replacing it.",
	},
};

/** A cache that hands one visitor's nonce, or an error page, to everybody. */
export function sealCaching(state: ResponseState, store: HeaderStore, status: number): void {
	const nonced = state.nonce !== undefined && state.block.hasNonce;
	const { preset, vary } = state.compiled.policy;
	if (!nonced && state.errorHeaders === undefined && preset?.cacheControl === undefined && vary.length === 0) return;
	const cacheControl = store.getHeader("cache-control");
	if (cacheControl === undefined) {
		if (state.errorHeaders !== undefined && status >= 400) store.setHeader("Cache-Control", "no-store");
		else if (preset?.cacheControl !== undefined) store.setHeader("Cache-Control", preset.cacheControl);
		else if (nonced) store.setHeader("Cache-Control", "private");
	} else if (nonced && /\b(?:public|s-maxage)\b/i.test(String(cacheControl))) {
		report(
			state.compiled,
			state.req,
			"nonce/shared-cacheable",
			"Cache-Control",
			"a response with a nonce may be stored by shared caches, which hand one nonce to everybody. Write private or no-store.",
		);
	}
	if (vary.length === 0) return;
	const current = store.getHeader("vary");
	store.setHeader("Vary", mergeVary(current === undefined ? "" : String(current), vary));
}

/**
 * From now on reading the nonce throws. Whoever spreads or prints `res.locals` did not ask for it, and
 * must not be hit by that.
 */
export function hideUnreadNonce(state: ResponseState): void {
	if (state.nonce === undefined && state.locals !== undefined) Reflect.defineProperty(state.locals, "cspNonce", { enumerable: false });
}

/** Headers gone while others are still there: somebody meant to switch them off, and wiped nothing. */
function removedAlone(state: ResponseState, store: HeaderStore): readonly CompiledHeader[] {
	const { headers } = state.block;
	const missing = headers.filter(({ lowerName }) => isAbsent(store.getHeader(lowerName)));
	if (!state.compiled.asHelmet) return missing.length > headers.length / 2 ? [] : missing;
	// Frameworks that wipe a response set nosniff again.
	return headers.some((header) => !header.locked && store.getHeader(header.lowerName) === currentText(state, header)) ? missing : [];
}

/** Node sends no line for an empty array. */
function isAbsent(value: unknown): boolean {
	return value === undefined || (Array.isArray(value) && value.length === 0);
}

function reportRemoved({ compiled, req }: ResponseState, { name }: CompiledHeader): void {
	report(
		compiled,
		req,
		"override/removed",
		name,
		"the header was removed by the application and filled in again. To switch it off, write false for its option.",
	);
}

/** Takes our own value off, and leaves what the application added. */
export function withoutOurs(store: HeaderStore, header: CompiledHeader, value: unknown, ours: string): void {
	const values = [value ?? []].flat().map(String);
	const rest = values.filter((one) => one !== ours);
	if (rest.length === 0) store.removeHeader(header.name);
	else if (rest.length < values.length) store.setHeader(header.name, rest);
}

/** The headers that finalhandler and others take from an error, by lower-case name. */
export function headersOfError(error: unknown): ReadonlyMap<string, string> {
	const headers = new Map<string, string>();
	try {
		const given = Object(Reflect.get(Object(error), "headers"));
		for (const name of Object.keys(given)) headers.set(name.toLowerCase(), String(Reflect.get(given, name)));
	} catch {
		// An error whose headers cannot be read has none that could win.
	}
	return headers;
}
