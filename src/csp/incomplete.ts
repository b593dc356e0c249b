import type { CspPolicies } from "./model.ts";

/** The policy that finalhandler, send and serve-static set, over that of the application. */
export const FRAMEWORK_POLICY = "default-src 'none'";

/** The policy of their versions before 2019, on error pages and redirects. Applications use this text for their own pages. */
const OLD_FRAMEWORK_POLICY = "default-src 'self'";

/** Why a policy is completed: it comes from a framework, or from an application and lacks some of our directives. */
export type Incomplete = "framework" | "application";

/**
 * Why a policy that the application set is completed, if it is. Frameworks that make nonces (SvelteKit, Astro, Vike) set only the directives that
 * they need: neither default-src, which governs the rest, nor frame-ancestors.
 */
export function whyIncomplete(text: string, status: number, onOther: CspPolicies["onOther"]): Incomplete | undefined {
	if (text === FRAMEWORK_POLICY || (text === OLD_FRAMEWORK_POLICY && status >= 300 && status !== 304)) return "framework";
	if (onOther !== undefined) return onOther === "complete" ? "application" : undefined;
	const isPartial = text.split(",").every((policy) => !/(?:^|;)\s*(?:default-src|frame-ancestors)(?![\w-])/i.test(policy));
	return isPartial ? "application" : undefined;
}

/** Whether a directive falls back to default-src. Only fetch directives do, and only their names end like this. */
export function fallsBack(name: string): boolean {
	return /-src(?:-elem|-attr)?$/.test(name);
}
