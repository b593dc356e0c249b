import { isObject } from "../core/text.ts";
import { createLazyNonce } from "./lazy-nonce.ts";
import { responseOf, takeNonce } from "./nonce.ts";
import { type Entry, entryOf, type ResponseLike, type ResponseState, shared } from "./state.ts";

/** The `app.response` objects that have our accessor. */
const WATCHED: WeakSet<object> = shared("headguard.locals.watched/1", () => new WeakSet());

/**
 * Puts the nonce into `res.locals`, as a value that is made when it is printed. Under Express, locals that the application assigns later get it
 * too, and nothing happens until the locals are read. Frozen locals, and locals that another response shares, are replaced with a copy. Connect and
 * node:http have no locals. Use `getNonce(res)` there.
 */
export function exposeNonce(req: unknown, res: ResponseLike, state: ResponseState): void {
	state.takeOwnNonce = takeFromLocals;
	try {
		if (isWatched(req, res)) {
			const entry = entryOf(res);
			if (!isObject(entry.locals)) return;
			state.locals = entry.locals;
			// The application made one before. Without it, nothing happens until the locals are read.
			if (Object.hasOwn(entry.locals, "cspNonce")) bindLocals(entry, res);
			return;
		}
		const holder = res as { locals?: unknown };
		if (!isObject(holder.locals)) return;
		const locals = withNonce(state, res, holder.locals);
		if (locals !== holder.locals) holder.locals = locals;
		state.locals = locals;
	} catch {
		// These locals cannot hold a property. getNonce(res) still works.
	}
}

/**
 * `res.locals`, which gets the nonce when it is first read. Express gives each app a `response` object from which its responses inherit, for
 * applications to extend. An accessor there also sees `res.locals = …` and costs a single response nothing. An own property would cost
 * microseconds.
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

/** Gives the locals the nonce once. Never throws, so that `res.locals` can always be read. */
function bindLocals(entry: Entry, res: ResponseLike): void {
	const { state, locals } = entry;
	if (state === undefined || !isObject(locals) || entry.bound === locals) return;
	try {
		entry.locals = withNonce(state, res, locals);
	} catch {
		// These locals cannot be read or copied. getNonce(res) still works.
	}
	entry.bound = entry.locals as object;
	state.locals = entry.bound;
}

/**
 * Adopts a nonce that the application wrote into its locals. The application may never read them again, so they are checked when the nonce is read
 * and when the head is written.
 */
function takeFromLocals(state: ResponseState, res: ResponseLike): void {
	if (state.locals === undefined || state.locals === state.refused) return;
	const value = ownValueIn(state.locals);
	if (value === undefined || responseOf(value) !== undefined) return;
	takeNonce(state, res, value);
	// One event for each such object, not one for each check.
	if (state.nonce !== value) state.refused = state.locals;
}

/** An inherited value is never the nonce: `Object.prototype` may be polluted. */
function ownValueIn(locals: object): unknown {
	try {
		return Object.hasOwn(locals, "cspNonce") ? Reflect.get(locals, "cspNonce") : undefined;
	} catch {
		return undefined;
	}
}

/** Whether the accessor provides the locals of this response. Installs it for the first response of an app. */
function isWatched(req: unknown, res: object): boolean {
	if (WATCHED.has(Object.getPrototypeOf(res)) && !Object.hasOwn(res, "locals")) return true;
	const prototype = outermost((req as { app?: ExpressApp }).app)?.response;
	if (!isObject(prototype) || !Object.prototype.isPrototypeOf.call(prototype, res)) return false;
	if (!WATCHED.has(prototype)) {
		Object.defineProperty(prototype, "locals", LOCALS_OF_RESPONSE);
		WATCHED.add(prototype);
	}
	if (!Object.hasOwn(res, "locals")) return true;
	// Express made these locals before the accessor existed, for the first request.
	entryOf(res).locals = (res as { locals?: unknown }).locals;
	return Reflect.deleteProperty(res, "locals");
}

interface ExpressApp {
	readonly response?: unknown;
	readonly parent?: ExpressApp | undefined;
}

/** The responses of a mounted app inherit from those of its parent app, and return to it afterwards. */
function outermost(app: ExpressApp | undefined): ExpressApp | undefined {
	let outer = app;
	for (let depth = 0; outer?.parent !== undefined && depth < 100; depth++) outer = outer.parent;
	return outer;
}

/** The locals of this response with its nonce. They are a copy if they are frozen or if another response shares them. */
function withNonce(state: ResponseState, res: ResponseLike, locals: object): object {
	const holder = responseOf(Reflect.get(locals, "cspNonce"));
	if (holder === res) return locals;
	if (holder === undefined && Object.hasOwn(locals, "cspNonce")) {
		const given: unknown = Reflect.get(locals, "cspNonce");
		takeNonce(state, res, given);
		// A value that cannot be the nonce is replaced, so that the page works.
		if (state.nonce === given) return locals;
	}
	const own = holder === undefined && canHoldNonce(locals) ? locals : copyOf(locals);
	const value = createLazyNonce(res);
	// An inherited property of that name may be read-only.
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
