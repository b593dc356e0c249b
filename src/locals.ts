import { readNonce } from "./apply.ts";
import { shared, stateOf } from "./response.ts";

/** `res.locals` → the response that it belongs to. */
const RESPONSES: WeakMap<object, object> = shared("headguard.locals.responses/1", () => new WeakMap());

/** Response → its locals, where `locals` is ours; and the `app.response` objects on which it is. */
const LOCALS: WeakMap<object, unknown> = shared("headguard.locals/1", () => new WeakMap());
const WATCHED: WeakSet<object> = shared("headguard.locals.watched/1", () => new WeakSet());

/**
 * Makes `res.locals.cspNonce` a property that creates the nonce when it is read. Enumerable, so that
 * view engines which spread the locals pass it on; one shared descriptor, so that a request costs
 * no closure. A frozen `locals` is replaced by a copy; a missing one (Connect, node:http) is made;
 * under Express one that the application assigns later gets the property too.
 */
export function exposeNonce(req: unknown, res: object): void {
	try {
		watchLocals(req, res);
		const holder = res as { locals?: unknown };
		const locals = extensibleLocals(holder.locals);
		if (locals !== holder.locals) holder.locals = locals;
		bind(res, locals);
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
	// An application that makes a nonce of its own also writes its own policy: its value stands.
	set(this: object, value: unknown) {
		const state = stateOf(RESPONSES.get(this) ?? {});
		if (state?.locals === this) state.locals = undefined;
		Object.defineProperty(this, "cspNonce", { configurable: true, enumerable: true, writable: true, value });
	},
};

/**
 * Express gives each app a `response` object from which its responses inherit, for applications to
 * extend. An accessor there sees `res.locals = …`, at no cost for the single response, where an own
 * accessor would cost microseconds.
 */
const LOCALS_OF_RESPONSE: PropertyDescriptor = {
	configurable: true,
	enumerable: true,
	get(this: object) {
		return LOCALS.get(genuine(this));
	},
	set(this: object, value: unknown) {
		const res = genuine(this);
		if (stateOf(res) === undefined || typeof value !== "object" || value === null) {
			LOCALS.set(res, value);
			return;
		}
		const locals = extensibleLocals(value);
		LOCALS.set(res, locals);
		bind(res, locals);
	},
};

function watchLocals(req: unknown, res: object): void {
	const prototype = outermost((req as { app?: ExpressApp }).app)?.response;
	if (typeof prototype !== "object" || prototype === null || !Object.prototype.isPrototypeOf.call(prototype, res)) return;
	if (!WATCHED.has(prototype)) {
		Object.defineProperty(prototype, "locals", LOCALS_OF_RESPONSE);
		WATCHED.add(prototype);
	}
	if (!Object.hasOwn(res, "locals")) return;
	// Made before the accessor was there, for the first request that came.
	LOCALS.set(res, (res as { locals?: unknown }).locals);
	Reflect.deleteProperty(res, "locals");
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

function bind(res: object, locals: object): void {
	RESPONSES.set(locals, res);
	Object.defineProperty(locals, "cspNonce", CSP_NONCE);
	const state = stateOf(res);
	if (state !== undefined) state.locals = locals;
}

function extensibleLocals(locals: unknown): object {
	if (typeof locals !== "object" || locals === null) return Object.create(null);
	if (Object.isExtensible(locals)) return locals;
	return Object.assign(Object.create(Object.getPrototypeOf(locals)), locals);
}

/** The locals may be read through an object that inherits from them. */
function responseOf(locals: object): object | undefined {
	for (let object: object | null = locals; object !== null; object = Object.getPrototypeOf(object)) {
		const res = RESPONSES.get(object);
		if (res !== undefined) return res;
	}
	return undefined;
}

/** The response may be seen through an object that inherits from it or a proxy object; its request knows it. */
function genuine(res: object): object {
	if (LOCALS.has(res)) return res;
	const known = (Reflect.get(res, "req") as { res?: unknown } | undefined)?.res;
	return typeof known === "object" && known !== null ? known : res;
}
