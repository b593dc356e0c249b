import { readNonce, takeNonce } from "./nonce.ts";
import { type Entry, entryOf, shared, stateOf } from "./state.ts";

/** `res.locals` → the response that it belongs to. */
const RESPONSES: WeakMap<object, object> = shared("headguard.locals.responses/1", () => new WeakMap());

/** The `app.response` objects on which our accessor stands. */
const WATCHED: WeakSet<object> = shared("headguard.locals.watched/1", () => new WeakSet());

/**
 * Makes `res.locals.cspNonce` a property that creates the nonce when it is read. Enumerable, so that
 * view engines which spread the locals pass it on. A frozen `locals` is replaced by a copy; under Express
 * one that the application assigns later gets the property too, and nothing is made before somebody reads the
 * locals. Where there are none (Connect, node:http), there is `getNonce(res)`.
 */
export function exposeNonce(req: unknown, res: object): void {
	try {
		if (isWatched(req, res)) {
			const { locals } = entryOf(res);
			// A nonce that the application made before; otherwise nothing is done until somebody reads the locals.
			if (isObject(locals) && Object.hasOwn(locals, "cspNonce")) Reflect.get(res, "locals");
			return;
		}
		const holder = res as { locals?: unknown };
		if (holder.locals === undefined || holder.locals === null) return;
		const locals = ownLocals(res, holder.locals as object);
		if (locals !== holder.locals) holder.locals = locals;
		bind(res, entryOf(res), locals);
	} catch {
		// Locals that cannot hold a property; getNonce(res) still works.
	}
}

const CSP_NONCE: PropertyDescriptor = {
	configurable: true,
	enumerable: true,
	get(this: object) {
		const res = responseOf(this);
		return res === undefined ? undefined : readNonce(res);
	},
	// What an application puts there becomes the nonce of the response; where it cannot, it stands, and its policy is its own.
	set(this: object, value: unknown) {
		const res = RESPONSES.get(this);
		if (res !== undefined && takeNonce(res, value)) return;
		const state = stateOf(res ?? {});
		if (state?.locals === this) state.locals = undefined;
		Object.defineProperty(this, "cspNonce", { configurable: true, enumerable: true, writable: true, value });
	},
};

/**
 * `res.locals`, with the nonce on it as soon as it is read. Express gives each app a `response` object from which
 * its responses inherit, for applications to extend: there it sees `res.locals = …` as well, at no
 * cost for the single response, where an own property would cost microseconds.
 */
const LOCALS_OF_RESPONSE: PropertyDescriptor = {
	configurable: true,
	enumerable: true,
	get(this: object) {
		const entry = entryOf(this);
		if (entry.state === undefined) return entry.locals;
		if (isObject(entry.locals) && entry.bound !== entry.locals) bind(this, entry, ownLocals(this, entry.locals));
		return entry.locals;
	},
	set(this: object, value: unknown) {
		entryOf(this).locals = value;
		// A nonce of the application's own is taken at once: nobody may read the locals again.
		if (isObject(value) && Object.hasOwn(value, "cspNonce")) Reflect.get(this, "locals");
	},
};

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

function bind(res: object, entry: Entry, locals: object): void {
	RESPONSES.set(locals, res);
	// Whoever prints the locals after the headers were written did not ask for the nonce.
	const tooLate = (res as { headersSent?: boolean }).headersSent === true && entry.state?.nonce === undefined;
	const given = Object.getOwnPropertyDescriptor(locals, "cspNonce")?.value;
	Object.defineProperty(locals, "cspNonce", tooLate ? { ...CSP_NONCE, enumerable: false } : CSP_NONCE);
	entry.locals = locals;
	entry.bound = locals;
	if (entry.state !== undefined) entry.state.locals = locals;
	if (given !== undefined) takeNonce(res, given);
}

/** Locals that can hold the nonce of this response alone: a copy of those that are frozen, or that another response has as well. */
function ownLocals(res: object, locals: object): object {
	const holder = RESPONSES.get(locals);
	if (Object.isExtensible(locals) && (holder === undefined || holder === res)) return locals;
	const copy = Object.create(Object.getPrototypeOf(locals));
	for (const [key, { enumerable }] of Object.entries(Object.getOwnPropertyDescriptors(locals))) {
		// The nonce that stands there is the other response's.
		if (!enumerable || (key === "cspNonce" && holder !== undefined)) continue;
		Object.defineProperty(copy, key, { configurable: true, enumerable: true, writable: true, value: Reflect.get(locals, key) });
	}
	return copy;
}

function isObject(value: unknown): value is object {
	return typeof value === "object" && value !== null;
}

/** The locals may be read through an object that inherits from them. */
function responseOf(locals: object): object | undefined {
	for (let object: object | null = locals; object !== null; object = Object.getPrototypeOf(object)) {
		const res = RESPONSES.get(object);
		if (res !== undefined) return res;
	}
	return undefined;
}
