import { ownFields } from "../core/own-fields.ts";
import { type Camel, camel } from "../core/text.ts";

/** What is true of a header whatever its value. No reader of options is behind it: whoever needs facts alone imports this file alone. */
export interface HeaderFacts {
	/** The name on the wire. */
	readonly name: HeaderName;
	readonly lowerName: Lowercase<HeaderName>;
	/** The option name: the header's name in camelCase. */
	readonly key: HeaderKey;
	/** What several values on one response mean: each counts (`many`), or there may be only one (`one`). */
	readonly cardinality: "many" | "one";
	/** A comma belongs to the value; elsewhere it joins several values. */
	readonly commaInValue: boolean;
	/** The value of the application never wins over the policy's. */
	readonly locked: boolean;
	/**
	 * Set at once, even where the others wait for the first line of the response. Frameworks ask a response all the time for headers
	 * with short names (Vary, ETag, Content-Type, Content-Length), and each of these questions passes a hook that must know in
	 * nanoseconds whether a header that waits is meant. It looks at the length of the name first, so none that waits may have a short one.
	 */
	readonly early: boolean;
	/** Browsers read it on documents (and workers) only. */
	readonly documentsOnly: boolean;
	/** Browsers read it over https only; most of these headers on localhost as well. */
	readonly secureOnly: boolean;
	/**
	 * How it names the endpoints of its reports: a directive or a parameter called report-to, a list of tokens, a member of
	 * its JSON. `defines`: it says where the endpoints are.
	 */
	readonly endpoints: "directive" | "parameter" | "list" | "member" | "defines" | undefined;
}

type Row = Pick<HeaderFacts, "cardinality"> & { readonly name: string } & Partial<Omit<HeaderFacts, "name" | "lowerName" | "key">>;

/** THE list: every header that a policy can send, in the order in which they are sent. Nothing else enumerates headers. */
const TABLE = [
	{ name: "Content-Security-Policy", cardinality: "many", documentsOnly: true, endpoints: "directive" },
	{ name: "Content-Security-Policy-Report-Only", cardinality: "many", documentsOnly: true, endpoints: "directive" },
	{ name: "Strict-Transport-Security", cardinality: "one", secureOnly: true },
	{ name: "X-Content-Type-Options", cardinality: "one", locked: true },
	{ name: "X-Frame-Options", cardinality: "one", documentsOnly: true },
	{ name: "Referrer-Policy", cardinality: "one", commaInValue: true },
	{ name: "Permissions-Policy", cardinality: "one", commaInValue: true, documentsOnly: true, endpoints: "parameter" },
	{ name: "Permissions-Policy-Report-Only", cardinality: "one", commaInValue: true, documentsOnly: true, endpoints: "parameter" },
	{ name: "Cross-Origin-Opener-Policy", cardinality: "one", documentsOnly: true, secureOnly: true, endpoints: "parameter" },
	{ name: "Cross-Origin-Opener-Policy-Report-Only", cardinality: "one", documentsOnly: true, secureOnly: true, endpoints: "parameter" },
	{ name: "Cross-Origin-Embedder-Policy", cardinality: "one", documentsOnly: true, secureOnly: true, endpoints: "parameter" },
	{ name: "Cross-Origin-Embedder-Policy-Report-Only", cardinality: "one", documentsOnly: true, secureOnly: true, endpoints: "parameter" },
	{ name: "Cross-Origin-Resource-Policy", cardinality: "one" },
	{ name: "Origin-Agent-Cluster", cardinality: "one", documentsOnly: true, secureOnly: true },
	{ name: "Document-Isolation-Policy", cardinality: "one", documentsOnly: true, secureOnly: true, endpoints: "parameter" },
	{ name: "Document-Isolation-Policy-Report-Only", cardinality: "one", documentsOnly: true, secureOnly: true, endpoints: "parameter" },
	{ name: "Integrity-Policy", cardinality: "one", commaInValue: true, documentsOnly: true, endpoints: "list" },
	{ name: "Integrity-Policy-Report-Only", cardinality: "one", commaInValue: true, documentsOnly: true, endpoints: "list" },
	{ name: "Reporting-Endpoints", cardinality: "one", commaInValue: true, secureOnly: true, endpoints: "defines" },
	{ name: "Report-To", cardinality: "one", early: true, commaInValue: true, secureOnly: true, endpoints: "defines" },
	{ name: "NEL", cardinality: "one", early: true, commaInValue: true, secureOnly: true, endpoints: "member" },
	{ name: "X-XSS-Protection", cardinality: "one", documentsOnly: true },
	{ name: "X-DNS-Prefetch-Control", cardinality: "one", documentsOnly: true },
	{ name: "X-Download-Options", cardinality: "one", documentsOnly: true },
	{ name: "X-Permitted-Cross-Domain-Policies", cardinality: "one" },
] as const;

/** The name of a header that a policy can send. */
export type HeaderName = (typeof TABLE)[number]["name"];

/** The name of its option. */
export type HeaderKey = Camel<Lowercase<HeaderName>>;

type HeaderNames = { readonly [Name in HeaderName as Camel<Lowercase<Name>>]: Name };

const REPORT_ONLY = /-Report-Only$/;

export const HEADER_FACTS: readonly HeaderFacts[] = TABLE.map((row: Row & { readonly name: HeaderName }) =>
	ownFields({
		name: row.name,
		lowerName: row.name.toLowerCase() as Lowercase<HeaderName>,
		key: camel(row.name.toLowerCase()) as HeaderKey,
		cardinality: row.cardinality,
		commaInValue: row.commaInValue === true,
		locked: row.locked === true,
		early: row.early === true,
		documentsOnly: row.documentsOnly === true,
		secureOnly: row.secureOnly === true,
		endpoints: row.endpoints,
	}),
);

/** Option name → header name: how code names a header, so that a misspelt one does not compile. */
export const NAMES: HeaderNames = ownFields(Object.fromEntries(HEADER_FACTS.map(({ key, name }) => [key, name]))) as HeaderNames;

/** The shortest name of a header that is not early. */
export const SHORTEST_LATE: number = Math.min(...HEADER_FACTS.filter(({ early }) => !early).map(({ name }) => name.length));

const BY_LOWER_NAME: ReadonlyMap<string, HeaderFacts> = new Map(HEADER_FACTS.map((facts) => [facts.lowerName, facts]));

/** The facts of a header, whatever the case of its name; undefined: no policy can send it. */
export function factsOf(name: string): HeaderFacts | undefined {
	return BY_LOWER_NAME.get(name.toLowerCase());
}

/** The header without the suffix of a report-only one. */
export function enforced(name: HeaderName): string {
	return name.replace(REPORT_ONLY, "");
}

/** It reports what the header without the suffix would do, and does nothing. */
export function isReportOnly(name: string): boolean {
	return REPORT_ONLY.test(name);
}
