import type { CspPolicies } from "./model.ts";

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

/** Fetch directives fall back to default-src; no other does, and no other is called so. */
export function fallsBack(name: string): boolean {
	return /-src(?:-elem|-attr)?$/.test(name);
}
