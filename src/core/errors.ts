import type { PolicyIssue } from "./issue.ts";

const BRAND = Symbol.for("headguard.PolicyError");

/**
 * The error of this library. At start-up, it contains every problem of a configuration. At run time, it reports incorrect use, such as a nonce
 * that was first read too late.
 *
 * `instanceof` also recognizes errors of another copy of the library, such as the CJS copy next to the ESM copy.
 *
 * @example
 * try {
 *   secureHeaders(options);
 * } catch (error) {
 *   if (error instanceof PolicyError) console.error(error.issues.map((issue) => issue.code));
 * }
 */
export class PolicyError extends TypeError {
	override readonly name = "PolicyError";
	readonly code = "ERR_POLICY";
	/** Every problem, in the order of the options. */
	declare readonly issues: readonly PolicyIssue[];

	constructor(issues: readonly PolicyIssue[]) {
		super(describe(issues));
		// Not enumerable, because Node prints the enumerable fields of an uncaught error, and the message contains all of them.
		Object.defineProperties(this, {
			issues: { value: Object.freeze(issues.map((issue) => Object.freeze({ ...issue }))) },
			[BRAND]: { value: true },
		});
	}

	static override [Symbol.hasInstance](value: unknown): boolean {
		return typeof value === "object" && value !== null && BRAND in value;
	}
}

/** How many problems a message holds, so that a generated list does not fill a log. */
const DESCRIBED = 100;

function describe(issues: readonly PolicyIssue[]): string {
	const lines = issues.slice(0, DESCRIBED).map(({ path, message, code }) => `${path === "" ? "" : `${path}: `}${message} [${code}]`);
	if (issues.length > DESCRIBED) lines.push(`… and ${issues.length - DESCRIBED} more, in the issues of this error`);
	return issues.length === 1 ? lines.join("") : `${issues.length} problems:\n  ${lines.join("\n  ")}`;
}

/** The message of anything that was thrown. Never throws. */
export function reasonOf(error: unknown): string {
	try {
		return error instanceof Error ? String(error.message) : String(error);
	} catch {
		return "an error that cannot be read";
	}
}
