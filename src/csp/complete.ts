import { DIRECTIVES, type DirectiveName } from "./directives.ts";
import { isNonceSource, type Source } from "./grammar.ts";
import { NONCE } from "./keywords.ts";
import { type CspModel, type CspPolicies, governor, hasNonceSlot, withoutNonce } from "./model.ts";
import { parse, serialize } from "./serialize.ts";

/** What finalhandler, send and serve-static write over the policy of the application. */
export const FRAMEWORK_POLICY = "default-src 'none'";

/** The same of their versions before 2019, on their error pages and redirects. Applications choose this text for pages of their own. */
const OLD_FRAMEWORK_POLICY = "default-src 'self'";

/** Why a policy is completed: it is a framework's own, or it lacks what only we have. */
export type Incomplete = "framework" | "application";

/**
 * Whether a policy that the application set is to be completed. Frameworks that make nonces (SvelteKit, Astro, Vike)
 * write the directives that they need and no others: neither default-src, which governs the rest, nor frame-ancestors.
 */
export function whyIncomplete(text: string, status: number, onOther: CspPolicies["onOther"]): Incomplete | undefined {
	if (text === FRAMEWORK_POLICY || (text === OLD_FRAMEWORK_POLICY && status >= 300 && status !== 304)) return "framework";
	if (onOther !== undefined) return onOther === "complete" ? "application" : undefined;
	const isPartial = text.split(",").every((policy) => !/(?:^|;)\s*(?:default-src|frame-ancestors)(?![\w-])/i.test(policy));
	return isPartial ? "application" : undefined;
}

/**
 * The policy of the application with those of our directives that it neither has nor governs by a fallback, so that
 * it only ever restricts more. Our slots take the nonces of both. Our further policies stay whole.
 */
export function complete(text: string, ours: readonly CspModel[], nonce: string | undefined): string {
	const [theirs = "", ...more] = text.split(",").map((policy) => policy.trim());
	const all = [theirs, ...more].map(parse);
	const nonces = [...new Set([...(nonce === undefined ? [] : [`'nonce-${nonce}'`]), ...noncesIn(text)])];
	const [first = new Map(), ...also] = ours.map((model) => filled(model, nonces));
	const missing = missingIn(all, first);
	const others = also.filter((model) => missingIn(all, model).size > 0);
	if (missing.size === 0 && others.length === 0) return text;
	const completed = [theirs.replace(/[;\s]+$/, ""), serialize(missing)].filter((part) => part !== "").join("; ");
	return [completed, ...more, ...others.map(serialize)].filter((policy) => policy !== "").join(", ");
}

/** The nonce sources of a policy. */
export function noncesIn(text: string): readonly string[] {
	return text.split(/[\s;,]+/).filter(isNonceSource);
}

/** The directives of our policy that none of the others has or governs by a fallback. */
export function missingIn(theirs: readonly CspModel[], ours: CspModel): CspModel {
	const isReported = theirs.some((model) => model.has("report-uri") || model.has("report-to"));
	const isMissing = (name: string): boolean => {
		// One way of reporting silences the other.
		if (name === "report-uri" || name === "report-to") return !isReported;
		return theirs.every((model) => governor(model, name as DirectiveName) === undefined);
	};
	return new Map([...(theirs.length > 1 ? withoutDefault(ours) : ours)].filter(([name]) => isMissing(name)));
}

/** The same with default-src written out: added to one of several policies, it would also restrict what the others allow. */
function withoutDefault(model: CspModel): CspModel {
	const words = model.get("default-src");
	if (words === undefined) return model;
	const governed = [...DIRECTIVES].filter(([name, { fallback }]) => fallback.join() === "default-src" && !model.has(name));
	return new Map([...model, ...governed.map(([name]) => [name, words] as const)].filter(([name]) => name !== "default-src"));
}

function filled(model: CspModel, nonces: readonly string[]): CspModel {
	if (nonces.length === 0 || !hasNonceSlot(model)) return withoutNonce(model);
	const fill = (source: Source): readonly Source[] => (source === NONCE ? nonces : [source]);
	return new Map([...model].map(([name, words]) => [name, words.flatMap(fill)]));
}
