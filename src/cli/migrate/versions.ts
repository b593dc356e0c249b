import { getDefaultDirectives } from "../../helmet/csp.ts";

/** A version of helmet: major, minor, patch. */
export type HelmetVersion = readonly [major: number, minor: number, patch: number];

/** A number that is higher than all minor versions and patches: the newest of a major version. */
const NEWEST = Number.POSITIVE_INFINITY;

/** The major versions that this command knows. */
const [OLDEST_MAJOR, NEWEST_MAJOR] = [3, 8];

export const NEWEST_VERSION: HelmetVersion = [NEWEST_MAJOR, NEWEST, NEWEST];

/** The newest version of each major version, the newest first. */
export const VERSIONS: readonly HelmetVersion[] = Array.from({ length: NEWEST_MAJOR - OLDEST_MAJOR + 1 }, (_, i) => [NEWEST_MAJOR - i, NEWEST, NEWEST]);

/**
 * Reads a version, or the newest version that a range allows: `3.23.3`, `^5.0.0`, `~4.1.0`, `7`, `6.x`, `npm:helmet@^4`.
 * Returns undefined for ranges that allow several major versions, and for tags and addresses.
 */
export function readVersion(range: string): HelmetVersion | undefined {
	const found = /^(?:npm:helmet@)?([~^=v]?)(\d{1,6})(?:\.(\d{1,6}|[x*]))?(?:\.(\d{1,6}|[x*]))?(?:[-+][\w.+-]{1,99})?$/i.exec(range.trim().slice(0, 200));
	if (found === null) return undefined;
	const [, sign, major, minor, patch] = found;
	const isOpen = sign === "^" && major !== "0";
	const numberOf = (part: string | undefined, isFixed: boolean): number => (isFixed && /^\d+$/.test(part ?? "") ? Number(part) : NEWEST);
	const fixedMinor = numberOf(minor, !isOpen);
	return [Number(major), fixedMinor, numberOf(patch, !isOpen && sign !== "~" && fixedMinor !== NEWEST)];
}

export function isKnownVersion([major]: HelmetVersion): boolean {
	return major >= OLDEST_MAJOR && major <= NEWEST_MAJOR;
}

/** Whether it is older than a version, given as `6.0.1`. */
export function isBefore(version: HelmetVersion, other: string): boolean {
	const [major = 0, minor = 0, patch = 0] = other.split(".").map(Number);
	if (version[0] !== major) return version[0] < major;
	return version[1] === minor ? version[2] < patch : version[1] < minor;
}

/** The default CSP directives of a version. Undefined if it had none. */
export function defaultDirectives(version: HelmetVersion): ReadonlyMap<string, readonly string[]> | undefined {
	if (isBefore(version, "4")) return undefined;
	const directives = new Map<string, readonly string[]>(Object.entries(getDefaultDirectives()));
	if (isBefore(version, "5")) directives.delete("form-action");
	if (isBefore(version, "6")) directives.set("block-all-mixed-content", []);
	return directives;
}

/** The version that added an option. It ignores options that are not listed here. */
const ADDED: ReadonlyMap<string, string> = new Map([
	...["contentSecurityPolicy", "hsts", "noSniff", "dnsPrefetchControl", "ieNoOpen", "frameguard", "hidePoweredBy", "xssFilter", "referrerPolicy"].map(
		(name) => [name, "3"] as const,
	),
	...["hpkp", "noCache", "expectCt"].map((name) => [name, "3"] as const),
	["permittedCrossDomainPolicies", "3.13"],
	["featurePolicy", "3.14"],
	["originAgentCluster", "4.4"],
	...["crossOriginEmbedderPolicy", "crossOriginOpenerPolicy", "crossOriginResourcePolicy"].map((name) => [name, "4.5"] as const),
	...["strictTransportSecurity", "xContentTypeOptions", "xDnsPrefetchControl", "xDownloadOptions", "xFrameOptions"].map((name) => [name, "6.2"] as const),
	...["xPermittedCrossDomainPolicies", "xPoweredBy", "xXssProtection"].map((name) => [name, "6.2"] as const),
]);

/** The version that removed an option. */
const REMOVED: ReadonlyMap<string, string> = new Map([
	["hpkp", "4"],
	["noCache", "4"],
	["featurePolicy", "4"],
	["expectCt", "7"],
]);

/** Whether a version of helmet reads the option, or ignores it. */
export function readsOption(version: HelmetVersion, name: string): boolean {
	const [added, removed] = [ADDED.get(name), REMOVED.get(name)];
	return added !== undefined && !isBefore(version, added) && (removed === undefined || isBefore(version, removed));
}

/** By headguard's names: the headers that `helmet()` does not send by default, and that are neither new nor obsolete. */
export function offByDefault(version: HelmetVersion): readonly string[] {
	const isolating = ["crossOriginOpenerPolicy", "crossOriginResourcePolicy", "originAgentCluster"];
	if (isBefore(version, "4")) return ["contentSecurityPolicy", "referrerPolicy", ...isolating, "xPermittedCrossDomainPolicies"];
	return isBefore(version, "5") ? isolating : [];
}
