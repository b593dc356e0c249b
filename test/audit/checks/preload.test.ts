import { expect, test } from "vitest";
import { judge, RULES } from "../../../src/audit/judge.ts";
import { type Domain, type Exchange, type Fields, valuesOf } from "../../../src/audit/types.ts";

interface Given {
	readonly header?: string | readonly string[];
	readonly domain?: Partial<Domain>;
	readonly http?: Partial<Exchange>;
	readonly hops?: readonly Partial<Exchange>[];
}

const GOOD = "max-age=31536000; includeSubDomains; preload";
const HTTPS = "https://a.example/";

function foundBy({ header = GOOD, domain = {}, http, hops = [] }: Given): readonly string[] {
	const lines = typeof header === "string" ? [header] : header;
	const fields: Fields = lines.map((value) => ["Strict-Transport-Security", value]);
	const seen = (given: Partial<Exchange>): Exchange => ({ probe: "page", method: "GET", url: HTTPS, status: 200, fields, body: "", secure: true, ...given });
	const toHttps: Partial<Exchange> = { status: 301, fields: [["Location", HTTPS]] };
	const site: Exchange[] = [
		...(domain.hasHttp === false ? [] : [seen({ probe: "plain-http", url: "http://a.example/", secure: false, ...toHttps, ...http })]),
		...hops.map((hop) => seen({ probe: "redirect", status: 301, ...hop })),
		seen({}),
		seen({ probe: "preload", domain: { host: "a.example", registrable: "a.example", tls: [], hasHttp: true, wants: "listing", ...domain } }),
	];
	return judge(site).map(({ id }) => id);
}

const to = (location: string): Partial<Exchange> => ({ fields: [["Location", location]] });

/** What the list's own checker says of a domain → what we say. */
const THEIRS: readonly (readonly [theirs: string, ours: string, given: Given])[] = [
	["header.parse.max_age.non_digit_characters", "preload/max-age", { header: 'max-age="31536000"; includeSubDomains; preload' }],
	["header.parse.max_age.parse_int_error", "hsts/max-age-invalid", { header: "max-age=99999999999999999999; includeSubDomains; preload" }],
	["header.parse.invalid.max_age.no_value", "hsts/max-age-missing", { header: "max-age; includeSubDomains; preload" }],
	["header.preloadable.include_sub_domains.missing", "preload/no-subdomains", { header: "max-age=31536000; preload" }],
	["header.preloadable.preload.missing", "preload/no-token", { header: "max-age=31536000; includeSubDomains" }],
	["header.preloadable.max_age.missing", "hsts/max-age-missing", { header: "includeSubDomains; preload" }],
	["header.preloadable.max_age.zero", "hsts/max-age-zero", { header: "max-age=0; includeSubDomains; preload" }],
	["header.preloadable.max_age.below_1_year", "preload/max-age", { header: "max-age=31535999; includeSubDomains; preload" }],
	["header.preloadable.max_age.below_18_weeks", "preload/max-age", { header: "max-age=10886399; includeSubDomains; preload" }],
	["header.parse.empty", "hsts/empty", { header: "" }],
	["header.parse.empty_directive", "hsts/unknown-directive", { header: `${GOOD};` }],
	["header.parse.unknown_directive", "hsts/unknown-directive", { header: `${GOOD}; x` }],
	["header.parse.max_age.leading_zero", "hsts/max-age-leading-zero", { header: "max-age=031536000; includeSubDomains; preload" }],
	["header.parse.repeated.max_age", "hsts/repeated-directive", { header: `${GOOD}; max-age=31536000` }],
	["header.parse.repeated.include_sub_domains", "hsts/repeated-directive", { header: `${GOOD}; includeSubDomains` }],
	["header.parse.repeated.preload", "hsts/repeated-directive", { header: `${GOOD}; preload` }],
	["header.parse.invalid.preload", "hsts/directive-extra", { header: "max-age=31536000; includeSubDomains; preload=1" }],
	["header.parse.invalid.include_sub_domains", "hsts/directive-extra", { header: "max-age=31536000; includeSubDomains=1; preload" }],
	["header.preloadable.max_age.over_10_years", "hsts/max-age-excessive", { header: "max-age=315360001; includeSubDomains; preload" }],
	["header.removable.contains.preload", "preload/still-asked", { domain: { wants: "removal" } }],
	["header.removable.missing.max_age", "preload/still-asked", { header: "includeSubDomains", domain: { wants: "removal" } }],
	["response.no_header", "hsts/missing", { header: [] }],
	["response.multiple_headers", "hsts/multiple", { header: [GOOD, GOOD] }],
	["redirects.http.no_redirect", "redirect/no-https", { http: { status: 200, fields: [] } }],
	["redirects.http.www_first", "preload/first-hop", { http: to("https://www.a.example/") }],
	["redirects.http.first_redirect.insecure", "preload/first-hop", { http: to("http://a.example/home") }],
	["redirects.http.first_redirect.invalid", "preload/first-hop", { http: to("https://") }],
	["redirects.http.first_redirect.no_hsts", "hsts/first-hop", { hops: [{ fields: [["Location", "/home"]] }] }],
	["redirects.insecure.initial", "preload/first-hop", { http: to("http://b.example/") }],
	["redirects.insecure.subsequent", "redirect/insecure-hop", { hops: [to("http://a.example/home")] }],
	["redirects.too_many", "redirect/too-many", { hops: [1, 2, 3, 4].map((n) => ({ url: `${HTTPS}${n}`, ...to(`/${n + 1}`) })) }],
	["redirects.http.does_not_exist", "preload/no-http", { domain: { hasHttp: false } }],
	[
		"redirects.http.useless_header",
		"hsts/over-http",
		{
			http: {
				fields: [
					["Location", HTTPS],
					["Strict-Transport-Security", GOOD],
				],
			},
		},
	],
	["domain.format.begins_with_dot", "preload/domain", { domain: { host: ".a.example" } }],
	["domain.format.ends_with_dot", "preload/domain", { domain: { host: "a.example." } }],
	["domain.format.contains_double_dot", "preload/domain", { domain: { host: "a..example" } }],
	["domain.format.public_suffix", "preload/domain", { domain: { host: "co.uk", registrable: undefined } }],
	["domain.format.invalid_characters", "preload/domain", { domain: { host: "a_b.example" } }],
	["domain.format.is_ip_address", "preload/domain", { domain: { host: "127.0.0.1" } }],
	["domain.is_subdomain", "preload/domain", { domain: { host: "www.a.example" } }],
	["domain.tls.cannot_connect", "preload/tls", { domain: { tls: ["nobody answers."] } }],
	["domain.tls.invalid_cert_chain", "preload/tls", { domain: { tls: ["TLS fails."] } }],
	["domain.tls.sha1", "preload/tls", { domain: { tls: ["TLS fails: a weak signature."] } }],
	["domain.www.no_tls", "preload/www", { domain: { www: "TLS with www fails." } }],
	["tls.obsolete_cipher_suite", "preload/weak-cipher", { domain: { weakCipher: "AES128-SHA" } }],
];

test.each(THEIRS)("%s is %s", (_theirs, ours, given) => {
	expect(foundBy(given)).toContain(ours);
	expect(RULES.map(({ id }) => id)).toContain(ours);
});

test("a domain that may be listed has none of it", () => {
	const ids = new Set(THEIRS.map(([, ours]) => ours));
	expect(foundBy({}).filter((id) => ids.has(id))).toEqual([]);
	expect(foundBy({ header: "max-age=0", domain: { wants: "removal" } }).filter((id) => id.startsWith("preload/"))).toEqual([]);
	expect(valuesOf({ fields: [["strict-transport-security", GOOD]] }, "Strict-Transport-Security")).toEqual([GOOD]);
});
