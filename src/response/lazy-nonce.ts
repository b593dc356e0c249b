import { RESPONSE, readNonce } from "./nonce.ts";
import { type ResponseLike, stateOf } from "./state.ts";

/**
 * The nonce for templates, in `res.locals`. It is made when it becomes text, so a page that does not print it has none. View engines copy the
 * locals, and a copy reads each property.
 *
 * It works like a string in templates, in string concatenation, in `==` and in JSON, and has the methods of strings. Its `typeof` is `"object"`.
 * `getNonce(res)` and `String(value)` return a string. It holds its response itself, because a WeakMap from the locals cost more than the rest of
 * the request.
 */
export function createLazyNonce(res: ResponseLike): object {
	return new LazyNonce(res);
}

interface Holder {
	readonly [RESPONSE]: ResponseLike;
}

/** Made by a call, so that a bundle that reads no nonce leaves it out. */
const LazyNonce = withMethodsOfStrings(
	class LazyNonce implements Holder {
		readonly [RESPONSE]: ResponseLike;

		constructor(res: ResponseLike) {
			this[RESPONSE] = res;
		}

		toString(): string {
			return readNonce(this[RESPONSE]);
		}

		valueOf(): string {
			return readNonce(this[RESPONSE]);
		}

		[Symbol.toPrimitive](): string {
			return readNonce(this[RESPONSE]);
		}

		/** Code that writes all locals as JSON after the head was written did not ask for the nonce. */
		toJSON(): string | undefined {
			return isTooLate(this[RESPONSE]) ? undefined : readNonce(this[RESPONSE]);
		}

		get length(): number {
			return readNonce(this[RESPONSE]).length;
		}

		/** React accepts an object with a nonce for each kind of element. */
		get script(): string {
			return readNonce(this[RESPONSE]);
		}

		get style(): string {
			return readNonce(this[RESPONSE]);
		}

		/** Logging must not make a nonce. */
		[Symbol.for("nodejs.util.inspect.custom")](): string {
			return stateOf(this[RESPONSE])?.nonce ?? "[nonce, made when it is printed]";
		}
	},
);

/** Adds the methods of strings that the class does not define itself. */
function withMethodsOfStrings<Class extends new (res: ResponseLike) => Holder>(nonce: Class): Class {
	for (const name of Reflect.ownKeys(String.prototype)) {
		const method: unknown = Reflect.get(String.prototype, name);
		if (typeof method !== "function" || Object.hasOwn(nonce.prototype, name)) continue;
		Object.defineProperty(nonce.prototype, name, {
			configurable: true,
			writable: true,
			value(this: Holder, ...args: readonly unknown[]) {
				return Reflect.apply(method, readNonce(this[RESPONSE]), args);
			},
		});
	}
	return nonce;
}

function isTooLate(res: ResponseLike): boolean {
	return res.headersSent && stateOf(res)?.nonce === undefined;
}
