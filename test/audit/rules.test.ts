import { describe, expect, test } from "vitest";
import type { Probe, Seen } from "../../src/audit/rule.ts";
import { judge, RULES } from "../../src/audit/rules.ts";

type Fields = readonly (readonly [string, string])[];

interface Given {
	readonly fields?: Fields;
	readonly probe?: Probe;
	readonly status?: number;
	readonly body?: string;
	readonly secure?: boolean;
	/** The page beside it, for what several responses show. */
	readonly page?: Fields;
}

const HTML = ["Content-Type", "text/html; charset=utf-8"] as const;
const seen = ({ fields = [], probe = "page", status = 200, body = "", secure = true }: Given): Seen => ({
	probe,
	method: "GET",
	url: "https://a.example/",
	status,
	fields,
	body,
	secure,
});
const site = (given: Given): Seen[] => [...(given.page === undefined ? [] : [seen({ fields: given.page })]), seen(given)];
const ids = (given: Given): string[] => judge(site(given)).map(({ id }) => id);

const csp = (text: string): Given => ({ fields: [HTML, ["Content-Security-Policy", text]] });
const on = (name: string, ...values: string[]): Given => ({ fields: [HTML, ...values.map((value) => [name, value] as const)] });
const hsts = (...values: string[]): Given => on("Strict-Transport-Security", ...values);
const cookie = (value: string): Given => on("Set-Cookie", value);
const html = (body: string, ...fields: Fields): Given => ({ fields: [HTML, ...fields], body });

const NONCE = "'nonce-c2FtcGxlLW9mLTE2LWJ5dGVz'";
const FOREIGN = "https://headguard-audit.example";
const GOOD = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

/** Rule → what it finds, and what it must not find beside it. */
const CASES: Readonly<Record<string, readonly [fires: Given, quiet: Given]>> = {
	"csp/missing": [on("X-Own", "1"), csp(GOOD)],
	"csp/report-only-only": [on("Content-Security-Policy-Report-Only", GOOD), csp(GOOD)],
	"csp/empty": [csp(" ; "), csp(GOOD)],
	"csp/duplicate-directive": [csp(`${GOOD}; object-src 'self'`), csp(GOOD)],
	"csp/non-ascii": [{ fields: [HTML, ["Content-Security-Policy", "default-src 'self'; img-src https://ä.example"]] }, csp(GOOD)],
	"csp/missing-semicolon": [csp("default-src 'self' img-src *"), csp(GOOD)],
	"csp/unknown-directive": [csp(`${GOOD}; script-source 'self'`), csp(`${GOOD}; fenced-frame-src 'self'`)],
	"csp/obsolete-directive": [csp(`${GOOD}; block-all-mixed-content`), csp(GOOD)],
	"csp/unquoted-keyword": [csp("default-src self"), csp(GOOD)],
	"csp/wrong-quotes": [csp("default-src 'self"), csp(GOOD)],
	"csp/invalid-keyword": [csp("default-src 'slef'"), csp("default-src 'self'; script-src 'wasm-unsafe-eval'")],
	"csp/keyword-no-effect": [csp("img-src 'unsafe-eval'"), csp(GOOD)],
	"csp/none-not-alone": [csp("img-src 'none' 'self'"), csp(GOOD)],
	"csp/invalid-source": [csp("img-src https://*.*.example/"), csp("img-src https://*.a.example")],
	"csp/scheme-without-colon": [csp("img-src https"), csp("img-src https:")],
	"csp/invalid-token": [csp("sandbox allow-everything"), csp("sandbox allow-scripts")],
	"csp/hash-length": [csp("script-src 'sha256-abcd'"), csp("script-src 'sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ='")],
	"csp/strict-dynamic-alone": [csp("script-src 'strict-dynamic'"), csp(`script-src 'strict-dynamic' ${NONCE}`)],
	"csp/script-unsafe-inline": [csp("script-src 'unsafe-inline'"), csp(`script-src 'unsafe-inline' ${NONCE}`)],
	"csp/script-unsafe-eval": [csp("script-src 'unsafe-eval'"), csp("script-src 'wasm-unsafe-eval'")],
	"csp/script-wildcard": [csp("script-src https:"), csp(`script-src https: 'strict-dynamic' ${NONCE}`)],
	"csp/trusted-types-eval": [csp("script-src 'trusted-types-eval'"), csp(GOOD)],
	"csp/object-wildcard": [csp("object-src *"), csp(GOOD)],
	"csp/base-uri-wildcard": [csp("base-uri *"), csp(GOOD)],
	"csp/form-action-wildcard": [csp("form-action *"), csp(GOOD)],
	"csp/frame-ancestors-wildcard": [csp("frame-ancestors *"), csp(GOOD)],
	"csp/http-source": [csp("script-src http://a.example"), csp("script-src https://a.example")],
	"csp/local-or-ip-source": [csp("connect-src ws://localhost:3000"), csp("connect-src wss://a.example")],
	"csp/no-script-src": [csp("img-src 'self'"), csp(GOOD)],
	"csp/no-object-src": [csp("img-src 'self'"), csp(GOOD)],
	"csp/no-form-action": [csp("default-src 'self'"), csp(GOOD)],
	"csp/no-frame-ancestors": [csp("default-src 'self'"), csp(GOOD)],
	"csp/sandbox-escape": [csp("sandbox allow-scripts allow-same-origin"), csp("sandbox allow-scripts")],
	"csp/other-wildcard": [csp("img-src *"), csp("img-src https:")],
	"csp/no-base-uri": [csp("default-src 'self'"), csp(GOOD)],
	"csp/no-base-uri-with-nonce": [csp(`script-src ${NONCE}`), csp(`script-src ${NONCE}; base-uri 'none'`)],
	"csp/script-allowlist": [csp("script-src https://cdn.example"), csp(`script-src https://cdn.example 'strict-dynamic' ${NONCE}`)],
	"csp/style-unsafe-inline": [csp("style-src 'unsafe-inline'"), csp(`style-src 'unsafe-inline' ${NONCE}`)],
	"csp/no-trusted-types": [csp(GOOD), csp("default-src 'none'")],
	"csp/legacy-header": [on("X-WebKit-CSP", GOOD), csp(GOOD)],
	"dup/different": [on("X-Frame-Options", "DENY", "SAMEORIGIN"), on("X-Frame-Options", "DENY", "DENY")],
	"dup/identical": [on("X-Frame-Options", "DENY", "DENY"), on("X-Frame-Options", "DENY")],
	"nonce/reused": [
		{ ...csp(`script-src ${NONCE}`), probe: "again", page: csp(`script-src ${NONCE}`).fields ?? [] },
		{ ...csp(`script-src ${NONCE}`), probe: "again", page: csp("script-src 'nonce-b3RoZXItb2YtMTYtYnl0ZXMu'").fields ?? [] },
	],
	"nonce/short": [csp("script-src 'nonce-abc'"), csp(`script-src ${NONCE}`)],
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
		html("<script nonce=x>", ["Content-Security-Policy", `script-src ${NONCE}`]),
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
		{ fields: [["Access-Control-Allow-Origin", "https://a.example"]] },
		{
			fields: [
				["Access-Control-Allow-Origin", "https://a.example"],
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
	"hsts/over-http": [{ ...hsts("max-age=31536000"), secure: false }, hsts("max-age=31536000")],
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
	"frame/unprotected": [on("X-Own", "1"), csp(GOOD)],
	"frame/conflict": [
		{ fields: [HTML, ["X-Frame-Options", "SAMEORIGIN"], ["Content-Security-Policy", GOOD]] },
		{ fields: [HTML, ["X-Frame-Options", "deny"], ["Content-Security-Policy", GOOD]] },
	],
	"xfo/allow-from": [on("X-Frame-Options", "ALLOW-FROM https://a.example"), on("X-Frame-Options", "DENY")],
	"xfo/invalid": [on("X-Frame-Options", "ALLOWALL"), on("X-Frame-Options", "SameOrigin")],
	"xcto/missing": [on("X-Own", "1"), on("X-Content-Type-Options", "nosniff")],
	"xcto/invalid": [on("X-Content-Type-Options", "sniff, nosniff"), on("X-Content-Type-Options", "NoSniff")],
	"type/missing": [{ body: "x" }, { body: "" }],
	"type/no-charset": [
		{ fields: [["Content-Type", "text/html"]], body: "<p>" },
		{ fields: [["Content-Type", "text/html"]], body: "<meta charset=utf-8>" },
	],
	"type/json-as-html": [html('{"a": "<b>"}'), html("{ not data }")],
	"referrer/missing": [on("X-Own", "1"), on("Referrer-Policy", "no-referrer")],
	"referrer/invalid": [on("Referrer-Policy", "never"), on("Referrer-Policy", "never, no-referrer")],
	"referrer/unsafe": [on("Referrer-Policy", "no-referrer, unsafe-url"), on("Referrer-Policy", "unsafe-url, no-referrer")],
	"coop/missing": [on("X-Own", "1"), on("Cross-Origin-Opener-Policy", "same-origin")],
	"coop/invalid": [on("Cross-Origin-Opener-Policy", "same-origin", "same-origin"), on("Cross-Origin-Opener-Policy", 'same-origin; report-to="x"')],
	"coop/unsafe-none": [on("Cross-Origin-Opener-Policy", "unsafe-none"), on("Cross-Origin-Opener-Policy", "same-origin")],
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
	"corp/missing": [on("X-Own", "1"), on("Cross-Origin-Resource-Policy", "same-origin")],
	"corp/invalid": [on("Cross-Origin-Resource-Policy", "same-origin, same-origin"), on("Cross-Origin-Resource-Policy", "same-site")],
	"oac/invalid": [on("Origin-Agent-Cluster", "true"), on("Origin-Agent-Cluster", "?1")],
	"leak/powered-by": [on("X-Powered-By", "Express"), on("X-Own", "1")],
	"leak/server-version": [on("Server", "nginx/1.22.1"), on("Server", "nginx")],
	"leak/debug": [on("X-Debug-Token", "1"), on("X-Own", "1")],
	"obsolete/xxp": [on("X-XSS-Protection", "1; mode=block"), on("X-XSS-Protection", "0")],
	"obsolete/expect-ct": [on("Expect-CT", "max-age=1"), on("X-Own", "1")],
	"obsolete/hpkp": [on("Public-Key-Pins", "x"), on("X-Own", "1")],
	"feature-policy/present": [on("Feature-Policy", "camera 'none'"), on("Permissions-Policy", "camera=()")],
	"permissions/missing": [on("X-Own", "1"), on("Permissions-Policy", "camera=()")],
	"permissions/old-syntax": [on("Permissions-Policy", "camera 'none'"), on("Permissions-Policy", 'camera=(self "https://a.example")')],
	"permissions/unparsable": [on("Permissions-Policy", "camera=none;"), on("Permissions-Policy", 'camera=*, usb=self, hid=("https://a.example, b")')],
	"permissions/unknown-feature": [on("Permissions-Policy", "kamera=()"), on("Permissions-Policy", "camera=()")],
	"permissions/duplicate": [on("Permissions-Policy", "camera=(), camera=*"), on("Permissions-Policy", "camera=(), usb=()")],
	"permissions/sensitive-wildcard": [on("Permissions-Policy", "camera=(*)"), on("Permissions-Policy", "autoplay=*")],
	"cookie/no-secure": [cookie("a=1"), cookie("a=1; secure")],
	"cookie/session-no-httponly": [cookie("sessionid=1"), cookie("sessionid=1; HttpOnly")],
	"cookie/no-samesite": [cookie("a=1"), cookie("a=1; SameSite=Lax")],
	"cookie/samesite-invalid": [cookie("a=1; SameSite=Loose"), cookie("a=1; samesite=strict")],
	"cookie/samesite-none-insecure": [cookie("a=1; SameSite=None"), cookie("a=1; SameSite=None; Secure")],
	"cookie/prefix-broken": [cookie("__Host-a=1; Secure; Path=/x"), cookie("__Host-a=1; Secure; Path=/")],
};

test("every rule has its case, and every case its rule, in this order", () => {
	expect(RULES.map(({ id }) => id)).toEqual(Object.keys(CASES));
});

describe.each(Object.entries(CASES))("%s", (id, [fires, quiet]) => {
	test("is found, with a message that ends in a sentence", () => {
		const finding = judge(site(fires)).find((one) => one.id === id);
		expect(finding?.message).toMatch(/[.?]$/);
		expect(finding?.severity).toBe(RULES.find((rule) => rule.id === id)?.severity);
	});

	test("is not found where it does not apply", () => {
		expect(ids(quiet)).not.toContain(id);
	});
});

test("rules have a summary and a link", () => {
	for (const { id, summary, link } of RULES) {
		expect(id).toMatch(/^[a-z-]+\/[a-z0-9-]+$/);
		expect(summary).toMatch(/\.$/);
		expect(URL.canParse(link)).toBe(true);
	}
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
