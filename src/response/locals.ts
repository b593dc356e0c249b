import { createLazyNonce } from "./lazy-nonce.ts";
import { responseOf, takeNonce } from "./nonce.ts";
import { type Entry, entryOf, type ResponseLike, type ResponseState, shared } from "./state.ts";

/** The `app.response` objects on which our accessor stands. */
const WATCHED: WeakSet<object> = shared("headguard.locals.watched/1", () => new WeakSet());

/**
 * Puts the nonce into `res.locals`, as a value that is made when it is printed. Under Express locals that the application
 * assigns later get it too, and nothing is done before somebody reads the locals. Locals that are frozen, or that another
 * response has as well, are replaced by a copy. Where there are none (Connect, node:http), there is `getNonce(res)`.
 */
export function exposeNonce(req: unknown, res: ResponseLike, state: ResponseState): void {
	state.takeOwnNonce = takeFromLocals;
	try {
		if (isWatched(req, res)) {
			const entry = entryOf(res);
			if (!isObject(entry.locals)) return;
			state.locals = entry.locals;
			// One that the application made before; otherwise nothing is done until somebody reads the locals.
			if (Object.hasOwn(entry.locals, "cspNonce")) bindLocals(entry, res);
			return;
		}
		const holder = res as { locals?: unknown };
		if (!isObject(holder.locals)) return;
		const locals = withNonce(state, res, holder.locals);
		if (locals !== holder.locals) holder.locals = locals;
		state.locals = locals;
	} catch {
		// Locals that cannot hold a property; getNonce(res) still works.
	}
}

/**
 * `res.locals`, with the nonce on it as soon as it is read. Express gives each app a `response` object from which
 * its responses inherit, for applications to extend: there it sees `res.locals = …` as well, at no
 * cost for the single response, where an own property would cost microseconds.
 */
const LOCALS_OF_RESPONSE: PropertyDescriptor = {
	configurable: true,
	enumerable: true,
	get(this: ResponseLike) {
		const entry = entryOf(this);
		bindLocals(entry, this);
		return entry.locals;
	},
	set(this: object, value: unknown) {
		const entry = entryOf(this);
		entry.locals = value;
		if (entry.state !== undefined) entry.state.locals = isObject(value) ? value : undefined;
	},
};

/** Gives the locals the nonce, once. Reading `res.locals` never throws because of it. */
function bindLocals(entry: Entry, res: ResponseLike): void {
	const { state, locals } = entry;
	if (state === undefined || !isObject(locals) || entry.bound === locals) return;
	try {
		entry.locals = withNonce(state, res, locals);
	} catch {
		// Locals that cannot be read or copied; getNonce(res) still works.
	}
	entry.bound = entry.locals as object;
	state.locals = entry.bound;
}

/**
 * Makes what the application wrote into its locals the nonce of the response. It may never read them again, so this is
 * looked at when the nonce is wanted, and when the head is written.
 */
function takeFromLocals(state: ResponseState, res: ResponseLike): void {
	if (state.locals === undefined || state.locals === state.refused) return;
	const value = ownValueIn(state.locals);
	if (value === undefined || responseOf(value) !== undefined) return;
	takeNonce(state, res, value);
	// One event for each object that holds such a value, not one for each look at it.
	if (state.nonce !== value) state.refused = state.locals;
}

/** A value that is inherited makes nobody's nonce: `Object.prototype` may be polluted. */
function ownValueIn(locals: object): unknown {
	try {
		return Object.hasOwn(locals, "cspNonce") ? Reflect.get(locals, "cspNonce") : undefined;
	} catch {
		return undefined;
	}
}

/** Whether the accessor stands for the locals of this response; puts it there for the first one of an app. */
function isWatched(req: unknown, res: object): boolean {
	if (WATCHED.has(Object.getPrototypeOf(res)) && !Object.hasOwn(res, "locals")) return true;
	const prototype = outermost((req as { app?: ExpressApp }).app)?.response;
	if (!isObject(prototype) || !Object.prototype.isPrototypeOf.call(prototype, res)) return false;
	if (!WATCHED.has(prototype)) {
		Object.defineProperty(prototype, "locals", LOCALS_OF_RESPONSE);
		WATCHED.add(prototype);
	}
	if (!Object.hasOwn(res, "locals")) return true;
	// Made before the accessor was there, for the first request that came.
	entryOf(res).locals = (res as { locals?: unknown }).locals;
	return Reflect.deleteProperty(res, "locals");
}

interface ExpressApp {
	readonly response?: unknown;
	readonly parent?: ExpressApp | undefined;
}

/** The responses of a mounted app inherit from those of the app around it, and go back to it when it passes. */
function outermost(app: ExpressApp | undefined): ExpressApp | undefined {
	let outer = app;
	for (let depth = 0; outer?.parent !== undefined && depth < 100; depth++) outer = outer.parent;
	return outer;
}

/** The locals of this response alone, with its nonce: a copy of those that are frozen, or that another response has as well. */
function withNonce(state: ResponseState, res: ResponseLike, locals: object): object {
	const holder = responseOf(Reflect.get(locals, "cspNonce"));
	if (holder === res) return locals;
	if (holder === undefined && Object.hasOwn(locals, "cspNonce")) {
		const given: unknown = Reflect.get(locals, "cspNonce");
		takeNonce(state, res, given);
		// What cannot be the nonce of the response gives way to one that can, so that the page works.
		if (state.nonce === given) return locals;
	}
	const own = holder === undefined && canHoldNonce(locals) ? locals : copyOf(locals);
	const value = createLazyNonce(res);
	// What is inherited under that name may be read-only.
	if ("cspNonce" in own) Object.defineProperty(own, "cspNonce", { configurable: true, enumerable: true, writable: true, value });
	else Object.assign(own, { cspNonce: value });
	return own;
}

function canHoldNonce(locals: object): boolean {
	return Object.isExtensible(locals) && Object.getOwnPropertyDescriptor(locals, "cspNonce")?.configurable !== false;
}

function copyOf(locals: object): object {
	const copy = Object.create(Object.getPrototypeOf(locals));
	for (const [key, { enumerable }] of Object.entries(Object.getOwnPropertyDescriptors(locals))) {
		if (enumerable) Object.defineProperty(copy, key, { configurable: true, enumerable: true, writable: true, value: Reflect.get(locals, key) });
	}
	return copy;
}

function isObject(value: unknown): value is object {
	return typeof value === "object" && value !== null;
}
