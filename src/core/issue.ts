import type { Code } from "./codes.ts";
import { escapedJson } from "./log.ts";
import { isThenable, kindOf, show } from "./text.ts";

/** One problem in a policy. */
export interface PolicyIssue {
	/** Stable identifier, `area/kebab-name`. */
	readonly code: Code;
	/** The place in the options, as you would write it: `contentSecurityPolicy.directives.scriptSrc[0]`. */
	readonly path: string;
	/** What was received, what browsers do with it, and what to write instead. */
	readonly message: string;
	/** The value that was given, as the message shows it: quoted as JSON, and cut at 80 characters. */
	readonly received?: string | undefined;
	/** What to write instead, as the message shows it: `"DENY" or "SAMEORIGIN"`. */
	readonly expected?: string | undefined;
	/** The CSP directive that the problem is in, such as `script-src`. */
	readonly directive?: string | undefined;
}

/** A problem without its place. */
export type Problem = Omit<PolicyIssue, "path" | "directive">;

/** Collects issues and warnings under a path, so that all of them are reported at once. */
export interface Issues {
	readonly path: string;
	/** The same collection, one step deeper: `.name` or `[index]`. The step may name a CSP directive. */
	at(step: string | number, directive?: string): Issues;
	/** Refuses something. Returns undefined, so that a reader can return it. */
	refuse(problem: Problem): undefined;
	/** Refuses something, in the words of `problem()`. */
	error(code: Code, text: string, expected?: string, guess?: string): undefined;
	/** Refuses a value, in the words of `received()`. */
	invalid(code: Code, value: unknown, consequence: string, expected?: string, guess?: string): undefined;
	/** Refuses a value of the wrong type. A promise is `option/async`. */
	type(value: unknown, expected: string): undefined;
	/** Reports something that is legal, but weak or ignored by browsers. */
	warn(problem: Problem): void;
	/** The number of errors in the whole collection. */
	errorCount(): number;
}

export interface IssueList {
	readonly errors: PolicyIssue[];
	readonly warnings: PolicyIssue[];
	readonly issues: Issues;
}

/** `text. Write expected.`, or `text. Did you mean "guess"?` Without either, the text is the whole message. */
export function problem(code: Code, text: string, expected?: string, guess?: string): Problem {
	if (guess !== undefined) return { code, message: `${text}. Did you mean ${show(guess)}?`, expected: show(guess) };
	return expected === undefined ? { code, message: text } : { code, message: `${text}. Write ${expected}.`, expected };
}

/** The same with `received "value", consequence` as the text. A promise is `option/async`. */
export function received(code: Code, value: unknown, consequence: string, expected?: string, guess?: string): Problem {
	if (isThenable(value)) return about("option/async", "a promise", ", which you must await first", expected);
	return about(code, show(value), consequence === "" ? "" : `, ${consequence}`, expected, guess);
}

function about(code: Code, shown: string, rest: string, expected: string | undefined, guess?: string): Problem {
	return { ...problem(code, `received ${shown}${rest}`, expected, guess), received: shown };
}

export function createIssueList(): IssueList {
	const errors: PolicyIssue[] = [];
	const warnings: PolicyIssue[] = [];
	const issuesAt = (path: string, directive?: string): Issues => {
		const placed = (found: Problem): PolicyIssue => ({ path, ...(directive !== undefined && { directive }), ...found });
		const refuse = (found: Problem): undefined => void errors.push(placed(found));
		return {
			path,
			at: (step, below = directive) => issuesAt(joinPath(path, step), below),
			refuse,
			error: (...texts) => refuse(problem(...texts)),
			invalid: (...texts) => refuse(received(...texts)),
			type: (value, expected) => refuse(wrongType(value, expected)),
			warn: (found) => void warnings.push(placed(found)),
			errorCount: () => errors.length,
		};
	};
	return { errors, warnings, issues: issuesAt("") };
}

/** `received 5 (a number). Write …` */
function wrongType(value: unknown, expected: string): Problem {
	const shown = show(value);
	const kind = kindOf(value);
	if (shown === kind) return received("option/type", value, "", expected);
	return about("option/type", shown, ` (${kind})`, expected);
}

function joinPath(path: string, step: string | number): string {
	if (typeof step === "number") return `${path}[${step}]`;
	if (step.length > 80 || !/^[A-Za-z_$][\w$]*$/.test(step)) return `${path}[${escapedJson(JSON.stringify(step.slice(0, 80)))}]`;
	return path === "" ? step : `${path}.${step}`;
}
