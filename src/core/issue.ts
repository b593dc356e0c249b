import type { Code } from "./codes.ts";
import { escapedJson } from "./log.ts";
import { isThenable, kindOf, show } from "./text.ts";

/** One problem in a policy: what is wrong, where, and what to write instead. */
export interface PolicyIssue {
	/** Stable identifier, `area/kebab-name`. */
	readonly code: Code;
	/** Where in the options, as one would write it: `contentSecurityPolicy.directives.scriptSrc[0]`. */
	readonly path: string;
	/** What was received, what a browser does with it, and what to write instead. */
	readonly message: string;
}

/** Collects issues and warnings under a path, so that all of them can be shown at once. */
export interface Issues {
	readonly path: string;
	/** The same collection, one step deeper: `.name` or `[index]`. */
	at(step: string | number): Issues;
	/** Something that is refused. */
	error(code: Code, message: string): void;
	/** A value of the wrong type: a promise is `option/async`. Gives undefined, so that a reader can return it. */
	type(value: unknown, expected: string): undefined;
	/** Something legal that weakens or that some browser ignores. */
	warn(code: Code, message: string): void;
	/** How many errors there are so far, in the whole collection. */
	errorCount(): number;
}

export interface IssueList {
	readonly errors: PolicyIssue[];
	readonly warnings: PolicyIssue[];
	readonly issues: Issues;
}

export function createIssueList(): IssueList {
	const errors: PolicyIssue[] = [];
	const warnings: PolicyIssue[] = [];
	const issuesAt = (path: string): Issues => ({
		path,
		at: (step) => issuesAt(joinPath(path, step)),
		error: (code, message) => void errors.push({ code, path, message }),
		type: (value, expected) => void errors.push({ code: isThenable(value) ? "option/async" : "option/type", path, message: wrongType(value, expected) }),
		warn: (code, message) => void warnings.push({ code, path, message }),
		errorCount: () => errors.length,
	});
	return { errors, warnings, issues: issuesAt("") };
}

/** `received 5 (a number). Write …` */
function wrongType(value: unknown, expected: string): string {
	if (isThenable(value)) return `received a promise; the policy is compiled once, at start-up. Await it first, then write ${expected}.`;
	const shown = show(value);
	const kind = kindOf(value);
	return `received ${shown === kind ? kind : `${shown} (${kind})`}. Write ${expected}.`;
}

function joinPath(path: string, step: string | number): string {
	if (typeof step === "number") return `${path}[${step}]`;
	if (step.length > 80 || !/^[A-Za-z_$][\w$]*$/.test(step)) return `${path}[${escapedJson(JSON.stringify(step.slice(0, 80)))}]`;
	return path === "" ? step : `${path}.${step}`;
}
