/** A registered symbol, so that the ESM and the CJS copy of the library recognize each other's factories. */
const FACTORY = Symbol.for("headguard.sinkFactory/1");

/** Marks a function that creates a sink. The check for the mark does not load any sink into a bundle. */
export function sinkFactory<Factory extends object>(factory: Factory): Factory {
	return Object.defineProperty(factory, FACTORY, { value: true });
}

/** Whether a value is a function that creates a sink, where a sink is expected. */
export function isSinkFactory(value: unknown): boolean {
	return typeof value === "function" && Object.hasOwn(value, FACTORY);
}
