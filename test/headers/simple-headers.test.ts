import { expect, test } from "vitest";
import { headersOf, headerTable, issuesOf, warningsOf } from "../support/policy.ts";

const YEAR = 31_536_000;

headerTable(
	"Strict-Transport-Security",
	[
		[{}, "max-age=31536000; includeSubDomains"],
		[{ strictTransportSecurity: true }, "max-age=31536000; includeSubDomains"],
		[{ strictTransportSecurity: false }, undefined],
		[{ strictTransportSecurity: {} }, "max-age=31536000; includeSubDomains"],
		[{ strictTransportSecurity: { includeSubDomains: false } }, "max-age=31536000"],
		[{ strictTransportSecurity: { preload: true } }, "max-age=31536000; includeSubDomains; preload"],
		[{ strictTransportSecurity: { maxAge: 0 } }, "max-age=0; includeSubDomains"],
		[{ strictTransportSecurity: { maxAge: undefined } }, "max-age=31536000; includeSubDomains"],
		[{}, undefined, { secure: false, pinnable: false }],
		[{}, "max-age=31536000; includeSubDomains", { secure: false, pinnable: true }],
		[{}, undefined, { secure: true, pinnable: false }],
	],
	[
		[{ strictTransportSecurity: { maxAge: 1.5 } }, "hsts/max-age-invalid"],
		[{ strictTransportSecurity: { maxAge: -1 } }, "hsts/max-age-invalid"],
		[{ strictTransportSecurity: { maxAge: 1e21 } }, "hsts/max-age-invalid"],
		[{ strictTransportSecurity: { maxAge: Number.NaN } }, "hsts/max-age-invalid"],
		[{ strictTransportSecurity: { maxAge: "31536000" } }, "hsts/max-age-invalid"],
		[{ strictTransportSecurity: { maxAge: null } }, "hsts/max-age-invalid"],
		[{ strictTransportSecurity: { preload: true, includeSubDomains: false } }, "hsts/preload-ineligible"],
		[{ strictTransportSecurity: { preload: true, maxAge: YEAR - 1 } }, "hsts/preload-ineligible"],
		[{ strictTransportSecurity: { includeSubdomains: true } }, "option/alias"],
		[{ strictTransportSecurity: { maxage: 5 } }, "option/unknown"],
		[{ strictTransportSecurity: 31_536_000 }, "option/type"],
		[{ strictTransportSecurity: { includeSubDomains: "yes" } }, "option/type"],
	],
);

test("a short or zero max-age is legal and warned of", () => {
	expect(warningsOf({ strictTransportSecurity: { maxAge: 86400 } })).toEqual(["strictTransportSecurity.maxAge hsts/max-age-short"]);
	expect(warningsOf({ strictTransportSecurity: { maxAge: 0 } })).toEqual(["strictTransportSecurity.maxAge hsts/max-age-zero"]);
	expect(warningsOf({})).toEqual([]);
});

headerTable(
	"X-Content-Type-Options",
	[
		[{}, "nosniff"],
		[{ xContentTypeOptions: true }, "nosniff"],
		[{ xContentTypeOptions: "nosniff" }, "nosniff"],
		[{ xContentTypeOptions: false }, undefined],
		[{}, "nosniff", { secure: false, pinnable: false }],
	],
	[
		[{ xContentTypeOptions: "sniff" }, "xcto/invalid"],
		[{ xContentTypeOptions: {} }, "xcto/invalid"],
	],
);

const ancestors = (...frameAncestors: string[]) => ({ contentSecurityPolicy: { directives: { frameAncestors } } });

headerTable(
	"X-Frame-Options",
	[
		[{}, "DENY"],
		[{ xFrameOptions: true }, "DENY"],
		[ancestors("'none'"), "DENY"],
		[ancestors("'self'"), "SAMEORIGIN"],
		[ancestors("'self'", "https://partner.example"), undefined],
		[ancestors("https://partner.example"), undefined],
		[{ contentSecurityPolicy: { directives: { frameAncestors: null } } }, "DENY"],
		[{ contentSecurityPolicy: false }, "DENY"],
		[{ ...ancestors("'self'"), xFrameOptions: "DENY" }, "DENY"],
		[{ xFrameOptions: "SAMEORIGIN" }, "SAMEORIGIN"],
		[{ xFrameOptions: false }, undefined],
	],
	[
		[{ xFrameOptions: "deny" }, "xfo/invalid"],
		[{ xFrameOptions: "ALLOWALL" }, "xfo/invalid"],
		[{ xFrameOptions: { action: "deny" } }, "xfo/invalid"],
		[{ xFrameOptions: "ALLOW-FROM https://partner.example" }, "xfo/allow-from"],
	],
);

test("an X-Frame-Options that disagrees with frame-ancestors is warned of", () => {
	expect(warningsOf({ xFrameOptions: "SAMEORIGIN" })).toEqual(["xFrameOptions frame/conflict"]);
	expect(warningsOf({ xFrameOptions: "DENY" })).toEqual([]);
});

headerTable(
	"Referrer-Policy",
	[
		[{}, "strict-origin-when-cross-origin"],
		[{ referrerPolicy: "no-referrer" }, "no-referrer"],
		[{ referrerPolicy: ["no-referrer", "strict-origin"] }, "no-referrer, strict-origin"],
		[{ referrerPolicy: false }, undefined],
	],
	[
		[{ referrerPolicy: "" }, "referrer/invalid"],
		[{ referrerPolicy: "No-Referrer" }, "referrer/invalid"],
		[{ referrerPolicy: [] }, "referrer/invalid"],
		[{ referrerPolicy: ["no-referrer", "x"] }, "referrer/invalid"],
		[{ referrerPolicy: { policy: "no-referrer" } }, "option/type"],
		[{ referrerPolicy: null }, "option/type"],
		[{ referrerPolicy: Promise.resolve("origin") }, "option/async"],
	],
);

test("a Referrer-Policy that sends paths elsewhere is warned of, judged by the last token", () => {
	expect(warningsOf({ referrerPolicy: "unsafe-url" })).toEqual(["referrerPolicy referrer/unsafe"]);
	expect(warningsOf({ referrerPolicy: ["unsafe-url", "strict-origin"] })).toEqual([]);
});

headerTable(
	"Cross-Origin-Opener-Policy",
	[
		[{}, "same-origin"],
		[{ crossOriginOpenerPolicy: "same-origin-allow-popups" }, "same-origin-allow-popups"],
		[{ crossOriginOpenerPolicy: { policy: "noopener-allow-popups" } }, "noopener-allow-popups"],
		[{ crossOriginOpenerPolicy: { policy: "same-origin", reportTo: "coop" }, reportingEndpoints: { coop: "/r" } }, 'same-origin; report-to="coop"'],
		[{ crossOriginOpenerPolicy: false }, undefined],
	],
	[
		[{ crossOriginOpenerPolicy: "Same-Origin" }, "coop/invalid"],
		[{ crossOriginOpenerPolicy: { policy: "same-site" } }, "coop/invalid"],
		[{ crossOriginOpenerPolicy: {} }, "coop/invalid"],
		[{ crossOriginOpenerPolicy: { policy: "same-origin", reportTo: "A b" } }, "report/name"],
		[{ crossOriginOpenerPolicy: { policy: "same-origin", reportTo: "coop" } }, "report/endpoint-undefined"],
	],
);
headerTable(
	"Cross-Origin-Opener-Policy-Report-Only",
	[
		[{}, undefined],
		[{ crossOriginOpenerPolicyReportOnly: true }, "same-origin"],
	],
	[],
);

headerTable(
	"Cross-Origin-Embedder-Policy",
	[
		[{}, undefined],
		[{ crossOriginEmbedderPolicy: true }, "require-corp"],
		[{ crossOriginEmbedderPolicy: "credentialless" }, "credentialless"],
		[{ crossOriginEmbedderPolicy: { policy: "require-corp", reportTo: "x" }, reportingEndpoints: { x: "/r" } }, 'require-corp; report-to="x"'],
	],
	[[{ crossOriginEmbedderPolicy: "same-origin" }, "coep/invalid"]],
);
headerTable(
	"Cross-Origin-Embedder-Policy-Report-Only",
	[
		[{}, undefined],
		[{ crossOriginEmbedderPolicyReportOnly: "credentialless" }, "credentialless"],
	],
	[],
);

test("isolation that lacks its other half is warned of", () => {
	expect(warningsOf({ crossOriginEmbedderPolicy: true })).toEqual([]);
	expect(warningsOf({ crossOriginEmbedderPolicy: true, crossOriginOpenerPolicy: false })).toEqual(["crossOriginEmbedderPolicy isolation/incomplete"]);
	expect(warningsOf({ crossOriginOpenerPolicy: "unsafe-none" })).toEqual(["crossOriginOpenerPolicy coop/unsafe-none"]);
});

headerTable(
	"Cross-Origin-Resource-Policy",
	[
		[{}, "same-origin"],
		[{ crossOriginResourcePolicy: "cross-origin" }, "cross-origin"],
		[{ crossOriginResourcePolicy: false }, undefined],
	],
	[
		[{ crossOriginResourcePolicy: { policy: "same-site" } }, "corp/invalid"],
		[{ crossOriginResourcePolicy: "cross_origin" }, "corp/invalid"],
	],
);

headerTable(
	"Origin-Agent-Cluster",
	[
		[{}, "?1"],
		[{ originAgentCluster: false }, undefined],
	],
	[[{ originAgentCluster: 1 }, "oac/invalid"]],
);

headerTable(
	"Document-Isolation-Policy",
	[
		[{}, undefined],
		[{ documentIsolationPolicy: true }, "isolate-and-require-corp"],
		[{ documentIsolationPolicy: { policy: "none", reportTo: "d" }, reportingEndpoints: { d: "/r" } }, 'none; report-to="d"'],
	],
	[[{ documentIsolationPolicy: "require-corp" }, "dip/invalid"]],
);
headerTable("Document-Isolation-Policy-Report-Only", [[{ documentIsolationPolicyReportOnly: true }, "isolate-and-require-corp"]], []);

headerTable(
	"Integrity-Policy",
	[
		[{}, undefined],
		[{ integrityPolicy: true }, "blocked-destinations=(script)"],
		[
			{ integrityPolicy: { blockedDestinations: ["script", "style"], endpoints: ["a", "b"] }, reportingEndpoints: { a: "/a", b: "/b" } },
			"blocked-destinations=(script style), endpoints=(a b)",
		],
	],
	[
		[{ integrityPolicy: { blockedDestinations: ["image"] } }, "integrity-policy/invalid"],
		[{ integrityPolicy: { blockedDestinations: [] } }, "integrity-policy/invalid"],
		[{ integrityPolicy: { endpoints: ["missing"] } }, "report/endpoint-undefined"],
		[{ integrityPolicy: "script" }, "option/type"],
	],
);
headerTable("Integrity-Policy-Report-Only", [[{ integrityPolicyReportOnly: true }, "blocked-destinations=(script)"]], []);

headerTable(
	"Reporting-Endpoints",
	[
		[{}, undefined],
		[{ reportingEndpoints: { default: "/_reports", csp: "https://r.example/a?b=c" } }, 'default="/_reports", csp="https://r.example/a?b=c"'],
		[{ reportingEndpoints: { a: "/r" } }, 'a="/r"', { secure: false, pinnable: true }],
		[{ reportingEndpoints: { a: "/r" } }, undefined, { secure: false, pinnable: false }],
		[{ reportingEndpoints: false }, undefined],
	],
	[
		[{ reportingEndpoints: true }, "option/type"],
		[{ reportingEndpoints: {} }, "report/name"],
		[{ reportingEndpoints: { Default: "/r" } }, "report/name"],
		[{ reportingEndpoints: { a: "/r\r\nX: y" } }, "report/url"],
		[{ reportingEndpoints: { a: "javascript:alert(1)" } }, "report/url"],
		[{ reportingEndpoints: { a: "https://ü.example/" } }, "report/url"],
		[{ reportingEndpoints: { a: 5 } }, "option/type"],
	],
);

test("a quote in an endpoint is escaped, so it cannot end the string", () => {
	expect(headersOf({ reportingEndpoints: { a: '/r?"x\\y' } })["Reporting-Endpoints"]).toBe('a="/r?\\"x\\\\y"');
});

test("an endpoint on plain http is warned of", () => {
	expect(warningsOf({ reportingEndpoints: { a: "http://r.example/" } })).toEqual(["reportingEndpoints.a report/endpoint-insecure"]);
});

const group = { group: "ne", endpoints: ["https://r.example/nel"] };

headerTable(
	"NEL",
	[
		[{}, undefined],
		[
			{ nel: { reportTo: "ne" }, reportTo: [group] },
			'{"report_to":"ne","max_age":2592000,"include_subdomains":false,"success_fraction":0,"failure_fraction":1}',
		],
		[{ nel: { reportTo: "ne" }, reportTo: [group] }, undefined, { secure: false, pinnable: false }],
	],
	[
		[{ nel: true }, "option/type"],
		[{ nel: { reportTo: "ne" } }, "report/endpoint-undefined"],
		[{ nel: { reportTo: "ne", successFraction: 2 }, reportTo: [group] }, "nel/invalid"],
		[{ nel: { reportTo: "ne", maxAge: -1 }, reportTo: [group] }, "nel/invalid"],
		[{ nel: {}, reportTo: [group] }, "report/name"],
	],
);
headerTable(
	"Report-To",
	[
		[
			{ nel: { reportTo: "ne" }, reportTo: [group] },
			'{"group":"ne","max_age":2592000,"endpoints":[{"url":"https://r.example/nel"}],"include_subdomains":false}',
		],
	],
	[
		[{ reportTo: [{ group: "a" }] }, "report/url"],
		[{ reportTo: [{ group: "a", endpoints: ["https://r.example/\u0000"] }] }, "report/url"],
		[{ reportTo: { group: "a" } }, "option/type"],
	],
);

test("Report-To without NEL is warned of", () => {
	expect(warningsOf({ reportTo: [group] })).toEqual(["reportTo report/legacy-report-to"]);
});

headerTable(
	"X-XSS-Protection",
	[
		[{}, undefined],
		[{ xXssProtection: true }, "0"],
	],
	[[{ xXssProtection: "1; mode=block" }, "xxp/invalid"]],
);
headerTable(
	"X-DNS-Prefetch-Control",
	[
		[{}, undefined],
		[{ xDnsPrefetchControl: true }, "off"],
		[{ xDnsPrefetchControl: "on" }, "on"],
	],
	[[{ xDnsPrefetchControl: { allow: true } }, "legacy/invalid"]],
);
headerTable(
	"X-Download-Options",
	[
		[{}, undefined],
		[{ xDownloadOptions: true }, "noopen"],
	],
	[[{ xDownloadOptions: "open" }, "legacy/invalid"]],
);
headerTable(
	"X-Permitted-Cross-Domain-Policies",
	[
		[{}, undefined],
		[{ xPermittedCrossDomainPolicies: true }, "none"],
		[{ xPermittedCrossDomainPolicies: "master-only" }, "master-only"],
	],
	[[{ xPermittedCrossDomainPolicies: { permittedPolicies: "none" } }, "legacy/invalid"]],
);

test("the preload message is the one of the documentation", () => {
	const [issue] = issuesOf({ strictTransportSecurity: { preload: true, includeSubDomains: false } });
	expect(issue).toEqual({
		code: "hsts/preload-ineligible",
		path: "strictTransportSecurity.preload",
		message: "needs includeSubDomains: true and maxAge of at least 31536000; received includeSubDomains: false.",
	});
});
