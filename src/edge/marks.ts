import { FRAMEWORK_POLICY } from "../csp/incomplete.ts";
import { NAMES } from "../headers/facts.ts";
import type { CompiledPolicy } from "../policy/compile.ts";

/** Any one of these headers, with a value, shows that a response has the application's policy. */
export interface Marks {
	readonly names: readonly string[];
	/** Next to this Content-Security-Policy, `NOSNIFF` proves nothing: error pages of frameworks have both. */
	readonly frameworkPolicy?: string | undefined;
}

export const NOSNIFF: string = NAMES.xContentTypeOptions;
export const CSP: string = NAMES.contentSecurityPolicy;

/** Headers that only a policy sets. Applications and frameworks also set the others individually. */
const TELLING: ReadonlySet<string> = new Set([
	NAMES.permissionsPolicy,
	NAMES.originAgentCluster,
	NAMES.documentIsolationPolicy,
	NAMES.integrityPolicy,
	NAMES.connectionAllowlist,
]);

/**
 * There are several marks because a route may switch one off.
 * @returns undefined when the policy has no header that is on each of its responses.
 */
export function marksOf(compiled: CompiledPolicy): Marks | undefined {
	const everywhere = alwaysSent(compiled);
	const telling = everywhere.filter((name) => TELLING.has(name));
	if (everywhere.includes(NOSNIFF))
		return { names: [NOSNIFF, ...telling], frameworkPolicy: telling.length > 0 || changesFrameworkPolicy(compiled) ? FRAMEWORK_POLICY : undefined };
	const names = telling.length > 0 ? telling : everywhere;
	return names.length > 0 ? { names } : undefined;
}

/**
 * The headers that are sent over http and https, on a 304, and whether or not the response asks for reports. Some are left out over http on hosts that
 * browsers do not trust. There, a response without another mark is filled in once more, which is better than not at all.
 */
function alwaysSent({ blocks }: CompiledPolicy): readonly string[] {
	const all = blocks.map(({ headers }) => headers.flatMap(({ name, nonced }) => (nonced === undefined ? [name] : [])));
	const [first = [], ...others] = all;
	return first.filter((name) => others.every((names) => names.includes(name)));
}

/** The middleware completes the bare policy of a framework, so no response of the application has it. */
function changesFrameworkPolicy({ blocks }: CompiledPolicy): boolean {
	return blocks.every(({ headers }) => {
		const csp = headers.find(({ name }) => name === CSP);
		const completed = csp?.complete?.(FRAMEWORK_POLICY, 404, undefined)?.text;
		return completed !== undefined && completed !== FRAMEWORK_POLICY && csp?.text !== FRAMEWORK_POLICY;
	});
}
