import { describe, expect, test } from "vitest";
import { exchangeFrom } from "../../src/audit/from-policy.ts";
import { judge, RULES } from "../../src/audit/judge.ts";
import type { Severity } from "../../src/audit/types.ts";
import { CODES, type Code } from "../../src/core/codes.ts";
import { csp } from "../../src/csp/index.ts";
import { compile } from "../../src/policy/compile.ts";
import { createPolicy } from "../../src/policy/create.ts";
import type { SecureHeadersOptions } from "../../src/policy/options.ts";
import { codesOf } from "../support/policy.ts";

const SHARED: ReadonlyMap<string, Severity> = new Map(RULES.filter(({ id }) => Object.hasOwn(CODES, id)).map(({ id, severity }) => [id, severity]));

/** The shared ids that a policy warns of, and those that `check` finds in it, alone or with another of the same cause. */
function saidOf(options: unknown): { readonly warned: readonly string[]; readonly found: readonly string[] } {
	const policy = createPolicy(options as SecureHeadersOptions);
	const known = (ids: readonly string[]): readonly string[] => [...new Set(ids)].filter((id) => SHARED.has(id)).sort();
	return {
		warned: known(policy.warnings.map(({ code }) => code)),
		found: known(judge([exchangeFrom(compile(policy), "policy")]).flatMap(({ id, covers }) => [id, ...covers])),
	};
}

/** Both say the same, but for notes, which the audit has and a policy need not warn of. */
function expectAgreement(options: unknown): { readonly warned: readonly string[]; readonly found: readonly string[] } {
	const { warned, found } = saidOf(options);
	expect({ warned, found: found.filter((id) => warned.includes(id) || SHARED.get(id) !== "note") }).toEqual({ warned, found: warned });
	return { warned, found };
}

const directives = (given: object): unknown => ({ contentSecurityPolicy: { directives: given } });
const source = (text: unknown): unknown => directives({ scriptSrc: [text] });
const features = (given: object): unknown => ({ permissionsPolicy: { features: given } });

/** Ids that a policy may have, with one that has each. */
const ACCEPTED: Readonly<Record<string, readonly unknown[]>> = {
	"csp/script-unsafe-inline": [directives({ scriptSrc: [csp.unsafeInline] }), directives({ scriptSrcAttr: [csp.unsafeInline] })],
	"csp/script-unsafe-eval": [source(csp.unsafeEval)],
	"csp/experimental-source": [
		source(csp.urlHash("sha256", "https://a.example/x.js")),
		directives({ scriptSrc: [csp.nonce, csp.strictDynamicUrl] }),
		directives({ scriptSrc: [csp.self, csp.evalHash("sha512", "1")] }),
	],
	"csp/script-wildcard": [source("*"), source("https:"), source("data:")],
	"csp/trusted-types-eval": [source(csp.trustedTypesEval)],
	"csp/object-wildcard": [directives({ objectSrc: ["*"] }), directives({ objectSrc: ["data:"] })],
	"csp/base-uri-wildcard": [directives({ baseUri: ["*"] })],
	"csp/form-action-wildcard": [directives({ formAction: ["*"] })],
	"csp/frame-ancestors-wildcard": [directives({ frameAncestors: ["*"] })],
	"csp/other-wildcard": [directives({ imgSrc: ["*"] })],
	"csp/never-matches": [directives({ imgSrc: ["https://cdn.example/*"] }), directives({ frameAncestors: ["https://p.example/x"] })],
	"csp/http-source": [directives({ imgSrc: ["http://a.example"] })],
	"csp/local-or-ip-source": [directives({ imgSrc: ["127.0.0.1"] }), directives({ connectSrc: ["localhost:3000"] })],
	"csp/no-script-src": [directives({ scriptSrc: null, defaultSrc: null })],
	"csp/no-object-src": [directives({ objectSrc: null, defaultSrc: null })],
	"csp/no-base-uri": [{ contentSecurityPolicy: { directives: { baseUri: null, scriptSrc: [csp.self], styleSrc: [csp.self] } } }],
	"csp/no-form-action": [directives({ formAction: null })],
	"csp/no-frame-ancestors": [directives({ frameAncestors: null })],
	"csp/sandbox-escape": [directives({ sandbox: ["allow-scripts", "allow-same-origin"] })],
	"report/none": [
		{ contentSecurityPolicyReportOnly: true },
		{ contentSecurityPolicy: { directives: { reportUri: "/r" } }, contentSecurityPolicyReportOnly: true },
	],
	"connection-allowlist/open": [
		{ connectionAllowlist: { allow: ["response-origin", "https://*"] } },
		{ connectionAllowlist: { redirects: "allow" } },
		{ connectionAllowlist: { webrtc: "allow" } },
	],
	"report/legacy-report-to": [{ reportTo: [{ group: "a", endpoints: ["https://r.example/"] }] }],
	"report/endpoint-insecure": [{ reportingEndpoints: { a: "http://r.example/" }, crossOriginOpenerPolicy: { policy: "same-origin", reportTo: "a" } }],
	"frame/conflict": [
		{ xFrameOptions: "SAMEORIGIN" },
		{ xFrameOptions: "DENY", contentSecurityPolicy: { directives: { frameAncestors: [csp.self] } } },
		{ xFrameOptions: "SAMEORIGIN", contentSecurityPolicy: { directives: { frameAncestors: [csp.self] }, also: [{ frameAncestors: [csp.none] }] } },
	],
	"hsts/max-age-zero": [{ strictTransportSecurity: { maxAge: 0 } }],
	"hsts/max-age-short": [{ strictTransportSecurity: { maxAge: 1 } }, { strictTransportSecurity: { maxAge: 15_551_999 } }],
	"hsts/max-age-under-a-year": [
		{ strictTransportSecurity: { maxAge: 15_552_000 } },
		{ strictTransportSecurity: { maxAge: 20_000_000 } },
		{ strictTransportSecurity: { maxAge: 31_535_999 } },
	],
	"hsts/max-age-excessive": [{ strictTransportSecurity: { maxAge: 315_360_001 } }],
	"referrer/unsafe": [{ referrerPolicy: "unsafe-url" }, { referrerPolicy: ["no-referrer", "origin"] }],
	"permissions/sensitive-wildcard": [
		...["camera", "displayCapture", "geolocation", "hid", "microphone", "payment", "serial", "usb"].map((name) => features({ [name]: "*" })),
		{ permissionsPolicy: { features: { serial: "*" }, reportTo: "a" }, reportingEndpoints: { a: "/r" } },
	],
	"coop/unsafe-none": [
		{ crossOriginOpenerPolicy: "unsafe-none" },
		{ crossOriginOpenerPolicy: { policy: "unsafe-none", reportTo: "a" }, reportingEndpoints: { a: "/r" } },
	],
	"isolation/incomplete": [
		{ crossOriginEmbedderPolicy: "require-corp", crossOriginOpenerPolicy: "same-origin-allow-popups" },
		{ crossOriginEmbedderPolicy: "credentialless", crossOriginOpenerPolicy: false },
	],
};

/** Ids of what a policy refuses, so that `check` never sees it. */
const REFUSED: Readonly<Record<string, unknown>> = {
	"csp/empty": { contentSecurityPolicy: { useDefaults: false } },
	"csp/duplicate-directive": directives({ imgSrc: [csp.self], "img-src": [csp.self] }),
	"csp/non-ascii": source("ü.example"),
	"csp/unknown-directive": directives({ imageSrc: [csp.self] }),
	"csp/obsolete-directive": directives({ pluginTypes: ["x"] }),
	"csp/unquoted-keyword": source("self"),
	"csp/wrong-quotes": source("“self”"),
	"csp/invalid-keyword": source("'x'"),
	"csp/keyword-no-effect": directives({ imgSrc: [csp.unsafeInline] }),
	"csp/none-not-alone": directives({ imgSrc: [csp.none, csp.self] }),
	"csp/invalid-source": source("/"),
	"csp/scheme-without-colon": source("https"),
	"csp/invalid-token": directives({ sandbox: ["x"] }),
	"csp/hash-length": source("'sha256-x'"),
	"csp/strict-dynamic-alone": source(csp.strictDynamic),
	"header/too-large": directives({ imgSrc: Array.from({ length: 2000 }, (_, i) => `host${i}.example`) }),
	"report/endpoint-undefined": { crossOriginOpenerPolicy: { policy: "same-origin", reportTo: "a" } },
	"xfo/allow-from": { xFrameOptions: "ALLOW-FROM https://a.example" },
	"xfo/invalid": { xFrameOptions: "NONE" },
	"hsts/max-age-invalid": { strictTransportSecurity: { maxAge: -1 } },
	"hsts/preload-ineligible": { strictTransportSecurity: { preload: true, maxAge: 1 } },
	"xcto/invalid": { xContentTypeOptions: "sniff" },
	"referrer/invalid": { referrerPolicy: "none" },
	"permissions/unknown-feature": features({ smell: [] }),
	"permissions/duplicate": features({ displayCapture: [], "display-capture": [] }),
	"coop/invalid": { crossOriginOpenerPolicy: "none" },
	"coep/invalid": { crossOriginEmbedderPolicy: "none" },
	"corp/invalid": { crossOriginResourcePolicy: "none" },
	"dip/invalid": { documentIsolationPolicy: "require-corp" },
	"oac/invalid": { originAgentCluster: "?0" },
	"connection-allowlist/invalid": { connectionAllowlist: { allow: ["self"] } },
	"integrity-policy/invalid": { integrityPolicy: { blockedDestinations: ["image"] } },
};

/** Of a response, or of a middleware of its own: no policy has them. */
const ELSEWHERE = ["nonce/shared-cacheable", "cache/clear-site-data"];

test("every shared id is looked at", () => {
	expect([...Object.keys(ACCEPTED), ...Object.keys(REFUSED), ...ELSEWHERE].sort()).toEqual([...SHARED.keys()].sort());
});

describe("what a policy warns of is what check finds", () => {
	const rows = Object.entries(ACCEPTED).flatMap(([id, policies]) => policies.map((options, i) => [id, i, options] as const));
	test.each(rows)("%s (%i)", (id, _i, options) => {
		const { warned, found } = expectAgreement(options);
		expect([warned.includes(id), found.includes(id)]).toEqual([true, true]);
	});
});

test.each(Object.entries(REFUSED))("%s is refused", (id, options) => {
	expect(codesOf(options)).toContain(id as Code);
});

test.each([undefined, "api", "ssr", "spa", "strict"])("neither says anything of the preset %s", (preset) => {
	expect(expectAgreement({ preset }).warned).toEqual([]);
});

test("what is just enough is said by neither", () => {
	for (const options of [
		{ strictTransportSecurity: { maxAge: 31_536_000 } },
		{ strictTransportSecurity: { maxAge: 315_360_000 } },
		features({ serial: ["self"] }),
		features({ fullscreen: "*" }),
		{ contentSecurityPolicyReportOnly: { directives: { reportUri: "/r" } } },
		{ crossOriginEmbedderPolicy: "unsafe-none", crossOriginOpenerPolicy: "same-origin-allow-popups" },
	])
		expect(expectAgreement(options).warned).toEqual([]);
});
