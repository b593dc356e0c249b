/** Registered, so that the ESM and the CJS copy of the library recognise each other's. */
const FACTORY = Symbol.for("headguard.sinkFactory/1");

/** Marks a function that makes a sink. It is recognised by its mark: whoever has a sink of their own needs none of ours. */
export function sinkFactory<Factory extends object>(factory: Factory): Factory {
	return Object.defineProperty(factory, FACTORY, { value: true });
}

/** It stands where what it makes was meant. */
export function isSinkFactory(value: unknown): boolean {
	return typeof value === "function" && Object.hasOwn(value, FACTORY);
}
