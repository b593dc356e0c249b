import { ServerResponse } from "node:http";
import type { CompiledHeader } from "./compile.ts";
import { mergeVary } from "./core/vary.ts";
import { currentText, type HeaderStore, type ResponseLike, type ResponseState, reasonOf, report, reportFailure, stateOf } from "./response.ts";
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
		return Reflect.apply(state.writeHead, this, [statusCode, ...left]);
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

/** Which value goes out: the rules in their order, first match wins. */
function sealHeader(state: ResponseState, store: HeaderStore, header: CompiledHeader, status: number): void {
	const value = single(store.getHeader(header.lowerName));
	const ours = currentText(state, header);
	// The stored page keeps the policy that it came with; a new nonce would block all its scripts.
	if (status === 304 && header.nonced !== undefined) {
		withoutOurs(store, header, value, ours);
		withoutOurs(store, header, store.getHeader(header.lowerName), header.text);
		return;
	}
	if (value === ours) return;
	// Also our own text from before the nonce was read, which somebody kept and set again.
	if (value === undefined || value === header.text || header.locked || String(value) === state.errorHeaders?.get(header.lowerName)) {
		store.setHeader(header.name, ours);
	} else if (value === header.framework?.value) {
		store.setHeader(header.name, header.framework.completed);
	} else if (header.several === "one") {
		sealSingle(state, store, header, value, ours);
	} else if (!Array.isArray(value) || !value.includes(ours)) {
		reportWeaker(state, header, String(value), ours);
		if (state.nonce !== undefined && header.nonced !== undefined && !String(value).includes(state.nonce)) {
			report(
				state.compiled,
				state.req,
				"nonce/dropped",
				header.name,
				"the nonce of the response was read, but the application's own policy does not hold it, so browsers block what carries it. Append to the header instead of replacing it.",
			);
		}
	}
}

/** Node sends no line for an empty array, and one for an array of one. */
function single(value: unknown): unknown {
	return Array.isArray(value) && value.length < 2 ? value[0] : value;
}

/** A header of which browsers take one value: equal ones collapse, different ones leave the policy's. */
function sealSingle(state: ResponseState, store: HeaderStore, header: CompiledHeader, value: unknown, ours: string): void {
	const lines = Array.isArray(value) ? value.map(String) : [String(value)];
	// Node's client joins repeated fields of an upstream by a comma.
	const values = header.commas ? lines : lines.flatMap((line) => line.split(",").map((part) => part.trim()));
	const [first = ""] = values;
	if (values.length === 1) {
		reportWeaker(state, header, first, ours);
	} else if (values.every((one) => one === first)) {
		store.setHeader(header.name, first);
		reportWeaker(state, header, first, ours);
	} else {
		store.setHeader(header.name, ours);
		report(
			state.compiled,
			state.req,
			"override/conflict",
			header.name,
			`the response had ${values.length} different values, of which browsers would ignore some or all; the policy's was sent.`,
		);
	}
}

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
	const missing = headers.filter(({ lowerName }) => single(store.getHeader(lowerName)) === undefined);
	if (!state.compiled.asHelmet) return missing.length > headers.length / 2 ? [] : missing;
	// Frameworks that wipe a response set nosniff again.
	return headers.some((header) => !header.locked && store.getHeader(header.lowerName) === currentText(state, header)) ? missing : [];
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

function reportWeaker(state: ResponseState, header: CompiledHeader, value: string, ours: string): void {
	if (!header.weaker(value, ours)) return;
	report(
		state.compiled,
		state.req,
		"override/weaker",
		header.name,
		"the application set a value that protects less than the policy's; it was kept. To keep the policy's, name the header in the option lock.",
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
