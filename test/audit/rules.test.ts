import { describe, expect, test } from "vitest";
import { judge, RULES } from "../../src/audit/judge.ts";
import type { Deployment, Domain, Exchange, Fields } from "../../src/audit/types.ts";
import { readTemplate } from "../../src/templates/index.ts";
import * as vendors from "../../src/vendors.ts";

/** A response that is to be judged, and what was seen beside it. */
interface Given extends Partial<Exchange> {
	/** The page itself, before it. */
	readonly page?: Fields;
	readonly beside?: readonly Partial<Exchange>[];
}

const HTML = ["Content-Type", "text/html; charset=utf-8"] as const;
const seen = (given: Partial<Exchange>): Exchange => ({
	probe: "page",
	method: "GET",
	url: "https://a.example/",
	status: 200,
	fields: [],
	body: "",
	secure: true,
	...given,
});
const site = ({ page, beside = [], ...given }: Given): Exchange[] => [
	...(page === undefined ? [] : [seen({ fields: page })]),
	...beside.map(seen),
	seen(given),
];
const ids = (given: Given): string[] => judge(site(given)).map(({ id }) => id);

const csp = (text: string): Given => ({ fields: [HTML, ["Content-Security-Policy", text]] });
const on = (name: string, ...values: string[]): Given => ({ fields: [HTML, ...values.map((value) => [name, value] as const)] });
const framed = (value: string): Given => ({ fields: [HTML, ["X-Frame-Options", value], ["Content-Security-Policy", GOOD]] });
const hsts = (...values: string[]): Given => on("Strict-Transport-Security", ...values);
const cookie = (value: string): Given => on("Set-Cookie", value);
const html = (body: string, ...fields: Fields): Given => ({ fields: [HTML, ...fields], body });

const NONCE = "'nonce-c2FtcGxlLW9mLTE2LWJ5dGVz'";
const FOREIGN = "https://headguard-audit.example";
const GOOD = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

const META = `<meta http-equiv="Content-Security-Policy" content="${GOOD.replace(" frame-ancestors 'none';", "")}">`;

const domain = (given: Partial<Domain>, header = "max-age=31536000; includeSubDomains; preload"): Given => ({
	probe: "preload",
	fields: [["Strict-Transport-Security", header]],
	domain: { host: "a.example", registrable: "a.example", tls: [], hasHttp: true, wants: "listing", ...given },
});
const GAP = { kind: "nonce", text: "x does not get the nonce", recipe: "docs/frameworks/x.md" } as const;
const deployed = (given: Partial<Deployment>, ...fields: Fields): Given => ({
	probe: "policy",
	fields,
	deployment: {
		mountedBefore: [],
		mountedAt: [],
		nodeEnv: "production",
		hasPoweredBy: false,
		redirectsToHttps: false,
		hasUnusedNonce: false,
		weakerRoutes: [],
		replacedPolicies: [],
		unfitOverrides: [],
		foreignOverrides: [],
		replacedHeaders: [],
		redundantHeaders: [],
		missedErrors: [],
		...given,
	},
});

const templated = (text: string): Partial<Deployment> => ({ templates: [{ file: "views/home.ejs", pieces: readTemplate(text, "ejs") }] });

/** Further cases beside the examples of the rules: what a rule finds, and a near miss, which it must not find. */
const NEAR_MISSES: Readonly<Record<string, readonly [fires: Given, quiet: Given]>> = {
	"csp/empty": [csp(" ; "), csp(`${GOOD},`)],
	"csp/unknown-directive": [csp(`${GOOD}; script-source 'self'`), csp(`${GOOD}; fenced-frame-src 'self'`)],
	"csp/invalid-keyword": [csp("default-src 'slef'"), csp("default-src 'self'; script-src 'wasm-unsafe-eval'")],
	"csp/experimental-source": [
		csp("script-src 'eval-sha256-Shsh2HauAMjtXE0c3gnGH4phtQ/jcKgBsQwzmDHzcKs='"),
		csp("script-src 'sha256-Shsh2HauAMjtXE0c3gnGH4phtQ/jcKgBsQwzmDHzcKs='"),
	],
	"csp/invalid-source": [csp("img-src https://*.*.example/"), csp("img-src https://*.a.example")],
	"csp/scheme-without-colon": [csp("img-src https"), csp("img-src https:")],
	"csp/invalid-token": [csp("sandbox allow-everything"), csp("sandbox allow-scripts")],
	"csp/hash-length": [csp("script-src 'sha256-abcd'"), csp("script-src 'sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ='")],
	"csp/strict-dynamic-alone": [csp("script-src 'strict-dynamic'"), csp(`script-src 'strict-dynamic' ${NONCE}`)],
	"csp/script-unsafe-inline": [csp("script-src 'unsafe-inline'"), csp(`script-src 'unsafe-inline' ${NONCE}`)],
	"csp/script-unsafe-eval": [csp("script-src 'unsafe-eval'"), csp("script-src 'wasm-unsafe-eval'")],
	"csp/script-wildcard": [csp("script-src https:"), csp(`script-src https: 'strict-dynamic' ${NONCE}`)],
	"csp/http-source": [csp("script-src http://a.example"), csp("script-src https://a.example")],
	"csp/sandbox-escape": [csp("sandbox allow-scripts allow-same-origin"), csp("sandbox allow-scripts")],
	"csp/other-wildcard": [csp("img-src *"), csp("img-src https:")],
	"csp/no-base-uri-with-nonce": [csp(`script-src ${NONCE}`), csp(`script-src ${NONCE}; base-uri 'none'`)],
	"csp/script-allowlist": [csp("script-src https://cdn.example"), csp(`script-src https://cdn.example 'strict-dynamic' ${NONCE}`)],
	"csp/style-unsafe-inline": [csp("style-src 'unsafe-inline'"), csp(`style-src 'unsafe-inline' ${NONCE}`)],
	"csp/no-trusted-types": [csp(`${GOOD}; trusted-types app`), csp(GOOD)],
	"dup/different": [on("Referrer-Policy", "no-referrer", "origin"), on("X-Frame-Options", "DENY", "DENY")],
	"dup/identical": [on("X-Frame-Options", "DENY", "DENY"), on("X-Frame-Options", "DENY")],
	"nonce/reused": [
		{ ...csp(`script-src ${NONCE}`), probe: "again", page: csp(`script-src ${NONCE}`).fields ?? [] },
		{ ...csp(`script-src ${NONCE}`), probe: "again", page: csp("script-src 'nonce-b3RoZXItb2YtMTYtYnl0ZXMu'").fields ?? [] },
	],
	"nonce/shared-cacheable": [
		{ fields: [HTML, ["Content-Security-Policy", `script-src ${NONCE}`], ["Cache-Control", "public, max-age=60"]] },
		{ fields: [HTML, ["Content-Security-Policy", `script-src ${NONCE}`], ["Cache-Control", "private"]] },
	],
	"nonce/conditional-304": [
		{ ...csp(`script-src ${NONCE}`), probe: "conditional", status: 304 },
		{ ...csp(GOOD), probe: "conditional", status: 304 },
	],
	"nonce/unused-in-html": [
		html("<p>", ["Content-Security-Policy", `script-src ${NONCE}`]),
		html("<script nonce=c2FtcGxlLW9mLTE2LWJ5dGVz>", ["Content-Security-Policy", `script-src ${NONCE}`]),
	],
	"consistency/404": [
		{ probe: "not-found", status: 404, fields: [HTML], page: [HTML, ["X-Content-Type-Options", "nosniff"]] },
		{ probe: "not-found", status: 404, fields: [HTML, ["X-Content-Type-Options", "nosniff"]], page: [HTML, ["X-Content-Type-Options", "nosniff"]] },
	],
	"consistency/500": [
		{ probe: "failing", status: 500, fields: [HTML], page: [HTML, ["X-Frame-Options", "DENY"]] },
		{ probe: "failing", status: 500, fields: [["Content-Type", "text/plain"]], page: [HTML, ["X-Frame-Options", "DENY"]] },
	],
	"consistency/400": [
		{ probe: "malformed", status: 400, fields: [], page: [HTML, ["X-Content-Type-Options", "nosniff"]] },
		{ probe: "malformed", status: 400, fields: [], page: [HTML] },
	],
	"consistency/head": [
		{ probe: "head", fields: [HTML], page: [HTML, ["Referrer-Policy", "no-referrer"]] },
		{ probe: "head", fields: [HTML, ["Referrer-Policy", "no-referrer"]], page: [HTML, ["Referrer-Policy", "no-referrer"]] },
	],
	"consistency/304": [
		{ probe: "conditional", status: 304, fields: [], page: [HTML, ["X-Content-Type-Options", "nosniff"]] },
		{ probe: "conditional", status: 304, fields: [], page: [HTML, ["Content-Security-Policy", GOOD]] },
	],
	"consistency/options": [
		{ probe: "preflight", status: 204, fields: [], page: [HTML, ["X-Content-Type-Options", "nosniff"]] },
		{ probe: "preflight", status: 204, fields: [], page: [HTML] },
	],
	"consistency/csp-replaced": [
		{ ...csp("default-src 'none'"), probe: "not-found", status: 404, page: csp(GOOD).fields ?? [] },
		{
			...csp("default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"),
			probe: "not-found",
			status: 404,
			page: csp(GOOD).fields ?? [],
		},
	],
	"cors/reflected-credentials": [
		{
			probe: "foreign",
			fields: [
				["Access-Control-Allow-Origin", FOREIGN],
				["Access-Control-Allow-Credentials", "true"],
			],
		},
		{ probe: "foreign", fields: [["Access-Control-Allow-Origin", "*"]] },
	],
	"cors/reflected": [
		{ probe: "foreign", fields: [["Access-Control-Allow-Origin", FOREIGN]] },
		{ probe: "foreign", fields: [["Access-Control-Allow-Origin", "https://a.example"]] },
	],
	"cors/wildcard-credentials": [
		{
			fields: [
				["Access-Control-Allow-Origin", "*"],
				["Access-Control-Allow-Credentials", "true"],
			],
		},
		{ fields: [["Access-Control-Allow-Origin", "*"]] },
	],
	"cors/multiple-acao": [{ fields: [["Access-Control-Allow-Origin", "https://a.example, *"]] }, { fields: [["Access-Control-Allow-Origin", "*"]] }],
	"cors/no-vary-origin": [
		{ probe: "foreign", sent: FOREIGN, fields: [["Access-Control-Allow-Origin", FOREIGN]] },
		{
			probe: "foreign",
			sent: FOREIGN,
			fields: [
				["Access-Control-Allow-Origin", FOREIGN],
				["Vary", "Accept, origin"],
			],
		},
	],
	"redirect/no-https": [
		{ probe: "plain-http", secure: false },
		{ probe: "plain-http", secure: false, status: 301, fields: [["Location", "https://a.example/"]] },
	],
	"redirect/first-hop": [
		{ probe: "plain-http", secure: false, status: 301, fields: [["Location", "https://www.a.example/"]] },
		{ probe: "plain-http", secure: false, status: 301, fields: [["Location", "https://a.example/"]] },
	],
	"hsts/missing": [on("X-Own", "1"), { ...on("X-Own", "1"), secure: false }],
	"hsts/over-http": [
		{ ...hsts("max-age=31536000"), probe: "plain-http", secure: false, status: 308 },
		{ ...on("Location", "https://a.example/"), probe: "plain-http", secure: false, status: 308 },
	],
	"hsts/multiple": [hsts("max-age=31536000", "max-age=0"), hsts("max-age=31536000")],
	"hsts/max-age-missing": [hsts("includeSubDomains"), hsts("max-age=1")],
	"hsts/max-age-invalid": [hsts("max-age=1y"), hsts('max-age="31536000"')],
	"hsts/max-age-leading-zero": [hsts("max-age=031536000"), hsts("max-age=0")],
	"hsts/max-age-zero": [hsts("max-age=0"), hsts("max-age=1")],
	"hsts/max-age-short": [hsts("max-age=15551999"), hsts("max-age=15552000")],
	"hsts/max-age-under-a-year": [hsts("max-age=15552000"), hsts("max-age=31536000")],
	"hsts/max-age-excessive": [hsts("max-age=315360001"), hsts("max-age=315360000")],
	"hsts/no-subdomains": [hsts("max-age=31536000"), hsts("max-age=31536000; INCLUDESUBDOMAINS")],
	"hsts/preload-ineligible": [hsts("max-age=31536000; preload"), hsts("max-age=31536000; includeSubDomains; preload")],
	"hsts/repeated-directive": [hsts("max-age=31536000; max-age=0"), hsts("max-age=31536000; includeSubDomains")],
	"hsts/directive-extra": [hsts("max-age=31536000; includeSubDomains=true"), hsts("max-age=31536000; includeSubDomains")],
	"hsts/unknown-directive": [hsts("max-age=31536000; includeSubDomain"), hsts("max-age=31536000; includeSubDomains")],
	"frame/conflict": [
		{ fields: [HTML, ["X-Frame-Options", "SAMEORIGIN"], ["Content-Security-Policy", GOOD]] },
		{ fields: [HTML, ["X-Frame-Options", "deny"], ["Content-Security-Policy", GOOD]] },
	],
	"xfo/allow-from": [framed("ALLOW-FROM https://a.example"), on("X-Frame-Options", "DENY")],
	"xfo/invalid": [framed("ALLOWALL"), on("X-Frame-Options", "SameOrigin")],
	"xcto/invalid": [on("X-Content-Type-Options", "sniff, nosniff"), on("X-Content-Type-Options", "NoSniff")],
	"type/missing": [{ body: "x" }, { body: "" }],
	"type/no-charset": [
		{ fields: [["Content-Type", "text/html"]], body: "<p>" },
		{ fields: [["Content-Type", "text/html"]], body: "<meta charset=utf-8>" },
	],
	"type/json-as-html": [html('{"a": "<b>"}'), html("{ not data }")],
	"referrer/invalid": [on("Referrer-Policy", "never"), on("Referrer-Policy", "never, no-referrer")],
	"referrer/unsafe": [on("Referrer-Policy", "no-referrer, unsafe-url"), on("Referrer-Policy", "unsafe-url, no-referrer")],
	"coop/invalid": [on("Cross-Origin-Opener-Policy", "same-origin", "same-origin"), on("Cross-Origin-Opener-Policy", 'same-origin; report-to="x"')],
	"coep/invalid": [on("Cross-Origin-Embedder-Policy", "require-corp, require-corp"), on("Cross-Origin-Embedder-Policy", "require-corp")],
	"isolation/incomplete": [
		on("Cross-Origin-Embedder-Policy", "require-corp"),
		{
			fields: [
				["Cross-Origin-Embedder-Policy", "require-corp"],
				["Cross-Origin-Opener-Policy", "same-origin"],
			],
		},
	],
	"dip/invalid": [on("Document-Isolation-Policy", "isolate"), on("Document-Isolation-Policy", 'isolate-and-credentialless; report-to="a"')],
	"corp/invalid": [on("Cross-Origin-Resource-Policy", "same-origin, same-origin"), on("Cross-Origin-Resource-Policy", "same-site")],
	"oac/invalid": [on("Origin-Agent-Cluster", "true"), on("Origin-Agent-Cluster", "?1")],
	"obsolete/xxp": [on("X-XSS-Protection", "1; mode=block"), on("X-XSS-Protection", "0")],
	"permissions/old-syntax": [on("Permissions-Policy", "camera 'none'"), on("Permissions-Policy", 'camera=(self "https://a.example")')],
	"permissions/unparsable": [
		on("Permissions-Policy", "camera=(none;"),
		on("Permissions-Policy", 'camera=*; report-to=default, usb=self, hid=("https://a.example, b")'),
	],
	"permissions/duplicate": [on("Permissions-Policy", "camera=(), camera=*"), on("Permissions-Policy", "camera=(), usb=()")],
	"permissions/sensitive-wildcard": [on("Permissions-Policy", "camera=(*)"), on("Permissions-Policy", "autoplay=*")],
	"cookie/no-secure": [cookie("a=1"), cookie("a=1; secure")],
	"cookie/session-no-httponly": [cookie("sessionid=1"), cookie("sessionid=1; HttpOnly")],
	"cookie/no-samesite": [cookie("a=1"), cookie("a=1; SameSite=Lax")],
	"cookie/samesite-invalid": [cookie("a=1; SameSite=Loose"), cookie("a=1; samesite=strict")],
	"cookie/samesite-none-insecure": [cookie("a=1; SameSite=None"), cookie("a=1; SameSite=None; Secure")],
	"cookie/prefix-broken": [cookie("__Host-a=1; Secure; Path=/x"), cookie("__Host-a=1; Secure; Path=/")],
	"csp/comma-in-value": [csp("img-src https://a.example, https://b.example"), csp(`${GOOD}, img-src 'self'`)],
	"csp/script-known-bypass": [csp("script-src https://*.googleapis.com"), csp("script-src https://cdn.jsdelivr.net/npm/vue@3/vue.js")],
	"csp/script-self": [
		{ ...csp(GOOD), beside: [{ probe: "upload", url: "https://a.example/up/a.txt", fields: [["Content-Type", "text/plain"]] }] },
		{ ...csp(GOOD), beside: [{ probe: "upload", url: "https://a.example/up/a.png", fields: [["Content-Type", "image/png"]] }] },
	],
	"csp/no-legacy-fallback": [csp(`script-src 'strict-dynamic' ${NONCE} 'unsafe-inline'`), csp(`script-src 'strict-dynamic' ${NONCE}`)],
	"csp/style-wildcard": [csp("style-src https:"), csp("style-src https://a.example")],
	"csp/default-src-not-none": [csp("default-src 'self' https://a.example; script-src 'self'"), csp("default-src 'self' data:")],
	"csp/no-upgrade-insecure": [
		html("<img srcset='http://b.example/2.png 2x'>", ["Content-Security-Policy", GOOD]),
		html("<img srcset='http://b.example/2.png 2x'>", ["Content-Security-Policy", `${GOOD}; upgrade-insecure-requests`]),
	],
	"nonce/predictable": [
		{ ...csp("script-src 'nonce-0000000000000000000002'"), probe: "again", page: csp("script-src 'nonce-0000000000000000000001'").fields ?? [] },
		{ ...csp("script-src 'nonce-b3RoZXItb2YtMTYtYnl0ZXMu'"), probe: "again", page: csp(`script-src ${NONCE}`).fields ?? [] },
	],
	"nonce/charset": [csp("script-src 'nonce-{uuid}'"), csp(`script-src ${NONCE}`)],
	"nonce/served-from-cache": [
		{ fields: [HTML, ["Content-Security-Policy", `script-src ${NONCE}`], ["Age", "12"]] },
		{ fields: [HTML, ["Content-Security-Policy", `script-src ${NONCE}`], ["Age", "0"], ["X-Cache", "MISS"]] },
	],
	"nonce/html-mismatch": [
		html("<script nonce=abc></script>", ["Content-Security-Policy", `script-src ${NONCE}`]),
		html('<script nonce="c2FtcGxlLW9mLTE2LWJ5dGVz"></script>', ["Content-Security-Policy", `script-src ${NONCE}`]),
	],
	"nonce/html-only": [html("<script nonce=abc></script>"), html("<script></script>")],
	"csp/meta-only": [html(META), html(META, ["Content-Security-Policy", GOOD])],
	"csp/meta-directive-ignored": [
		html('<meta http-equiv="content-security-policy" content="frame-ancestors \'none\'">', ["Content-Security-Policy", GOOD]),
		html(META, ["Content-Security-Policy", GOOD]),
	],
	"csp/header-and-meta": [html(META, ["Content-Security-Policy", GOOD]), html(META)],
	"csp/inline-blocked": [
		html("<button onclick='go()'>", ["Content-Security-Policy", GOOD]),
		html("<script type=application/ld+json>{}</script><script src=/a.js></script>", ["Content-Security-Policy", GOOD]),
	],
	"hsts/in-meta": [
		html("<meta http-equiv=Strict-Transport-Security content='max-age=1'>", ["Strict-Transport-Security", "max-age=31536000"]),
		html("<meta charset=utf-8>"),
	],
	"xfo/in-meta": [html("<meta http-equiv=X-Frame-Options content=DENY>", ["X-Frame-Options", "DENY"]), html("<meta charset=utf-8>")],
	"sri/external-missing": [html("<script src='https://cdn.example/a.js'></script>"), html("<script src='/a.js'></script>")],
	"sri/external-insecure": [html("<link rel=stylesheet href='http://cdn.example/a.css'>"), html("<link rel=stylesheet href='//cdn.example/a.css'>")],
	"sri/no-crossorigin": [
		html("<script src='https://cdn.example/a.js' integrity='sha384-x'></script>"),
		html("<script src='https://cdn.example/a.js' integrity='sha384-x' crossorigin></script>"),
	],
	"mixed/content": [html("<img src='http://a.example/a.png'>"), html("<a href='http://a.example/'>")],
	"report/endpoint-undefined": [
		csp(`${GOOD}; report-to csp`),
		{ fields: [HTML, ["Content-Security-Policy", `${GOOD}; report-to csp`], ["Reporting-Endpoints", 'csp="https://r.example/"']] },
	],
	"report/endpoints-invalid": [on("Reporting-Endpoints", "csp=https://r.example"), on("Reporting-Endpoints", 'csp="https://r.example"')],
	"report/endpoint-unused": [
		on("Reporting-Endpoints", 'csp="https://r.example/"'),
		{
			fields: [
				["Reporting-Endpoints", 'csp="https://r.example/"'],
				["Cross-Origin-Opener-Policy", 'same-origin; report-to="csp"'],
			],
		},
	],
	"report/endpoint-insecure": [csp(`${GOOD}; report-uri http://r.example/`), csp(`${GOOD}; report-uri /reports`)],
	"report/report-to-only": [csp(`${GOOD}; report-to csp`), csp(`${GOOD}; report-to csp; report-uri /r`)],
	"report/none": [on("Content-Security-Policy-Report-Only", GOOD), on("Content-Security-Policy-Report-Only", `${GOOD}; report-uri /r`)],
	"report/legacy-report-to": [
		on("Report-To", "{}"),
		{
			fields: [
				["Report-To", "{}"],
				["NEL", "{}"],
			],
		},
	],
	"report/unreachable": [
		{ probe: "report", method: "POST", status: 404 },
		{ probe: "report", method: "POST", status: 204 },
	],
	"xfo/multiple": [on("X-Frame-Options", "DENY, SAMEORIGIN"), on("X-Frame-Options", "DENY", "deny")],
	"hsts/empty": [hsts(" "), hsts("max-age=31536000")],
	"hsts/inconsistent-paths": [
		{ ...hsts("max-age=1"), probe: "not-found", page: hsts("max-age=31536000").fields ?? [] },
		{ ...hsts("max-age=31536000"), probe: "not-found", page: hsts("max-age=31536000").fields ?? [] },
	],
	"hsts/first-hop": [
		{ probe: "redirect", status: 301, beside: [{ probe: "plain-http", status: 301, secure: false }] },
		{ probe: "redirect", status: 301, fields: [["Strict-Transport-Security", "max-age=1"]], beside: [{ probe: "plain-http", status: 301, secure: false }] },
	],
	"redirect/insecure-hop": [
		{ probe: "redirect", status: 302, fields: [["Location", "http://a.example/x"]] },
		{ probe: "redirect", status: 302, fields: [["Location", "/x"]] },
	],
	"redirect/too-many": [
		{ beside: [1, 2, 3, 4].map((n) => ({ probe: "redirect" as const, status: 302, url: `https://a.example/${n}` })) },
		{ beside: [1, 2, 3].map((n) => ({ probe: "redirect" as const, status: 302, url: `https://a.example/${n}` })) },
	],
	"redirect/temporary": [
		{ probe: "plain-http", status: 302, secure: false, fields: [["Location", "https://a.example/"]] },
		{ probe: "plain-http", status: 308, secure: false, fields: [["Location", "https://a.example/"]] },
	],
	"redirect/host-reflected": [
		{ probe: "other-host", sent: "X-Forwarded-Host", status: 301, fields: [["Location", "https://headguard-audit.example/"]] },
		{ probe: "other-host", sent: "X-Forwarded-Host", status: 301, fields: [["Location", "https://a.example/"]] },
	],
	"redirect/body-leak": [
		{ probe: "redirect", status: 302, fields: [["Location", "/login"]], body: "<table><tr><td>secrets</table>" },
		{ probe: "redirect", status: 302, fields: [["Location", "/login"]], body: "Found. Redirecting to /login" },
	],
	"type/charset-mismatch": [html("<meta charset=iso-8859-1>"), html("<meta charset=UTF-8>")],
	"type/upload-inline": [
		{ probe: "upload", fields: [["Content-Type", "image/svg+xml"]] },
		{
			probe: "upload",
			fields: [
				["Content-Type", "image/svg+xml"],
				["Content-Disposition", 'attachment; filename="a.svg"'],
			],
		},
	],
	"isolation/breaks-page": [
		html("<img src='https://cdn.example/a.png'>", ["Cross-Origin-Embedder-Policy", "require-corp"]),
		html("<img src='https://cdn.example/a.png' crossorigin>", ["Cross-Origin-Embedder-Policy", "require-corp"]),
	],
	"corp/cors-conflict": [
		{
			fields: [
				["Content-Type", "image/png"],
				["Cross-Origin-Resource-Policy", "same-origin"],
				["Access-Control-Allow-Origin", "*"],
			],
		},
		{
			fields: [
				["Content-Type", "application/json"],
				["Cross-Origin-Resource-Policy", "same-origin"],
				["Access-Control-Allow-Origin", "*"],
			],
		},
	],
	"oac/inconsistent": [
		{ ...on("Origin-Agent-Cluster", "?0"), url: "https://a.example/b", page: on("Origin-Agent-Cluster", "?1").fields ?? [] },
		{ ...on("Origin-Agent-Cluster", "?1"), url: "https://a.example/b", page: on("Origin-Agent-Cluster", "?1").fields ?? [] },
	],
	"integrity-policy/invalid": [
		on("Integrity-Policy", "blocked-destinations=(image)"),
		on("Integrity-Policy", "blocked-destinations=(script), endpoints=(csp)"),
	],
	"connection-allowlist/invalid": [
		on("Connection-Allowlist", "(response-origin self)"),
		on("Connection-Allowlist", '(response-origin "https://{a.}?b.example/:path");redirects=block;webrtc=allow;report-to=csp'),
	],
	"permissions/no-effect": [
		on("Permissions-Policy", "local-network-access=(), local-network=self"),
		on("Permissions-Policy", "local-network=self, loopback-network=self, local-network-access=()"),
	],
	"connection-allowlist/open": [
		on("Connection-Allowlist", '("*://*:*/*")'),
		on("Connection-Allowlist", '(response-origin "https://*.a.example"), ("https://*");redirects=allow'),
	],
	"cors/null-origin": [
		{ probe: "null-origin", sent: "null", fields: [["Access-Control-Allow-Origin", "null"]] },
		{ probe: "null-origin", sent: "null" },
	],
	"cors/lookalike-origin": [
		{
			probe: "lookalike",
			sent: "https://app.example.headguard-audit.example",
			fields: [["Access-Control-Allow-Origin", "https://app.example.headguard-audit.example"]],
		},
		{ probe: "lookalike", sent: "https://app.example.headguard-audit.example", fields: [["Access-Control-Allow-Origin", "https://app.example"]] },
	],
	"cors/http-origin": [
		{ fields: [["Access-Control-Allow-Origin", "http://a.example"]] },
		{ fields: [["Access-Control-Allow-Origin", "http://localhost:3000"]] },
	],
	"cors/preflight-unhandled": [
		{ probe: "allowed-preflight", method: "OPTIONS", status: 401, sent: "https://b.example" },
		{ probe: "allowed-preflight", method: "OPTIONS", status: 204, sent: "https://b.example", fields: [["Access-Control-Allow-Origin", "https://b.example"]] },
	],
	"cors/preflight-denied-leaks": [
		{
			probe: "preflight",
			method: "OPTIONS",
			sent: FOREIGN,
			fields: [["Access-Control-Allow-Origin", FOREIGN]],
			beside: [{ probe: "allowed", sent: "https://b.example", fields: [["Access-Control-Allow-Origin", "https://b.example"]] }],
		},
		{
			probe: "preflight",
			method: "OPTIONS",
			sent: FOREIGN,
			beside: [{ probe: "allowed", sent: "https://b.example", fields: [["Access-Control-Allow-Origin", "https://b.example"]] }],
		},
	],
	"cors/error-bare": [
		{
			probe: "allowed-error",
			status: 404,
			sent: "https://b.example",
			beside: [{ probe: "allowed", sent: "https://b.example", fields: [["Access-Control-Allow-Origin", "https://b.example"]] }],
		},
		{ probe: "allowed-error", status: 404, sent: "https://b.example", beside: [{ probe: "allowed", sent: "https://b.example" }] },
	],
	"cors/max-age": [on("Access-Control-Max-Age", "86400"), on("Access-Control-Max-Age", "7200")],
	"cookie/loose-domain": [{ ...cookie("a=1; Domain=.example"), url: "https://a.example/" }, cookie("a=1; Domain=a.example")],
	"cookie/session-no-prefix": [cookie("sid=1"), cookie("author=1")],
	"cookie/shared-cacheable": [
		{
			fields: [
				["Set-Cookie", "a=1"],
				["Cache-Control", "public, max-age=60"],
			],
		},
		{
			fields: [
				["Set-Cookie", "a=1"],
				["Cache-Control", "private, max-age=60"],
			],
		},
	],
	"cookie/malformed": [cookie("a=1; Secure; Expires=tomorrow"), cookie("a=1; Secure; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Partitioned")],
	"cache/sensitive-storable": [
		cookie("a=1"),
		{
			fields: [
				["Set-Cookie", "a=1"],
				["Cache-Control", "no-store"],
			],
		},
	],
	"cache/contradiction": [on("Cache-Control", "no-store, max-age=60"), on("Cache-Control", "no-store, max-age=0")],
	"cache/error-cacheable": [
		{ probe: "not-found", status: 404, fields: [["Cache-Control", "public, max-age=86400"]] },
		{ probe: "not-found", status: 404, fields: [["Cache-Control", "public, max-age=60"]] },
	],
	"cache/clear-site-data": [
		{ probe: "logout", status: 302 },
		{ probe: "logout", status: 302, fields: [["Clear-Site-Data", '"cookies", "storage"']] },
	],
	"vary/missing": [
		{ probe: "compressed", fields: [["Content-Encoding", "gzip"]], page: [HTML] },
		{ probe: "compressed", fields: [["Content-Encoding", "gzip"]], page: [HTML, ["Vary", "Accept-Encoding"]] },
	],
	"dup/origin": [
		{ ...on("X-Frame-Options", "DENY", "SAMEORIGIN"), direct: seen(on("X-Frame-Options", "DENY")) },
		{ ...on("X-Frame-Options", "DENY"), direct: seen(on("X-Frame-Options", "DENY")) },
	],
	"consistency/413-431-417": [
		{ probe: "refused", status: 431, sent: "headers that are too large", page: [HTML, ["X-Content-Type-Options", "nosniff"]] },
		{ probe: "refused", status: 431, fields: [["X-Content-Type-Options", "nosniff"]], page: [HTML, ["X-Content-Type-Options", "nosniff"]] },
	],
	"consistency/redirect": [
		{ probe: "redirect", status: 302, page: [HTML, ["X-Content-Type-Options", "nosniff"]] },
		{ probe: "redirect", status: 302, fields: [["X-Content-Type-Options", "nosniff"]], page: [HTML, ["X-Content-Type-Options", "nosniff"]] },
	],
	"consistency/static": [
		{ probe: "static", page: [HTML, ["Cross-Origin-Resource-Policy", "same-origin"]] },
		{ probe: "static", fields: [["Cross-Origin-Resource-Policy", "cross-origin"]], page: [HTML, ["Cross-Origin-Resource-Policy", "same-origin"]] },
	],
	"consistency/api": [
		{ probe: "data", page: [HTML, ["X-Content-Type-Options", "nosniff"]] },
		{ probe: "data", page: [HTML, ["Referrer-Policy", "no-referrer"]] },
	],
	"site/unanswered": [{ unanswered: ["not-found"] }, { unanswered: [] }],
	"site/refused": [{ status: 403 }, { status: 200 }],
	"site/unexpected-status": [
		{ probe: "failing", status: 200 },
		{ probe: "failing", status: 503 },
	],
	"isolation/cross-site-post": [
		{ probe: "cross-site", method: "POST", sent: FOREIGN },
		{ probe: "cross-site", method: "POST", sent: FOREIGN, status: 403 },
	],
	"consistency/trace": [
		{ probe: "trace", method: "TRACE" },
		{ probe: "trace", method: "TRACE", status: 405 },
	],
	"edge/stripped": [
		{ ...on("X-Own", "1"), direct: seen(csp(GOOD)) },
		{ ...csp(GOOD), direct: seen(csp(GOOD)) },
	],
	"edge/parity": [
		{ ...on("Referrer-Policy", "origin"), direct: seen(on("Referrer-Policy", "no-referrer")) },
		{ ...csp(`script-src ${NONCE}`), direct: seen(csp("script-src 'nonce-b3RoZXItb2YtMTYtYnl0ZXMu'")) },
	],
	"edge/generated-error": [
		{ probe: "refused", status: 413, direct: seen({ status: 404 }) },
		{ probe: "not-found", status: 404, direct: seen({ status: 404 }) },
	],
	"policy/missing": [
		{ fields: [], expected: [{ name: "X-Frame-Options", text: "DENY" }] },
		{ secure: false, expected: [{ name: "Strict-Transport-Security", text: "max-age=1" }] },
	],
	"policy/different": [
		{ ...on("X-Frame-Options", "DENY", "DENY"), expected: [{ name: "X-Frame-Options", text: "DENY" }] },
		{
			...csp(`script-src ${NONCE}; style-src ${NONCE}`),
			expected: [{ name: "Content-Security-Policy", text: "script-src 'none'", nonced: ["script-src 'nonce-", "'; style-src 'nonce-", "'"] }],
		},
	],
	"leak/technology": [on("X-Generator", "Site 4"), on("X-Own", "1")],
	"leak/stack-trace": [
		{ probe: "failing", status: 500, body: "<pre>Error: broken<br> &nbsp; &nbsp;at /srv/app/index.js:12:9</pre>" },
		{ probe: "failing", status: 500, body: "We are at work (see /status:1)." },
	],
	"leak/default-error-page": [
		{ probe: "not-found", status: 404, body: "<title>Error</title>\n</head><body><pre>Cannot GET /x</pre>" },
		{ probe: "not-found", status: 404, body: "<title>Not here</title>" },
	],
	"leak/secret-in-header": [on("X-Db", "postgres://app:hunter2@db.example/app"), on("X-Own", "https://a.example/")],
	"obsolete/other": [on("P3P", "x"), on("X-Own", "1")],
	"preload/domain": [domain({ host: "www.a.example", registrable: "a.example" }), domain({})],
	"preload/tls": [domain({ tls: ["TLS with a.example fails."] }), domain({})],
	"preload/weak-cipher": [domain({ weakCipher: "AES128-SHA" }), domain({})],
	"preload/www": [domain({ www: "TLS with www.a.example fails." }), domain({})],
	"preload/no-http": [domain({ hasHttp: false }), domain({})],
	"preload/max-age": [domain({}, "max-age=10886400; includeSubDomains; preload"), domain({})],
	"preload/no-subdomains": [domain({}, "max-age=31536000; preload"), domain({})],
	"preload/no-token": [domain({}, "max-age=31536000; includeSubDomains"), domain({})],
	"preload/first-hop": [
		{
			...domain({}),
			beside: [{ probe: "plain-http", status: 301, secure: false, url: "http://a.example/", fields: [["Location", "https://www.a.example/"]] }],
		},
		{ ...domain({}), beside: [{ probe: "plain-http", status: 301, secure: false, url: "http://a.example/", fields: [["Location", "https://a.example/"]] }] },
	],
	"preload/still-asked": [domain({ wants: "removal" }), domain({ wants: "removal" }, "max-age=0")],
	"deploy/order": [deployed({ mountedBefore: ["GET /status"] }), deployed({})],
	"deploy/node-env": [deployed({ nodeEnv: undefined }), deployed({})],
	"deploy/trust-proxy": [deployed({ trustProxy: false, redirectsToHttps: true }), deployed({ trustProxy: 1, redirectsToHttps: true })],
	"deploy/powered-by": [deployed({ hasPoweredBy: true, mountedBefore: ["GET /status"] }), deployed({})],
	"deploy/report-only": [deployed({}, ["Content-Security-Policy-Report-Only", GOOD]), deployed({}, ["Content-Security-Policy", GOOD])],
	"deploy/dev-source": [
		deployed({}, ["Content-Security-Policy", "connect-src ws://localhost:5173"]),
		deployed({}, ["Content-Security-Policy", "connect-src https://localhost.example"]),
	],
	"deploy/override-weaker": [deployed({ weakerRoutes: ["GET /admin: 'unsafe-inline'"] }), deployed({})],
	"deploy/override-unfit": [deployed({ unfitOverrides: ["the override for GET /x does not fit."] }), deployed({})],
	"deploy/override-foreign": [deployed({ foreignOverrides: ["GET /x"] }), deployed({})],
	"deploy/policy-replaced": [deployed({ replacedPolicies: ["secureHeaders() is mounted again"] }), deployed({ weakerRoutes: ["GET /x adds img-src data:"] })],
	"deploy/headers-replaced": [deployed({ replacedHeaders: ["helmet() is mounted after the policy"] }), deployed({ redundantHeaders: ["helmet() is mounted"] })],
	"deploy/headers-redundant": [deployed({ redundantHeaders: ["helmet() is mounted before the policy"] }), deployed({ replacedHeaders: ["helmet() is"] })],
	"deploy/error-handler": [deployed({ missedErrors: ["GET /x"] }), deployed({ mountedBefore: ["GET /x"] })],
	"deploy/nonce-not-wired": [
		deployed({ hasUnusedNonce: true }, ["Content-Security-Policy", `script-src ${NONCE}`]),
		deployed({ hasUnusedNonce: true }, ["Content-Security-Policy", GOOD]),
	],
	"deploy/inline-blocked": [
		deployed(templated('<i style="a">'), ["Content-Security-Policy", GOOD]),
		deployed(templated('<script nonce="<%= cspNonce %>">a()</script>'), ["Content-Security-Policy", `script-src ${NONCE}`]),
	],
	"deploy/address-blocked": [
		deployed(templated('<img src="https://img.example/<%= x %>">'), ["Content-Security-Policy", GOOD]),
		deployed(templated('<img src="https://img.example/<%= x %>"><img src="<%= y %>">'), ["Content-Security-Policy", "img-src https://img.example/a/"]),
	],
	"deploy/framework-nonce": [
		deployed({ frameworks: [GAP] }, ["Content-Security-Policy", "script-src 'self'"]),
		deployed({ frameworks: [{ ...GAP, kind: "csp" }] }, ["Content-Security-Policy", "script-src 'self'"]),
	],
	"deploy/framework-csp": [
		deployed({ frameworks: [{ ...GAP, kind: "csp" }] }, ["Content-Security-Policy", "script-src 'self'"]),
		deployed({ frameworks: [{ ...GAP, kind: "csp" }] }, ["Content-Security-Policy", "script-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"]),
	],
	"deploy/server-errors": [deployed({ isServerProtected: false }), deployed({ isServerProtected: true })],
};

test("the cases are those of rules", () => {
	const ids = RULES.map(({ id }) => id);
	expect(Object.keys(NEAR_MISSES).filter((id) => !ids.includes(id))).toEqual([]);
});

describe.each(Object.entries(NEAR_MISSES))("%s", (id, [fires, quiet]) => {
	test("is found, with a message that ends in a sentence", () => {
		const finding = judge(site(fires)).find((one) => one.id === id);
		expect(finding?.message).toMatch(/[.?]$/);
		expect(finding?.severity).toBe(RULES.find((rule) => rule.id === id)?.severity);
	});

	test("is not found where it does not apply", () => {
		expect(ids(quiet)).not.toContain(id);
	});
});

test.each([
	["utf-8", "utf8", false],
	["UTF8", " UTF-8 ", false],
	["iso-8859-1", "windows-1252", false],
	["utf-8", "latin1", true],
	["utf-8", "no-such-encoding", true],
])("the charsets %s and %s differ by their encodings, not by their labels: %s", (header, page, differs) => {
	const found = ids({ fields: [["Content-Type", `text/html; charset=${header}`]], body: `<!doctype html><meta charset="${page}"><p>` });
	expect(found.includes("type/charset-mismatch")).toBe(differs);
});

test.each([
	["http://127.0.0.1:4310/", "ws://127.0.0.1:4310", false],
	["http://localhost:3000/", "http://LOCALHOST:3000/api/", false],
	["http://localhost:3000/", "localhost:3000", false],
	["http://localhost:3000/", "ws://localhost:5173", true],
	["http://localhost:3000/", "localhost", true],
	["https://a.example/", "ws://127.0.0.1:4310", true],
	["http://10.0.0.5/", "ws://10.0.0.5", true],
])("a page on %s with the source %s, which may be its own address", (url, source, isFound) => {
	expect(ids({ ...csp(`${GOOD}; connect-src ${source}`), url }).some((id) => id === "csp/local-or-ip-source" || id === "csp/http-source")).toBe(isFound);
});

describe("hosts of scripts that headguard/vendors adds", () => {
	const scriptsOf = (patch: unknown): readonly string[] => {
		const { contentSecurityPolicy } = patch as { readonly contentSecurityPolicy: { readonly directives: { readonly scriptSrc?: readonly unknown[] } } };
		return (contentSecurityPolicy.directives.scriptSrc ?? []).filter((source) => typeof source === "string" && !source.startsWith("'")) as string[];
	};
	const all = Object.entries({ ...vendors, sentry: vendors.sentry("https://key@sentry.example/1", { loader: true }) }).filter(
		([name]) => name !== "sentryReports",
	);

	test.each(all)("those of %s are not an allow-list to make sure of, and a host beside them is", (_name, patch) => {
		const hosts = scriptsOf(patch);
		expect(ids(csp(`script-src 'self' ${hosts.join(" ")}`))).not.toContain("csp/script-allowlist");
		const found = judge(site(csp(`script-src 'self' ${hosts.filter((host) => !host.endsWith("/recaptcha/")).join(" ")} https://cdn.example`)));
		expect(found.find(({ id }) => id === "csp/script-allowlist")?.message).toContain('allows "https://cdn.example"');
	});

	test("a wider source than the vendor's is one to make sure of", () => {
		expect(scriptsOf(vendors.stripe)).toContain("https://js.stripe.com");
		for (const source of ["https://*.stripe.com", "https://js.stripe.com.example", "js.stripe.com"])
			expect(ids(csp(`script-src ${source}`))).toContain("csp/script-allowlist");
	});
});

describe("a 304 of a page whose policy had a nonce", () => {
	const page: Fields = [HTML, ["Content-Security-Policy", `script-src ${NONCE}`], ["Content-Security-Policy-Report-Only", `style-src ${NONCE}`]];
	const answer = (status: number, ...fields: Fields): Given => ({ probe: "conditional", status, fields, page });
	const nonced = [{ name: "Content-Security-Policy", text: "script-src 'none'", nonced: ["script-src 'nonce-", "'"] }];

	test.each(["Content-Security-Policy", "Content-Security-Policy-Report-Only"])("may not bring %s, with a nonce or without", (name) => {
		const [finding, ...more] = judge(site(answer(304, [name, "script-src 'none'"]))).filter(({ id }) => id === "nonce/conditional-304");
		expect(finding?.message).toContain(`a 304 carries ${name} without the nonce that the stored page has`);
		expect(more).toEqual([]);
		for (const other of [answer(304), answer(200, [name, "script-src 'none'"]), answer(304, ["Referrer-Policy", "origin"])])
			expect(ids(other)).not.toContain("nonce/conditional-304");
		expect(ids({ ...answer(304, [name, "script-src 'none'"]), page: [HTML, [name, "script-src 'none'"]] })).not.toContain("nonce/conditional-304");
	});

	test("is otherwise than the policy has it, which says nothing there", () => {
		const given = answer(304, ["Content-Security-Policy", "script-src 'none'"]);
		expect(judge(site({ ...given, expected: nonced })).find(({ id }) => id === "policy/different")?.message).toContain("on a 304; the policy sends none there");
		for (const other of [
			{ ...answer(304), expected: nonced },
			{ ...given, expected: nonced, page: [HTML, ["Content-Security-Policy", "script-src 'none'"]] as const },
		])
			expect(ids(other).filter((id) => id.startsWith("policy/"))).toEqual([]);
	});
});

describe("what a proxy adds to a response that has the application's policy", () => {
	const direct = seen(on("X-Content-Type-Options", "nosniff"));
	const behind = (name: string, value: string, more: Partial<Exchange> = {}): Given => ({
		fields: [...direct.fields, [name, value]],
		direct,
		...more,
	});

	test.each([
		["X-Frame-Options", "DENY", {}],
		["Cross-Origin-Opener-Policy", "same-origin", {}],
		["Content-Security-Policy", "default-src 'self'", { status: 304, direct: { ...direct, status: 304 } }],
		["Strict-Transport-Security", "max-age=1", { secure: false, direct: { ...direct, secure: false } }],
	] as const)("%s is said", (name, value, more) => {
		const finding = judge(site(behind(name, value, more))).find(({ id }) => id === "edge/parity");
		expect(finding?.message).toBe(`${name} is ${JSON.stringify(value)} at the proxy, but the application's policy omits it there. Let one of them decide.`);
	});

	test("nothing is said of what has no policy, of what the proxy owns, of HSTS over https, and of CORS", () => {
		for (const given of [
			behind("X-Frame-Options", "DENY", { direct: seen({ fields: [HTML] }) }),
			behind("X-Frame-Options", "DENY", { ownedByEdge: ["X-Frame-Options"] }),
			behind("Strict-Transport-Security", "max-age=1"),
			behind("Access-Control-Allow-Origin", "*"),
			behind("X-Own", "1"),
		])
			expect(ids(given)).not.toContain("edge/parity");
	});
});

test("nothing that a server sends may steer a terminal, and cookies keep their values", () => {
	const findings = judge([
		seen({
			fields: [
				HTML,
				["X-Frame-Options", "\u001b[31mred\u0007"],
				["Referrer-Policy", "\u202eabc"],
				["Server", "a/1.1\u009b2J"],
				["Set-Cookie", "sessionid=topsecret"],
				["Content-Security-Policy", "\u001b]0;x default-src *"],
			],
		}),
	]);
	expect(findings.length).toBeGreaterThan(5);
	expect(JSON.stringify(findings)).not.toMatch(/topsecret|[\u0000-\u001f\u007f-\u009f\u202e]/);
});

test("over http, a page is not told to send what browsers ignore there, unless they trust the host", () => {
	const opener = (url: string): boolean => ids({ fields: [HTML], url, secure: false }).includes("coop/missing");
	expect([opener("http://a.example/"), opener("http://10.0.0.5/")]).toEqual([false, false]);
	expect([opener("http://localhost:3000/"), opener("http://127.0.0.1/"), opener("http://[::1]/")]).toEqual([true, true, true]);
	const isolated = (url: string): boolean =>
		ids({ fields: [HTML], url, secure: false, body: "<script>new SharedArrayBuffer(1)</script>" }).includes("coep/missing");
	expect([isolated("http://a.example/"), isolated("http://localhost/")]).toEqual([false, true]);
});
