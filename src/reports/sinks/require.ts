import { PolicyError } from "../../core/errors.ts";
import { received } from "../../core/issue.ts";

/** @throws {PolicyError} for a value that lacks the method. */
export function requireMethod(thing: unknown, method: string, path: string, expected: string): void {
	if (typeof Reflect.get(Object(thing), method) === "function") return;
	throw new PolicyError([{ path, ...received("option/type", thing, "", expected) }]);
}
