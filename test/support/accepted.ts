import { PolicyError } from "../../src/core/errors.ts";

/** Undefined when it is refused. */
export function accepted<Result>(make: () => Result): Result | undefined {
	try {
		return make();
	} catch (error) {
		if (error instanceof PolicyError) return undefined;
		throw error;
	}
}
