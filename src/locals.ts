import { readNonce } from "./apply.ts";

/** `res.locals` → the response that it belongs to. */
const RESPONSES = new WeakMap<object, object>();

/**
 * Makes `res.locals.cspNonce` a property that creates the nonce when it is read. Enumerable, so that
 * view engines which spread the locals pass it on; one shared descriptor, so that a request costs
 * no closure. A frozen `locals` is replaced by a copy; a missing one (Connect, node:http) is made.
 */
export function exposeNonce(res: object): void {
	try {
		const locals = extensibleLocals(res as { locals?: unknown });
		RESPONSES.set(locals, res);
		Object.defineProperty(locals, "cspNonce", CSP_NONCE);
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
		Object.defineProperty(this, "cspNonce", { configurable: true, enumerable: true, writable: true, value });
	},
};

function extensibleLocals(res: { locals?: unknown }): object {
	const locals = res.locals;
	if (typeof locals === "object" && locals !== null && Object.isExtensible(locals)) return locals;
	const copy = Object.assign(Object.create(null), locals);
	res.locals = copy;
	return copy;
}

/** The locals may be read through an object that inherits from them. */
function responseOf(locals: object): object | undefined {
	for (let object: object | null = locals; object !== null; object = Object.getPrototypeOf(object)) {
		const res = RESPONSES.get(object);
		if (res !== undefined) return res;
	}
	return undefined;
}
