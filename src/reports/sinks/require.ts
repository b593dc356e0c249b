import { PolicyError } from "../../core/errors.ts";
import { show } from "../../core/text.ts";

/** @throws {PolicyError} for a thing that lacks the method that it is wanted for. */
export function requireMethod(thing: unknown, method: string, path: string, expected: string): void {
	if (typeof Reflect.get(Object(thing), method) === "function") return;
	throw new PolicyError([{ code: "option/type", path, message: `received ${show(thing)}. Write ${expected}.` }]);
}
