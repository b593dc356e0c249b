/** The compatibility data of headers, from @mdn/browser-compat-data. */
import { createRequire } from "node:module";

export interface Support {
	readonly version_added: string | boolean;
	readonly version_removed?: string;
	readonly partial_implementation?: boolean;
	readonly flags?: unknown;
	readonly alternative_name?: string;
}

export interface Compat {
	readonly __compat?: { readonly support: Readonly<Record<string, Support | readonly Support[]>>; readonly mdn_url?: string };
	readonly [part: string]: unknown;
}

interface CompatData {
	readonly __meta: { readonly version: string; readonly timestamp: string };
	readonly http: { readonly headers: Readonly<Record<string, Compat>> };
}

export function compatOf(): CompatData {
	return createRequire(import.meta.url)("@mdn/browser-compat-data");
}

/** The data of a header, or of a part of it, such as a directive. */
export function partOf(header: string, part?: string): Compat | undefined {
	const data = compatOf().http.headers[header];
	return part === undefined ? data : (data?.[part] as Compat | undefined);
}

/** The names of the parts that the data has. */
export function keysOf(header: string, part?: string): readonly string[] {
	return Object.keys(partOf(header, part) ?? {}).filter((key) => key !== "__compat");
}

const BROWSERS = ["chrome", "edge", "firefox", "safari", "chrome_android", "safari_ios"] as const;
export const BROWSER_TITLES = ["Chrome", "Edge", "Firefox", "Safari", "Chrome on Android", "Safari on iOS"] as const;

/** The first version of each browser, in the order of their titles. Undefined without data. */
export function versionsOf(compat: Compat | undefined): readonly string[] | undefined {
	const support = compat?.__compat?.support;
	return support && BROWSERS.map((browser) => versionOf([support[browser] ?? []].flat()[0]));
}

function versionOf(support: Support | undefined): string {
	if (support === undefined || support.version_added === false) return "no";
	if (support.flags !== undefined) return "behind a flag";
	const { version_added: from, version_removed: to, partial_implementation: isPartial } = support;
	const range = to === undefined ? String(from) : `${from} to ${to}`;
	return isPartial === true ? `${range}, in part` : range;
}
