import { cacheExamples } from "./cache.ts";
import { connectionsExamples } from "./connections.ts";
import { consistencyExamples } from "./consistency.ts";
import { contentTypeExamples } from "./content-type.ts";
import { cookiesExamples } from "./cookies.ts";
import { corsExamples } from "./cors.ts";
import { cspExamples } from "./csp.ts";
import { cspStrengthExamples } from "./csp-strength.ts";
import { deployExamples } from "./deploy.ts";
import { duplicatesExamples } from "./duplicates.ts";
import { edgeExamples } from "./edge.ts";
import { framingExamples } from "./framing.ts";
import { hstsExamples } from "./hsts.ts";
import { isolationExamples } from "./isolation.ts";
import { leaksExamples } from "./leaks.ts";
import { markupExamples } from "./markup.ts";
import { nonceExamples } from "./nonce.ts";
import { permissionsExamples } from "./permissions.ts";
import { preloadExamples } from "./preload.ts";
import { redirectExamples } from "./redirect.ts";
import { referrerExamples } from "./referrer.ts";
import { reportingExamples } from "./reporting.ts";

/**
 * What a reader wants to know of a rule beside its title and summary. Only the command, the documentation and the tests
 * load it: it is larger than all the checks together.
 *
 * An example is what a server sends, in the shortest form: header lines of the page and, after an empty line, its HTML.
 * `[not-found 404]` starts another response, by the name and the status that a report shows for it. `[nginx.conf]` and
 * `[app.js]` start a file.
 */
export interface Explanation {
	/** What a browser does, or an attacker: why the rule matters. */
	readonly why: string;
	/** Breaks this rule and no other one. */
	readonly bad: string;
	/** The same, repaired. */
	readonly good: string;
	/** What to write, in headguard where it has an option. */
	readonly write: string;
	/** The page that explains this rule. */
	readonly link: string;
}

/** Every rule that is explained; one without an explanation does not compile. */
export type RuleId = keyof (typeof cacheExamples &
	typeof connectionsExamples &
	typeof consistencyExamples &
	typeof contentTypeExamples &
	typeof cookiesExamples &
	typeof corsExamples &
	typeof cspExamples &
	typeof cspStrengthExamples &
	typeof deployExamples &
	typeof duplicatesExamples &
	typeof edgeExamples &
	typeof framingExamples &
	typeof hstsExamples &
	typeof isolationExamples &
	typeof leaksExamples &
	typeof markupExamples &
	typeof nonceExamples &
	typeof permissionsExamples &
	typeof preloadExamples &
	typeof redirectExamples &
	typeof referrerExamples &
	typeof reportingExamples);

const ALL: Readonly<Record<RuleId, Explanation>> = {
	...cacheExamples,
	...connectionsExamples,
	...consistencyExamples,
	...contentTypeExamples,
	...cookiesExamples,
	...corsExamples,
	...cspExamples,
	...cspStrengthExamples,
	...deployExamples,
	...duplicatesExamples,
	...edgeExamples,
	...framingExamples,
	...hstsExamples,
	...isolationExamples,
	...leaksExamples,
	...markupExamples,
	...nonceExamples,
	...permissionsExamples,
	...preloadExamples,
	...redirectExamples,
	...referrerExamples,
	...reportingExamples,
};

/** By the ids of the rules. */
export const EXPLANATIONS: ReadonlyMap<string, Explanation> = new Map(Object.entries(ALL));
