import { URLS as ANGULAR_URLS } from "csp_evaluator/dist/allowlist_bypasses/angular.js";
import { URLS as JSONP_URLS } from "csp_evaluator/dist/allowlist_bypasses/jsonp.js";
import { CspEvaluator } from "csp_evaluator/dist/evaluator.js";
import { type Finding, Severity, Type } from "csp_evaluator/dist/finding.js";
import { CspParser } from "csp_evaluator/dist/parser.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { judge } from "../../src/audit/judge.ts";
import type { Exchange } from "../../src/audit/types.ts";
import { BYPASS_HOSTS } from "../../src/csp/bypass-hosts.ts";
import { DIRECTIVES } from "../../src/csp/directives.ts";
import { runs } from "../support/runs.ts";

/** What csp_evaluator finds → which of our rules may say it. */
const OURS: Readonly<Record<number, readonly string[]>> = {
	[Type.SCRIPT_UNSAFE_INLINE]: ["csp/script-unsafe-inline"],
	[Type.PLAIN_URL_SCHEMES]: ["csp/script-wildcard", "csp/object-wildcard", "csp/base-uri-wildcard"],
	[Type.PLAIN_WILDCARD]: ["csp/script-wildcard", "csp/object-wildcard", "csp/base-uri-wildcard"],
	[Type.MISSING_DIRECTIVES]: ["csp/no-script-src", "csp/no-object-src", "csp/no-base-uri", "csp/no-base-uri-with-nonce"],
	[Type.SCRIPT_ALLOWLIST_BYPASS]: ["csp/script-known-bypass", "csp/script-allowlist"],
	[Type.OBJECT_ALLOWLIST_BYPASS]: ["csp/object-not-none", "csp/object-wildcard"],
	[Type.NONCE_LENGTH]: ["nonce/short"],
	[Type.SRC_HTTP]: ["csp/http-source", "report/endpoint-insecure"],
	[Type.UNKNOWN_DIRECTIVE]: ["csp/unknown-directive", "csp/obsolete-directive", "csp/directive-colon"],
	[Type.MISSING_SEMICOLON]: ["csp/missing-semicolon"],
	[Type.INVALID_KEYWORD]: ["csp/unquoted-keyword", "csp/invalid-keyword", "csp/wrong-quotes", "csp/hash-length"],
};

/** Where it is behind the grammar of today, or means something else. */
const EXCEPTIONS: readonly (readonly [why: string, is: (finding: Finding, text: string) => boolean])[] = [
	["a directive of Chromium that it does not know", ({ directive }) => directive === "fenced-frame-src"],
	["the values of a directive that browsers ignore", ({ directive, type }) => !DIRECTIVES.has(directive) && type !== Type.UNKNOWN_DIRECTIVE],
	["an endpoint, which is no list of sources", ({ directive, type }) => directive === "report-uri" && type === Type.INVALID_KEYWORD],
	["a base of data:, which browsers refuse (HTML, 4.2.3)", ({ directive, value }) => directive === "base-uri" && value === "data:"],
	[
		"script-src where script-src-elem takes its place",
		({ directive, type }, text) =>
			["default-src", "script-src"].includes(directive) &&
			[Type.PLAIN_URL_SCHEMES, Type.PLAIN_WILDCARD, Type.SCRIPT_UNSAFE_INLINE, Type.SCRIPT_ALLOWLIST_BYPASS].includes(type) &&
			/(?:^|; )script-src-elem /.test(text),
	],
	["a keyword of Chromium that it does not know", ({ value }) => value === "'trusted-types-eval'"],
];

const WORDS = [
	"'self'",
	"'none'",
	"'unsafe-inline'",
	"'unsafe-eval'",
	"'strict-dynamic'",
	"'unsafe-hashes'",
	"'slef'",
	"self",
	"none",
	"*",
	"https:",
	"http:",
	"data:",
	"blob:",
]
	.concat(["https://a.example", "http://a.example", "https://*.googleapis.com", "https://cdnjs.cloudflare.com", "//vk.com", "localhost"])
	.concat([
		"'nonce-abc'",
		"'nonce-c2FtcGxlLW9mLTE2LWJ5dGVz'",
		"nonce-c2FtcGxlLW9mLTE2LWJ5dGVz",
		"'sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ='",
		"'trusted-types-eval'",
	]);
const NAMES = [
	"default-src",
	"script-src",
	"script-src-elem",
	"object-src",
	"base-uri",
	"style-src",
	"img-src",
	"form-action",
	"frame-ancestors",
	"report-uri",
].concat(["skript-src", "fenced-frame-src", "plugin-types", "prefetch-src", "default-src:"]);

const policies = fc
	.uniqueArray(fc.tuple(fc.constantFrom(...NAMES), fc.uniqueArray(fc.constantFrom(...WORDS, "object-src"), { minLength: 1, maxLength: 4 })), {
		selector: ([name]) => name,
		minLength: 1,
		maxLength: 6,
	})
	.map((directives) => directives.map(([name, words]) => [name, ...words].join(" ")).join("; "));

const seenOf = (text: string): Exchange => ({
	probe: "page",
	method: "GET",
	url: "https://a.example/",
	status: 200,
	fields: [
		["Content-Type", "text/html"],
		["Content-Security-Policy", text],
	],
	body: "",
	secure: true,
});

const theirs = (text: string): Finding[] =>
	new CspEvaluator(new CspParser(text).csp).evaluate().filter(({ severity }) => [Severity.HIGH, Severity.SYNTAX, Severity.MEDIUM].includes(severity));

function missed(text: string): string[] {
	// One cause is one finding, which names the others.
	const ids = judge([seenOf(text)]).flatMap(({ id, covers }) => [id, ...covers]);
	return theirs(text)
		.filter((finding) => !EXCEPTIONS.some(([, is]) => is(finding, text)))
		.filter(({ type }) => !(OURS[type] ?? []).some((id) => ids.includes(id)))
		.map(({ type, directive, value }) => `${Type[type]} ${directive} ${value ?? ""}`);
}

test("every serious finding of csp_evaluator is one of ours", () => {
	fc.assert(
		fc.property(policies, (text) => {
			expect(missed(text)).toEqual([]);
		}),
		{ numRuns: runs(3000) },
	);
});

const LISTED = [...ANGULAR_URLS, ...JSONP_URLS].map((url) => new URL(`https:${url}`).hostname);

/** A source that allows a host: with a scheme, a port, a folder or a wildcard, or without. */
const allowing = (host: string): fc.Arbitrary<string> => {
	const parent = `*.${host.split(".").slice(1).join(".")}`;
	return fc.constantFrom(
		host,
		`https://${host}`,
		`//${host}`.slice(2),
		`https://${host}:443`,
		`https://${host}:*`,
		`https://${host}/`,
		host.toUpperCase(),
		parent,
		`https://${parent}`,
	);
};

const hostLists = fc.tuple(
	fc.uniqueArray(
		fc.oneof(
			fc.constantFrom(...LISTED).chain(allowing),
			fc.constantFrom("'self'", "https://a.example", "*.b.example", "gist.github.com", "https://www.google.com.evil.example"),
		),
		{
			minLength: 1,
			maxLength: 4,
		},
	),
	fc.boolean(),
);

/** Where a host is known to us that is not in its lists. */
const OWN_HOSTS = BYPASS_HOSTS.filter((host) => !LISTED.includes(host));

test("a known bypass of csp_evaluator is one of ours, in each list of hosts and with its condition", () => {
	fc.assert(
		fc.property(hostLists, ([hosts, hasEval]) => {
			const text = ["script-src", ...hosts, ...(hasEval ? ["'unsafe-eval'"] : [])].join(" ");
			const isKnown = theirs(text).some(({ type, severity }) => type === Type.SCRIPT_ALLOWLIST_BYPASS && severity === Severity.HIGH);
			const isOurs = judge([seenOf(text)]).some(({ id }) => id === "csp/script-known-bypass");
			if (isKnown) expect(isOurs).toBe(true);
			// What it does not know, we name only for a host of our own list, or for one of its own without the condition.
			else if (isOurs)
				expect(
					hosts.some((host) =>
						[...OWN_HOSTS, "www.googleadservices.com"].some((own) =>
							own.endsWith(
								host
									.toLowerCase()
									.replace(/^https:\/\//, "")
									.replace(/^\*|[:/].*$/g, ""),
							),
						),
					),
				).toBe(true);
		}),
		{ numRuns: runs(3000) },
	);
});

test.each([
	["script-src https://www.googletagmanager.com 'unsafe-eval'", true],
	["script-src https://www.googletagmanager.com", false],
	["script-src https://www.gstatic.com", true],
	["script-src *.com", true],
	["script-src *.example", false],
	["default-src www.google-analytics.com 'unsafe-eval'", true],
	["default-src www.google-analytics.com; script-src 'self' 'unsafe-eval'", false],
	["script-src https://accounts.google.com/o/oauth2/", true],
	["script-src https://accounts.google.com.evil.example 'unsafe-eval'", false],
	["script-src https://www.googletagmanager.com 'unsafe-eval' 'nonce-c2FtcGxlLW9mLTE2LWJ5dGVz' 'strict-dynamic'", false],
])("%s has a known bypass: %s", (text, isKnown) => {
	expect(judge([seenOf(text)]).some(({ id }) => id === "csp/script-known-bypass")).toBe(isKnown);
});

test.each([
	"script-src 'nonce-c2FtcGxlLW9mLTE2LWJ5dGVz' 'strict-dynamic' https: 'unsafe-inline'; object-src 'none'; base-uri 'none'; default-src 'none'; form-action 'none'; frame-ancestors 'none'",
	"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
])("where it finds nothing serious, neither do we: %s", (text) => {
	expect(theirs(text)).toEqual([]);
	const own = judge([seenOf(text)]).filter(({ id, severity }) => /^(?:csp|nonce)\//.test(id) && severity !== "note");
	expect(own).toEqual([]);
});

test("the exceptions are still needed", () => {
	for (const text of [
		"fenced-frame-src 'self'; default-src 'none'",
		"script-src 'trusted-types-eval'; object-src 'none'",
		"default-src: http://a.example",
		"report-uri 'slef'",
		"base-uri data:",
		"script-src-elem 'self'; default-src https:",
	])
		expect(theirs(text).some((finding) => EXCEPTIONS.some(([, is]) => is(finding, text)))).toBe(true);
});
