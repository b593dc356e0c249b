import { describe, expect, test } from "vitest";
import { PolicyError } from "../../src/core/errors.ts";
import { createIssueList, type PolicyIssue } from "../../src/core/issue.ts";
import { classifySource } from "../../src/csp/sources.ts";
import { csp } from "../../src/index.ts";
import { compiledFrom } from "../../src/policy/compile.ts";
import { createPolicy } from "../../src/policy/create.ts";
import { patched } from "../../src/policy/overlay.ts";
import { overridePolicy } from "../../src/policy/override.ts";
import { issuesOf } from "../support/policy.ts";

const directives = (given: object) => ({ contentSecurityPolicy: { directives: given } });
const features = (given: object) => ({ permissionsPolicy: { features: given } });

const LONG = "x".repeat(100_000);
const HOSTILE = [
	LONG,
	`https://${LONG}/`,
	"\u001b[31m\u0000\r\nSet-Cookie: a=b",
	"ü\u202e",
	"::error::x",
	"##[group]",
	"__proto__",
	"constructor",
	"a;b",
	"a b",
	"'",
];
const WRONG = [null, true, false, 5, Number.NaN, 5n, Symbol("s"), () => "x", {}, [], [[]], new Map(), new Date(0), Promise.resolve("x"), ...HOSTILE];

const OPTIONS = [
	"contentSecurityPolicy",
	"contentSecurityPolicyReportOnly",
	"strictTransportSecurity",
	"xContentTypeOptions",
	"xFrameOptions",
	"referrerPolicy",
	"permissionsPolicy",
	"crossOriginOpenerPolicy",
	"crossOriginEmbedderPolicy",
	"crossOriginResourcePolicy",
	"originAgentCluster",
	"documentIsolationPolicy",
	"integrityPolicy",
	"reportingEndpoints",
	"reportTo",
	"nel",
	"xXssProtection",
	"xDnsPrefetchControl",
	"xDownloadOptions",
	"xPermittedCrossDomainPolicies",
	"xPoweredBy",
	"removeHeaders",
	"preset",
	"reporting",
	"lock",
	"owner",
	"vary",
	"secure",
	"headerBlock",
	"onEvent",
	"hsts",
	"frameguard",
	"unknown",
];

/** Every place that takes a value, with every wrong value. */
const REFUSED: readonly (readonly [place: string, options: (value: unknown) => unknown])[] = [
	["the options", (value) => value],
	["a name of an option", (value) => ({ [String(value)]: 1 })],
	...OPTIONS.map((name) => [name, (value: unknown) => ({ [name]: value })] as const),
	["directives", (value) => ({ contentSecurityPolicy: { directives: value } })],
	["also", (value) => ({ contentSecurityPolicy: { also: [value] } })],
	["onOther", (value) => ({ contentSecurityPolicy: { onOther: value } })],
	["a name of a directive", (value) => directives({ [String(value)]: [csp.self] })],
	...["scriptSrc", "imgSrc", "sandbox", "requireTrustedTypesFor", "trustedTypes", "upgradeInsecureRequests", "reportUri", "reportTo"].flatMap((name) => [
		[name, (value: unknown) => directives({ [name]: value })] as const,
		[`${name}[0]`, (value: unknown) => directives({ [name]: [value] })] as const,
	]),
	["a list with 'none'", (value) => directives({ imgSrc: [csp.none, value] })],
	["a name of a feature", (value) => features({ [String(value)]: [] })],
	["a feature", (value) => features({ camera: value })],
	["a member of a feature", (value) => features({ camera: [value] })],
	["allowUnknownFeatures", (value) => ({ permissionsPolicy: { allowUnknownFeatures: { [String(value)]: [] } } })],
	["maxAge", (value) => ({ strictTransportSecurity: { maxAge: value } })],
	["includeSubDomains", (value) => ({ strictTransportSecurity: { includeSubDomains: value } })],
	["policy", (value) => ({ crossOriginOpenerPolicy: { policy: value } })],
	["a name of an endpoint", (value) => ({ reportingEndpoints: { [String(value)]: "/_reports" } })],
	["a URL", (value) => ({ reportingEndpoints: { a: value } })],
	["endpoint", (value) => ({ reporting: { endpoint: value } })],
	["fraction", (value) => ({ reporting: { endpoint: "/_reports", fraction: value } })],
	["a group", (value) => ({ reportTo: [{ group: value, endpoints: [value], maxAge: value }] })],
	["nel.reportTo", (value) => ({ nel: { reportTo: value, maxAge: value, successFraction: value } })],
	["a destination", (value) => ({ integrityPolicy: { blockedDestinations: [value], endpoints: [value] } })],
	["a header to remove", (value) => ({ removeHeaders: [value] })],
	["a header of vary", (value) => ({ vary: [value] })],
	["a locked header", (value) => ({ lock: [value] })],
	["an owner", (value) => ({ owner: { xFrameOptions: value } })],
	["a word of Referrer-Policy", (value) => ({ referrerPolicy: [value] })],
];

function expectFields({ message, received, expected, path }: PolicyIssue): void {
	const shown = /^received (?!an iterator)/.test(message);
	expect([message, received !== undefined]).toEqual([message, shown]);
	if (received !== undefined) {
		expect(message.startsWith(`received ${received}`)).toBe(true);
		expect(received.length).toBeLessThanOrEqual(81);
	}
	const instead = / Write | Did you mean /.test(message.replace(received ?? "", ""));
	expect([message, expected !== undefined]).toEqual([message, instead]);
	if (expected !== undefined) {
		expect([message, message.endsWith(`. Write ${expected}.`) || message.endsWith(`. Did you mean ${expected}?`)]).toEqual([message, true]);
		expect(expected.length).toBeLessThan(1000);
	}
	for (const text of [message, received ?? "", expected ?? "", path]) {
		expect(text.length).toBeLessThan(1300);
		expect(text).not.toMatch(/[\p{Cc}\u202e]/u);
	}
}

describe.each(REFUSED)("what is refused in %s", (_place, options) => {
	test("has what was received and what is expected, as in the message", () => {
		const issues = WRONG.flatMap((value) => issuesOf(options(value)));
		expect(issues.length).toBeGreaterThan(5);
		for (const issue of issues) expectFields(issue);
	});
});

test("what extend and an override in a request refuse has the fields as well", () => {
	const base = compiledFrom({});
	const patches = [
		directives({ imgSrc: [csp.none] }),
		directives({ mediaSrc: ["self"] }),
		directives({ styleSrc: [csp.unsafeInline] }),
		directives({ scriptSrc: [csp.strictDynamic] }),
		directives({ sandbox: ["allow-forms"] }),
		{ contentSecurityPolicy: { also: [] } },
		{ xFrameOptions: null },
		{ reportingEndpoints: true },
		features({ camera: [], fullscreen: ["self"] }),
		{ contentSecurityPolicyReportOnly: directives({ imgSrc: [csp.self] }).contentSecurityPolicy },
	] as const;
	const caught = (act: () => unknown): readonly PolicyIssue[] => {
		try {
			act();
		} catch (error) {
			if (error instanceof PolicyError) return error.issues;
		}
		return [];
	};
	for (const patch of patches) {
		const issues = [...caught(() => overridePolicy(base.policy, patch as never, "extend")), ...caught(() => patched(base, patch as never, "extend"))];
		expect([patch, issues.length]).toEqual([patch, issues.length < 2 ? "two or more" : issues.length]);
		for (const issue of issues) expectFields(issue);
	}
	const hostile = new Proxy(
		{},
		{
			ownKeys: () => {
				throw new Error("\u001b");
			},
		},
	);
	const [unreadable, withFunction] = [hostile, directives({ imgSrc: [() => "a.example"] })].flatMap((patch) => caught(() => patched(base, patch, "extend")));
	expect(unreadable).toEqual({
		code: "option/unreadable",
		path: "override",
		message: 'reading it threw "\\u001b". Write a plain object.',
		expected: "a plain object",
	});
	expect(withFunction).toMatchObject({ code: "option/type", path: "override", expected: "what the function returns" });
});

test("warnings have the fields, and the directive", () => {
	const { warnings } = createPolicy(directives({ imgSrc: ["*", "http://a_b.example/?x"], scriptSrc: ["data:"], baseUri: null }));
	for (const warning of warnings) expectFields(warning);
	expect(warnings.map(({ code, directive, received, expected }) => [code, directive, received, expected])).toEqual([
		["csp/underscore-host", "img-src", '"http://a_b.example/?x"', "a host name without one"],
		["csp/query-in-source", "img-src", '"http://a_b.example/?x"', "only the path"],
		["csp/http-source", "img-src", '"http://a_b.example/?x"', "https"],
		["csp/no-base-uri", "base-uri", undefined, "baseUri: [csp.self]"],
		["csp/script-wildcard", "script-src", '"data:"', "the hosts, or csp.nonce and csp.strictDynamic"],
		["csp/other-wildcard", "img-src", '"*"', "the hosts"],
		["nonce/one-sided", "script-src", undefined, "csp.nonce in scriptSrc too"],
	]);
});

test("a directive has one name in the issues, however it was written", () => {
	const named = issuesOf({
		...directives({ "script-src": ["self"], imgSrc: [], notADirective: [] }),
		contentSecurityPolicyReportOnly: { also: [{ fontSrc: ["'x'"] }] },
		xFrameOptions: 5,
	});
	expect(named.map(({ path, directive }) => [path, directive])).toEqual([
		['contentSecurityPolicy.directives["script-src"][0]', "script-src"],
		["contentSecurityPolicy.directives.imgSrc", "img-src"],
		["contentSecurityPolicy.directives.notADirective", undefined],
		["contentSecurityPolicyReportOnly.also[0].fontSrc[0]", "font-src"],
		["xFrameOptions", undefined],
	]);
});

test("a nonce that is written out is not shown", () => {
	const [issue] = issuesOf(directives({ scriptSrc: ["'nonce-c2VjcmV0c2VjcmV0c2VjcmV0'"] }));
	expect(issue).toEqual({
		code: "nonce/literal",
		path: "contentSecurityPolicy.directives.scriptSrc[0]",
		directive: "script-src",
		message: "a nonce that is the same in every response protects nothing. Write csp.nonce.",
		expected: "csp.nonce",
	});
});

test("an invalid source carries the fields of its issue", () => {
	expect(classifySource("self")).toEqual({
		kind: "invalid",
		code: "csp/unquoted-keyword",
		message: `received "self", which browsers read as a host name. Write "'self'" with single quotes, or csp.self.`,
		received: '"self"',
		expected: `"'self'" with single quotes, or csp.self`,
	});
});

test("a text without the fields has neither", () => {
	const { errors, warnings, issues } = createIssueList();
	issues.at("a").error("csp/empty", "the policy is empty.");
	issues.at("b").warn({ code: "csp/empty", message: "so is this." });
	expect([...errors, ...warnings]).toEqual([
		{ code: "csp/empty", path: "a", message: "the policy is empty." },
		{ code: "csp/empty", path: "b", message: "so is this." },
	]);
	expect(Object.keys(errors[0] ?? {})).toEqual(["path", "code", "message"]);
});

test.each([
	[{ crossOriginResourcePolicy: { policy: "cross-origin" } }, "corp/invalid", '"cross-origin"'],
	[{ referrerPolicy: { policy: "no-referrer" } }, "option/type", '"no-referrer"'],
	[{ referrerPolicy: { policy: ["origin", "no-referrer"] } }, "option/type", '["origin","no-referrer"]'],
	[{ referrerPolicy: { policy: ["no-referrer"] } }, "option/type", '"no-referrer"'],
	[{ xFrameOptions: { action: "deny" } }, "xfo/invalid", '"DENY"'],
	[{ xFrameOptions: { action: "SAMEORIGIN" } }, "xfo/invalid", '"SAMEORIGIN"'],
	[{ frameguard: { action: "sameorigin" } }, "option/alias", 'xFrameOptions: "SAMEORIGIN"'],
	[{ frameguard: true }, "option/alias", "xFrameOptions"],
	[{ frameguard: { action: "allow-from" } }, "option/alias", "xFrameOptions"],
	[{ xDnsPrefetchControl: { allow: true } }, "legacy/invalid", '"on"'],
	[{ dnsPrefetchControl: { allow: false } }, "option/alias", 'xDnsPrefetchControl: "off"'],
	[{ xPermittedCrossDomainPolicies: { permittedPolicies: "by-content-type" } }, "legacy/invalid", '"by-content-type"'],
	[{ permittedCrossDomainPolicies: { permittedPolicies: "none" } }, "option/alias", 'xPermittedCrossDomainPolicies: "none"'],
	[{ corp: { policy: "same-site" } }, "option/alias", 'crossOriginResourcePolicy: "same-site"'],
	[{ hsts: { maxAge: 1 } }, "option/alias", "strictTransportSecurity"],
	[{ strictTransportSecurity: { maxAge: 1, includeSubdomains: true } }, "option/alias", "includeSubDomains"],
	[directives({ imgSrc: false }), "option/type", "null to leave it out"],
	[directives({ upgradeInsecureRequests: false }), "option/type", "null to leave it out"],
	[directives({ "report-uri": false }), "option/type", "null to leave it out"],
])("the syntax of helmet is answered with what to write here: %j", (options, code, expected) => {
	const issues = issuesOf(options);
	expect(issues).toMatchObject([{ code, expected }]);
	for (const issue of issues) expectFields(issue);
});

test.each([
	[{ crossOriginResourcePolicy: { policy: "everyone" } }, '"same-origin", "same-site" or "cross-origin"'],
	[{ crossOriginResourcePolicy: Object.create({ policy: "cross-origin" }) }, '"same-origin", "same-site" or "cross-origin"'],
	[{ xFrameOptions: { action: ["deny"] } }, '"DENY" or "SAMEORIGIN"'],
	[{ xDnsPrefetchControl: { allow: "yes" } }, '"off" or "on"'],
])("an object that helmet would not take either is answered with the words: %j (control)", (options, expected) => {
	expect(issuesOf(options)).toMatchObject([{ expected }]);
});

test("an object with a policy is still what the headers with reports take (control)", () => {
	expect(issuesOf({ crossOriginOpenerPolicy: { policy: "same-origin" }, crossOriginEmbedderPolicy: { policy: "credentialless" } })).toEqual([]);
	expect(issuesOf(directives({ imgSrc: null }))).toEqual([]);
});
