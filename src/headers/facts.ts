import { ownFields } from "../core/own-fields.ts";
import { type Camel, camel } from "../core/text.ts";

/** The facts of a header that do not depend on its value. This file imports no reader of options. */
export interface HeaderFacts {
	/** The name on the wire. */
	readonly name: HeaderName;
	readonly lowerName: Lowercase<HeaderName>;
	/** The option name: the header's name in camelCase. */
	readonly key: HeaderKey;
	/** Whether a response can have several values (`many`) or only one (`one`). */
	readonly cardinality: "many" | "one";
	/** Whether a comma is part of the value. In other headers, it separates values. */
	readonly commaInValue: boolean;
	/** Whether the value of the policy always replaces that of the application. */
	readonly locked: boolean;
	/**
	 * Whether the header is set at once, even if the others wait for the first line of the response. Frameworks often read headers with short names
	 * (Vary, ETag, Content-Type, Content-Length). Each read passes a hook, which must know within nanoseconds whether the header is a waiting one. It
	 * checks the length of the name first, so waiting headers must have long names.
	 */
	readonly early: boolean;
	/** Whether browsers only read it on documents and workers. */
	readonly documentsOnly: boolean;
	/** Whether browsers only read it over https, and in most cases on localhost. */
	readonly secureOnly: boolean;
	/**
	 * How it names the endpoints of its reports: in a directive or a parameter called report-to, in a list of tokens, or in a member of its JSON.
	 * `defines`: it defines the endpoints.
	 */
	readonly endpoints: "directive" | "parameter" | "list" | "member" | "defines" | undefined;
}

type Row = { readonly name: string } & Partial<Omit<HeaderFacts, "name" | "lowerName" | "key">>;

/** Every header that a policy can send, in the order in which they are sent. This is the only list of headers. */
const TABLE = [
	{ name: "Content-Security-Policy", cardinality: "many", documentsOnly: true, endpoints: "directive" },
	{ name: "Content-Security-Policy-Report-Only", cardinality: "many", documentsOnly: true, endpoints: "directive" },
	{ name: "Strict-Transport-Security", secureOnly: true },
	{ name: "X-Content-Type-Options", locked: true },
	{ name: "X-Frame-Options", documentsOnly: true },
	{ name: "Referrer-Policy", commaInValue: true },
	{ name: "Permissions-Policy", commaInValue: true, documentsOnly: true, endpoints: "parameter" },
	{ name: "Permissions-Policy-Report-Only", commaInValue: true, documentsOnly: true, endpoints: "parameter" },
	{ name: "Cross-Origin-Opener-Policy", documentsOnly: true, secureOnly: true, endpoints: "parameter" },
	{ name: "Cross-Origin-Opener-Policy-Report-Only", documentsOnly: true, secureOnly: true, endpoints: "parameter" },
	{ name: "Cross-Origin-Embedder-Policy", documentsOnly: true, secureOnly: true, endpoints: "parameter" },
	{ name: "Cross-Origin-Embedder-Policy-Report-Only", documentsOnly: true, secureOnly: true, endpoints: "parameter" },
	{ name: "Cross-Origin-Resource-Policy" },
	{ name: "Origin-Agent-Cluster", documentsOnly: true, secureOnly: true },
	{ name: "Document-Isolation-Policy", documentsOnly: true, secureOnly: true, endpoints: "parameter" },
	{ name: "Document-Isolation-Policy-Report-Only", documentsOnly: true, secureOnly: true, endpoints: "parameter" },
	{ name: "Integrity-Policy", commaInValue: true, documentsOnly: true, endpoints: "list" },
	{ name: "Integrity-Policy-Report-Only", commaInValue: true, documentsOnly: true, endpoints: "list" },
	{ name: "Connection-Allowlist", commaInValue: true, documentsOnly: true, endpoints: "parameter" },
	{ name: "Connection-Allowlist-Report-Only", commaInValue: true, documentsOnly: true, endpoints: "parameter" },
	{ name: "Reporting-Endpoints", commaInValue: true, secureOnly: true, endpoints: "defines" },
	{ name: "Report-To", early: true, commaInValue: true, secureOnly: true, endpoints: "defines" },
	{ name: "NEL", early: true, commaInValue: true, secureOnly: true, endpoints: "member" },
	{ name: "X-XSS-Protection", documentsOnly: true },
	{ name: "X-DNS-Prefetch-Control", documentsOnly: true },
	{ name: "X-Download-Options", documentsOnly: true },
	{ name: "X-Permitted-Cross-Domain-Policies" },
] as const;

/** The name of a header that a policy can send. */
export type HeaderName = (typeof TABLE)[number]["name"];

/** The name of its option. */
export type HeaderKey = Camel<Lowercase<HeaderName>>;

type HeaderNames = { readonly [Name in HeaderName as Camel<Lowercase<Name>>]: Name };

const REPORT_ONLY = /-Report-Only$/;

export const HEADER_FACTS: readonly HeaderFacts[] = TABLE.map((row: Row & { readonly name: HeaderName }) =>
	ownFields({
		cardinality: "one",
		commaInValue: false,
		locked: false,
		early: false,
		documentsOnly: false,
		secureOnly: false,
		endpoints: undefined,
		// Own fields only: a polluted Object.prototype must not state facts.
		...row,
		lowerName: row.name.toLowerCase() as Lowercase<HeaderName>,
		key: camel(row.name.toLowerCase()) as HeaderKey,
	}),
);

/** Header names by option name. Code uses these, so that a misspelled name does not compile. */
export const NAMES: HeaderNames = ownFields(Object.fromEntries(HEADER_FACTS.map(({ key, name }) => [key, name]))) as HeaderNames;

/** The options of the two headers that hold a Content Security Policy, the enforced one first. */
export const CSP_KEYS: readonly CspKey[] = ["contentSecurityPolicy", "contentSecurityPolicyReportOnly"];

export type CspKey = Extract<HeaderKey, `contentSecurityPolicy${string}`>;

/** Whether it is the name or the option of a header that holds a Content Security Policy. */
export function isCsp(name: string): boolean {
	return CSP_KEYS.some((key) => key === name || NAMES[key].toLowerCase() === name.toLowerCase());
}

/** The length of the shortest name of a header that is not early. */
export const SHORTEST_LATE: number = Math.min(...HEADER_FACTS.filter(({ early }) => !early).map(({ name }) => name.length));

const BY_LOWER_NAME: ReadonlyMap<string, HeaderFacts> = new Map(HEADER_FACTS.map((facts) => [facts.lowerName, facts]));

/** The facts of a header. The case of the name does not matter. Undefined if no policy can send it. */
export function factsOf(name: string): HeaderFacts | undefined {
	return BY_LOWER_NAME.get(name.toLowerCase());
}

/** The name without the suffix of a report-only header. */
export function enforced(name: HeaderName): string {
	return name.replace(REPORT_ONLY, "");
}

/** Whether a header only reports what the header without the suffix would do. */
export function isReportOnly(name: string): boolean {
	return REPORT_ONLY.test(name);
}
