import { describe, expect, test } from "vitest";
import type { Code } from "../../../src/core/codes.ts";
import { csp } from "../../../src/csp/index.ts";
import { secureHeaders } from "../../../src/index.ts";
import { compile, compiledFrom } from "../../../src/policy/compile.ts";
import { createPolicy } from "../../../src/policy/create.ts";
import { blockFor } from "../../../src/response/wire.ts";
import { codesOf, headersOf, headerTable, issuesOf, type On, warningsOf } from "../../support/policy.ts";

const DEFAULT =
	"default-src 'self'; base-uri 'self'; font-src 'self' data:; form-action 'self'; frame-ancestors 'none'; img-src 'self' data:; object-src 'none'; script-src 'self' 'nonce-NONCE'; style-src 'self' 'nonce-NONCE'";

/** A policy of these directives alone. */
const only = (directives: object) => ({ contentSecurityPolicy: { useDefaults: false, directives } });
/** The same, long enough to have no other issue. */
const script = (...scriptSrc: unknown[]) => only({ scriptSrc });

headerTable(
	"Content-Security-Policy",
	[
		[{}, DEFAULT],
		[{ contentSecurityPolicy: true }, DEFAULT],
		[{ contentSecurityPolicy: {} }, DEFAULT],
		[{ contentSecurityPolicy: false }, undefined],
		[
			{ contentSecurityPolicy: { directives: { imgSrc: [csp.self, "https://img.example"] } } },
			DEFAULT.replace("img-src 'self' data:", "img-src 'self' https://img.example"),
		],
		[{ contentSecurityPolicy: { directives: { "img-src": ["https://img.example"] } } }, DEFAULT.replace("img-src 'self' data:", "img-src https://img.example")],
		[{ contentSecurityPolicy: { directives: { imgSrc: null, fontSrc: undefined } } }, DEFAULT.replace("img-src 'self' data:; ", "")],
		[
			{ contentSecurityPolicy: { directives: { connectSrc: "https://api.example" } } },
			DEFAULT.replace("font-src", "connect-src https://api.example; font-src"),
		],
		[only({ scriptSrc: [csp.nonce, csp.strictDynamic], defaultSrc: [csp.none] }), "default-src 'none'; script-src 'nonce-NONCE' 'strict-dynamic'"],
		[only({ imgSrc: new Set(["https:", "data:"]) }), "img-src https: data:"],
		[only({ imgSrc: ["https:", "https:"] }), "img-src https:"],
		[
			only({ scriptSrc: ["'SELF'", "'Strict-Dynamic'", "'SHA256-+KKfZkfJRmM9WmrXPSkAMFJhmPrEL5XSk3CyNs49hsk='"] }),
			"script-src 'self' 'strict-dynamic' 'sha256-+KKfZkfJRmM9WmrXPSkAMFJhmPrEL5XSk3CyNs49hsk='",
		],
		[only({ sandbox: [] }), "sandbox"],
		[only({ sandbox: ["allow-forms", "allow-scripts"] }), "sandbox allow-forms allow-scripts"],
		[
			only({ requireTrustedTypesFor: [csp.script], trustedTypes: ["app", csp.allowDuplicates] }),
			"require-trusted-types-for 'script'; trusted-types app 'allow-duplicates'",
		],
		[only({ sandbox: ["allow-same-site-none-cookies"] }), "sandbox allow-same-site-none-cookies"],
		[only({ trustedTypes: csp.none }), "trusted-types 'none'"],
		[only({ reportUri: "/r", imgSrc: csp.self }), "img-src 'self'; report-uri /r"],
		[only({ defaultSrc: [csp.self], upgradeInsecureRequests: true }), "default-src 'self'; upgrade-insecure-requests"],
		[only({ defaultSrc: [csp.self], upgradeInsecureRequests: true }), "default-src 'self'", { secure: false }],
		[only({ upgradeInsecureRequests: true }), undefined, { secure: false }],
		[{ ...only({ reportUri: ["/r"], reportTo: "a" }), reportingEndpoints: { a: "/r" } }, "report-to a; report-uri /r"],
		[{ ...only({ reportUri: ["/r"], reportTo: "a" }), reportingEndpoints: { a: "/r" } }, "report-uri /r", { secure: false }],
		[{ ...only({ defaultSrc: [csp.self], reportTo: "a" }), reportingEndpoints: { a: "/r" } }, "default-src 'self'; report-to a", { secure: false }],
	] satisfies readonly (readonly [unknown, string | undefined, On?])[],
	[
		[only({}), "csp/empty"],
		[{ contentSecurityPolicy: { useDefaults: false } }, "csp/empty"],
		[{ contentSecurityPolicy: { reportOnly: true } }, "option/alias"],
		[{ contentSecurityPolicy: { defaultSrc: [csp.self] } }, "option/alias"],
		[{ contentSecurityPolicy: { directive: {} } }, "option/unknown"],
		[{ contentSecurityPolicy: "default-src 'self'" }, "option/type"],
		[{ contentSecurityPolicy: [] }, "option/type"],
		[{ contentSecurityPolicy: new Map() }, "option/type"],
		[{ contentSecurityPolicy: null }, "option/type"],
		[{ contentSecurityPolicy: Promise.resolve({}) }, "option/async"],
		[{ contentSecurityPolicy: { useDefaults: "no" } }, "option/type"],
		[{ contentSecurityPolicy: { directives: [] } }, "option/type"],
		[only({ scriptSource: [csp.self] }), "csp/unknown-directive"],
		[only({ "Script-Src": [csp.self] }), "csp/unknown-directive"],
		[only({ "plugin-types": ["x"] }), "csp/obsolete-directive"],
		[only({ policyUri: "/policy" }), "csp/obsolete-directive"],
		[only({ blockAllMixedContent: true }), "csp/obsolete-directive"],
		[only({ webrtc: ["'block'"] }), "csp/obsolete-directive"],
		[only({ scriptSrc: [csp.self], "script-src": [csp.self] }), "csp/duplicate-directive"],
		[only({ scriptSrc: null, "script-src": [csp.self] }), "csp/duplicate-directive"],
		[only({ upgradeInsecureRequests: false }), "option/type"],
		[only({ upgradeInsecureRequests: [] }), "option/type"],
		[only({ imgSrc: [] }), "csp/empty-directive"],
		[only({ imgSrc: "" }), "csp/invalid-source"],
		[only({ imgSrc: [csp.self].values() }), "option/iterator"],
		[only({ imgSrc: { 0: csp.self } }), "option/type"],
		[only({ imgSrc: [null] }), "option/type"],
		[only({ imgSrc: [{ toString: () => "x" }] }), "option/type"],
		[only({ imgSrc: [csp.hash] }), "option/type"],
		[only({ imgSrc: [class Sources {}] }), "option/type"],
		[
			only({
				*imgSrc() {
					yield "https://a.example";
				},
			}),
			"option/type",
		],
		[only({ sandbox: [() => "allow-scripts"] }), "csp/invalid-token"],
		[only({ reportUri: () => "/r" }), "option/type"],
		[only({ imgSrc: [csp.none, () => "https://a.example"] }), "csp/none-not-alone"],
		[only({ imgSrc: [Promise.resolve("x")] }), "option/async"],
		[{ contentSecurityPolicy: { also: { imgSrc: [csp.self] } } }, "option/type"],
		[{ contentSecurityPolicy: { also: [{}] } }, "csp/empty"],
		[{ contentSecurityPolicy: { also: [{ imgSrc: ["self"] }] } }, "csp/unquoted-keyword"],
		[{ contentSecurityPolicy: { also: [{ imgSrc: [() => "https://a.example"] }] } }, "option/type"],
		[{ contentSecurityPolicy: { also: [{ reportTo: "gone", imgSrc: [csp.self] }] } }, "report/endpoint-undefined"],
		[{ contentSecurityPolicyReportOnly: { also: [{ sandbox: [] }] } }, "csp/report-only-ignored"],
		[only({ imgSrc: [csp.none, csp.self] }), "csp/none-not-alone"],
		[only({ sandbox: ["allow-everything"] }), "csp/invalid-token"],
		[only({ requireTrustedTypesFor: ["script"] }), "csp/unquoted-keyword"],
		[only({ requireTrustedTypesFor: [] }), "csp/empty-directive"],
		[only({ trustedTypes: [] }), "csp/empty-directive"],
		[only({ trustedTypes: ["none"] }), "csp/unquoted-keyword"],
		[only({ trustedTypes: ["a b"] }), "csp/invalid-token"],
		[only({ trustedTypes: [csp.none, "app"] }), "csp/none-not-alone"],
		[only({ reportUri: [] }), "csp/empty-directive"],
		[only({ reportUri: ["/r;x"] }), "csp/separator"],
		[only({ reportUri: ["/r\r\nSet-Cookie: x"] }), "report/url"],
		[only({ reportUri: ["data:,x"] }), "report/url"],
		[only({ reportTo: "A" }), "report/name"],
		[only({ reportTo: ["a", "b"] }), "option/type"],
		[only({ reportTo: "a", imgSrc: [csp.self] }), "report/endpoint-undefined"],
		[JSON.parse('{"contentSecurityPolicy":{"directives":{"__proto__":["x"]}}}'), "csp/unknown-directive"],
		[only({ constructor: [csp.self] }), "csp/unknown-directive"],
		[only({ frameAncestors: [csp.nonce] }), "csp/keyword-no-effect"],
		[only({ frameAncestors: [csp.unsafeInline] }), "csp/keyword-no-effect"],
		[only({ imgSrc: [csp.strictDynamic, csp.nonce] }), "csp/keyword-no-effect", "csp/keyword-no-effect"],
		[only({ scriptSrcAttr: [csp.nonce] }), "csp/keyword-no-effect"],
		[only({ scriptSrcElem: [csp.unsafeEval] }), "csp/keyword-no-effect"],
		[only({ imgSrc: [csp.hash("sha256", "x")] }), "csp/keyword-no-effect"],
		[only({ styleSrcAttr: [csp.hash("sha256", "x")] }), "csp/keyword-no-effect"],
		[{ imgSrc: [csp.self] }, "option/alias"],
		[{ contentSecurityPolicy: { directives: Promise.resolve({}) } }, "option/async"],
		[{ contentSecurityPolicy: { directives: (function* () {})() } }, "option/type"],
		[{ contentSecurityPolicy: { directives: new Headers() } }, "option/type"],
		[only({ scriptSrc: [csp.script] }), "csp/keyword-no-effect"],
	],
);

describe("a source is refused with the reason", () => {
	test.each<[unknown, Code, string]>([
		["self", "csp/unquoted-keyword", `received "self", which browsers read as a host name. Write "'self'" with single quotes, or csp.self.`],
		["NONE", "csp/unquoted-keyword", `received "NONE", which browsers read as a host name. Write "'none'" with single quotes, or csp.none.`],
		["unsafe-inline", "csp/unquoted-keyword", "csp.unsafeInline"],
		["nonce-abc", "csp/unquoted-keyword", `received "nonce-abc", which browsers read as a host name. Write csp.nonce.`],
		["sha256-abc", "csp/unquoted-keyword", `"'sha256-abc'" with single quotes`],
		["'self", "csp/wrong-quotes", "Write csp.self."],
		["self'", "csp/wrong-quotes", "Write csp.self."],
		['"self"', "csp/wrong-quotes", "Write csp.self."],
		["‘self’", "csp/wrong-quotes", "Write csp.self."],
		["`self`", "csp/wrong-quotes", "Write csp.self."],
		["“https://a.example”", "csp/wrong-quotes", "or the host without quotes"],
		["'sefl'", "csp/invalid-keyword", `Did you mean "'self'"?`],
		["'https://a.example'", "csp/invalid-keyword", "Write hosts and schemes without quotes."],
		["'wasm-eval'", "csp/invalid-keyword", "Write csp.wasmUnsafeEval."],
		["nonce", "csp/unquoted-keyword", "Write csp.nonce."],
		["'nonce'", "csp/invalid-keyword", "Write csp.nonce."],
		["unsafe-inlin", "csp/unquoted-keyword", "Write \"'unsafe-inline'\" with single quotes, or csp.unsafeInline."],
		[" 'self'", "csp/whitespace", `Write "'self'".`],
		["https//cdn.example/x", "csp/scheme-without-colon", `which browsers read as the host "https"`],
		["localhost:", "csp/invalid-source", "which browsers read as a scheme"],
		["javascript:", "csp/invalid-source", "no source allows javascript: URLs"],
		["cdn.example:99999", "csp/invalid-source", "the largest port is 65535"],
		[`'sha256-${"a".repeat(43)}=='`, "csp/hash-length", "43"],
		["'nonce-abc def'", "csp/whitespace", ""],
		["https://a.example\r\n https://b.example", "csp/whitespace", 'Write one source per array element: ["https://a.example","https://b.example"].'],
		["'nonce-!'", "csp/invalid-keyword", "Write csp.nonce."],
		["'nonce-abc'", "nonce/literal", "Write csp.nonce."],
		["'sha256-abc'", "csp/hash-length", "a sha256 digest has 43 base64 characters without =, and this one has 3"],
		[`'sha384-${"a".repeat(43)}'`, "csp/hash-length", "64"],
		[`'sha512-${"a".repeat(64)}'`, "csp/hash-length", "86"],
		["https://a.example; script-src *", "csp/separator", "ends the directive"],
		["https://a.example,*", "csp/separator", "ends the policy"],
		["https://a.example 'unsafe-inline'", "csp/whitespace", `Write one source per array element: ["https://a.example","'unsafe-inline'"].`],
		["a\tb", "csp/whitespace", `["a","b"]`],
		["https://a.example\n", "csp/non-ascii", ""],
		["https://a\u0000b", "csp/non-ascii", ""],
		["https://a\u007f", "csp/non-ascii", ""],
		["https://ü.example", "csp/non-ascii", `Write the Punycode form: "https://xn--tda.example".`],
		["https://a.example/ü", "csp/non-ascii", "percent-encoding in a path"],
		["https", "csp/scheme-without-colon", `Write "https:" with a colon.`],
		["DATA", "csp/scheme-without-colon", `Write "data:" with a colon.`],
		["https://", "csp/invalid-source", ""],
		["https://a.*.example", "csp/invalid-source", ""],
		["a..example", "csp/invalid-source", ""],
		["https://a.example:port", "csp/invalid-source", ""],
		["//a.example", "csp/invalid-source", ""],
		["/path", "csp/invalid-source", ""],
		["https://user@a.example", "csp/invalid-source", ""],
	])("%j", (source, code, message) => {
		const [issue, ...others] = issuesOf(script(source));
		expect(others).toEqual([]);
		expect(issue?.code).toBe(code);
		expect(issue?.path).toBe("contentSecurityPolicy.directives.scriptSrc[0]");
		expect(issue?.message).toContain(message);
	});

	test.each([
		"https://a.example",
		"a.example",
		"*.a.example",
		"*",
		"localhost",
		"https://a.example:*",
		"https://a.example:8443/x/",
		"wss://a.example",
		"blob:",
		"custom+scheme:",
		"org.example.ios:",
		"com.example.app:",
		"de.example.app:",
		"msauth.com.example.app:",
		"a_b.example",
		"127.0.0.1",
		"xn--tda.example",
		"a.example.",
	])("%j is legal", (source) => {
		expect(headersOf(only({ connectSrc: [source] }))["Content-Security-Policy"]).toBe(`connect-src ${source}`);
	});

	test("a function may give what the rest of the list needs", () => {
		const gives = () => "'nonce-abcdefghijklmnopqrstuv'";
		expect(codesOf(script(csp.strictDynamic, gives))).toEqual([]);
		expect(codesOf({ contentSecurityPolicy: { directives: { scriptSrcAttr: [csp.hash("sha256", "x"), gives] } } })).toEqual([]);
		expect(codesOf({ contentSecurityPolicy: { directives: { scriptSrcAttr: [csp.hash("sha256", "x")] } } })).toEqual(["csp/keyword-no-effect"]);
		expect(warningsOf({ contentSecurityPolicy: { directives: { styleSrc: [csp.self, gives] } } })).toEqual([]);
	});

	test("'strict-dynamic' needs a nonce or a hash beside it", () => {
		expect(codesOf(script(csp.strictDynamic, csp.self))).toEqual(["csp/strict-dynamic-alone"]);
		expect(codesOf(script(csp.strictDynamic, csp.nonce))).toEqual([]);
		expect(codesOf(script(csp.strictDynamic, csp.hash("sha512", "x")))).toEqual([]);
	});

	test("64 KiB of text and thousands of sources are read in linear time, and refused for their size", () => {
		expect(codesOf(script(`https://${"a".repeat(65_536)}.example`))).toEqual(["header/too-large"]);
		expect(codesOf(script("(".repeat(65_536)))).toEqual(["csp/invalid-source"]);
		expect(codesOf(script("a-".repeat(32_768)))).toEqual(["header/too-large"]);
		const hosts = (count: number) => Array.from({ length: count }, (_, i) => `https://host${i}.example`);
		expect(codesOf(script(...hosts(5000)))).toEqual(["header/too-large"]);
		expect(codesOf(script(...hosts(300)))).toEqual([]);
	});

	test("sizes at which proxies answer 502 are warned of", () => {
		const hosts = (count: number) => ({
			contentSecurityPolicy: { directives: { imgSrc: Array.from({ length: count }, (_, i) => `https://host${i}.example`) } },
		});
		expect(warningsOf(hosts(70))).toEqual([]);
		expect(warningsOf(hosts(120))).toEqual([" header/too-large"]);
		expect(warningsOf(hosts(400))).toEqual(["contentSecurityPolicy header/too-large", " header/too-large"]);
	});
});

describe("report-only", () => {
	const RO = "Content-Security-Policy-Report-Only";
	const reportOnly = (directives: object) => ({ contentSecurityPolicyReportOnly: { directives } });

	test("stands beside the enforced policy, from the same defaults", () => {
		const headers = headersOf(reportOnly({ styleSrc: [csp.self], reportUri: ["/r"] }));
		expect(headers["Content-Security-Policy"]).toBe(DEFAULT);
		expect(headers[RO]).toBe(DEFAULT.replace("; style-src 'self' 'nonce-NONCE'", "; style-src 'self'").replace("; script-src", "; report-uri /r; script-src"));
	});

	test("refuses what browsers ignore there", () => {
		expect(codesOf(reportOnly({ sandbox: ["allow-scripts"], upgradeInsecureRequests: true }))).toEqual(["csp/report-only-ignored", "csp/report-only-ignored"]);
		expect(codesOf({ contentSecurityPolicy: { directives: { sandbox: ["allow-scripts"], upgradeInsecureRequests: true } } })).toEqual([]);
	});

	test("without an endpoint is warned of", () => {
		expect(warningsOf({ contentSecurityPolicyReportOnly: true })).toEqual(["contentSecurityPolicyReportOnly report/none"]);
		expect(warningsOf(reportOnly({ reportUri: "/r" }))).toEqual([]);
	});
});

describe("what is legal and weak is a warning", () => {
	const at = "contentSecurityPolicy.directives.";
	test.each<[object, string]>([
		[{ scriptSrc: [csp.unsafeInline] }, "scriptSrc csp/script-unsafe-inline"],
		[{ scriptSrcAttr: [csp.unsafeInline] }, "scriptSrc csp/script-unsafe-inline"],
		[{ scriptSrc: [csp.self, csp.unsafeEval] }, "scriptSrc csp/script-unsafe-eval"],
		[{ scriptSrc: [csp.self, csp.trustedTypesEval] }, "scriptSrc csp/trusted-types-eval"],
		[{ scriptSrc: ["*"] }, "scriptSrc csp/script-wildcard"],
		[{ scriptSrc: ["data:"] }, "scriptSrc csp/script-wildcard"],
		[{ scriptSrc: ["https:"] }, "scriptSrc csp/script-wildcard"],
		[{ scriptSrc: ["https://*"] }, "scriptSrc csp/script-wildcard"],
		[{ objectSrc: ["*"] }, "objectSrc csp/object-wildcard"],
		[{ imgSrc: ["*"] }, "imgSrc csp/other-wildcard"],
		[{ imgSrc: ["https://*:8080"] }, "imgSrc csp/other-wildcard"],
		[{ baseUri: ["*"] }, "baseUri csp/base-uri-wildcard"],
		[{ formAction: ["https:"] }, "formAction csp/form-action-wildcard"],
		[{ frameAncestors: ["*"] }, "frameAncestors csp/frame-ancestors-wildcard"],
		[{ defaultSrc: ["*"] }, "defaultSrc csp/other-wildcard"],
		[{ defaultSrc: ["https:"] }, "defaultSrc csp/other-wildcard"],
		[{ styleSrc: ["*"] }, "styleSrc csp/other-wildcard"],
		[{ styleSrcElem: ["https://*"] }, "styleSrcElem csp/other-wildcard"],
		[{ formAction: ["cdn.example:"] }, "formAction[0] csp/scheme-like-host"],
		[{ formAction: ["shop.de:"] }, "formAction[0] csp/scheme-like-host"],
		[{ imgSrc: ["https://cdn.example/npm/*"] }, "imgSrc[0] csp/never-matches"],
		[{ imgSrc: ["cdn.example/*.png"] }, "imgSrc[0] csp/never-matches"],
		[{ imgSrc: ["https://cdn.example/a/../b/"] }, "imgSrc[0] csp/never-matches"],
		[{ imgSrc: ["https://cdn.example/."] }, "imgSrc[0] csp/never-matches"],
		[{ formAction: ["cursor://x/y"] }, "formAction[0] csp/never-matches"],
		[{ connectSrc: ["ftp://files.example"] }, "connectSrc[0] csp/never-matches"],
		[{ frameAncestors: ["https://partner.example/app/"] }, "frameAncestors[0] csp/never-matches"],
		[{ imgSrc: ["wss://live.example"] }, "imgSrc[0] csp/never-matches"],
		[{ defaultSrc: [csp.self, "wss://live.example"], connectSrc: [csp.self] }, "defaultSrc[1] csp/never-matches"],
		[{ frameAncestors: [csp.self, "data:"] }, "frameAncestors[1] csp/never-matches"],
		[{ frameAncestors: [csp.self, "blob:"] }, "frameAncestors[1] csp/never-matches"],
		[{ baseUri: ["data:"] }, "baseUri[0] csp/never-matches"],
		[{ scriptSrcAttr: ["https://cdn.example", csp.unsafeHashes, csp.hash("sha256", "x")] }, "scriptSrcAttr[0] csp/never-matches"],
		[{ styleSrcAttr: [csp.unsafeInline, "https:"] }, "styleSrcAttr[1] csp/never-matches"],
		[{ styleSrcAttr: ["*"] }, "styleSrcAttr[0] csp/never-matches"],
		[{ scriptSrcAttr: [csp.self] }, "scriptSrcAttr[0] csp/keyword-no-effect"],
		[{ styleSrcElem: [csp.self, csp.unsafeHashes, csp.hash("sha256", "x")] }, "styleSrcElem[1] csp/keyword-no-effect"],
		[{ styleSrc: [csp.self, csp.unsafeHashes, csp.hash("sha256", "x")], styleSrcAttr: [csp.unsafeInline] }, "styleSrc[1] csp/keyword-no-effect"],
		[{ scriptSrc: [csp.self, csp.reportSha256] }, "scriptSrc[1] csp/keyword-no-effect"],
		[{ scriptSrc: [csp.self, csp.hash("sha256", "x"), csp.unsafeInline] }, "scriptSrc[2] csp/keyword-no-effect"],
		[{ styleSrc: [csp.self, csp.hash("sha256", "x"), csp.unsafeInline] }, "styleSrc[2] csp/keyword-no-effect"],
		[{ scriptSrc: [csp.self, csp.hash("sha256", "x"), csp.inlineSpeculationRules] }, "scriptSrc[2] csp/keyword-no-effect"],
		[{ styleSrc: [csp.self, csp.unsafeHashes] }, "styleSrc[1] csp/keyword-no-effect"],
		[{ scriptSrc: [csp.self, csp.hash("sha256", "x")], scriptSrcElem: [csp.self], scriptSrcAttr: [csp.none] }, "scriptSrc[1] csp/keyword-no-effect"],
		[{ defaultSrc: [csp.self, csp.unsafeEval] }, "defaultSrc[1] csp/keyword-no-effect"],
		[{ imgSrc: ["http://a.example"] }, "imgSrc[0] csp/http-source"],
		[{ imgSrc: ["localhost:3000"] }, "imgSrc[0] csp/local-or-ip-source"],
		[{ imgSrc: ["10.0.0.1"] }, "imgSrc[0] csp/local-or-ip-source"],
		[{ imgSrc: ["[::1]"] }, "imgSrc[0] csp/local-or-ip-source"],
		[{ imgSrc: ["a_b.example"] }, "imgSrc[0] csp/underscore-host"],
		[{ imgSrc: ["https://a.example/x?y"] }, "imgSrc[0] csp/query-in-source"],
		[{ reportUri: ["http://r.example/"] }, "reportUri[0] report/endpoint-insecure"],
		[{ sandbox: ["allow-scripts", "allow-same-origin"] }, "sandbox csp/sandbox-escape"],
		[{ baseUri: null }, "baseUri csp/no-base-uri"],
		[{ formAction: null }, "formAction csp/no-form-action"],
		[{ frameAncestors: null }, "frameAncestors csp/no-frame-ancestors"],
		[{ objectSrc: null, defaultSrc: null }, "objectSrc csp/no-object-src"],
		[{ scriptSrc: null, defaultSrc: null }, "scriptSrc csp/no-script-src"],
		[{ scriptSrc: [csp.nonce] }, "styleSrc nonce/one-sided"],
		[{ styleSrc: [csp.nonce] }, "scriptSrc nonce/one-sided"],
	])("%j", (directives, warning) => {
		// No nonce on either side, so that replacing one list does not leave the other alone.
		expect(warningsOf({ contentSecurityPolicy: { directives: { scriptSrc: [csp.self], styleSrc: [csp.self], ...directives } }, xFrameOptions: false })).toEqual(
			[at + warning],
		);
	});

	test("any host with a port, without a scheme", () => {
		expect(warningsOf({ contentSecurityPolicy: { directives: { imgSrc: ["*:443"] } } })).toEqual([
			`${at}imgSrc[0] csp/any-host-port`,
			`${at}imgSrc csp/other-wildcard`,
		]);
	});

	test.each<[object]>([
		[{}],
		[{ scriptSrc: [csp.nonce, csp.strictDynamic, "https:", csp.unsafeInline] }],
		[{ scriptSrc: [csp.nonce, csp.wasmUnsafeEval] }],
		[{ imgSrc: ["*.cdn.example", "https://cdn.example/npm/", "https://a.example/%2A", "https://a.example/.well-known/", "https://a.example/..x"] }],
		[{ connectSrc: ["wss://live.example"] }],
		[{ defaultSrc: [csp.self, "wss://live.example"] }],
		[{ defaultSrc: [csp.self, "wss://live.example"], connectSrc: ["wss://live.example"] }],
		[{ frameAncestors: [csp.self, "app:"], imgSrc: ["data:", "blob:"] }],
		[{ frameAncestors: ["https://partner.example", "https://partner.example/", "chrome-extension://abcdefghijklmnop"] }],
		[{ scriptSrc: [csp.self, csp.nonce], scriptSrcElem: [csp.self, csp.nonce, "https://a.example"] }],
		[{ scriptSrc: [csp.self, csp.reportSha256, csp.nonce], reportTo: "csp", reportUri: "/r" }],
		[{ scriptSrc: [csp.self, csp.inlineSpeculationRules], styleSrc: [csp.self] }],
		[{ styleSrcAttr: [csp.hash("sha256", "x"), csp.unsafeHashes] }],
		[{ scriptSrcAttr: [csp.none], scriptSrcElem: [csp.self, csp.nonce, "https://cdn.example", csp.unsafeHashes, csp.hash("sha256", "x")] }],
		[{ sandbox: ["allow-scripts"] }],
		[{ objectSrc: null }],
	])("%j has none", (directives) => {
		expect(warningsOf({ contentSecurityPolicy: { directives }, reportingEndpoints: { csp: "/r" } })).toEqual([]);
	});

	test("an addition copies from its fallback only what acts in it, and so warns of nothing", () => {
		const directives = { scriptSrc: [csp.self, "https://cdn.example"], styleSrc: [csp.self, "https://a.example", csp.unsafeHashes, csp.hash("sha256", "x")] };
		const headers = secureHeaders({ contentSecurityPolicy: { directives } });
		const attributes = {
			scriptSrcAttr: [csp.unsafeHashes, csp.hash("sha256", "y")],
			styleSrcElem: ["https://css.example"],
			styleSrcAttr: [csp.hash("sha256", "z")],
		};
		const extended = headers.extend({ contentSecurityPolicy: { directives: attributes } });
		expect(extended.policy.warnings.map(({ code }) => code)).toEqual(headers.policy.warnings.map(({ code }) => code));
		const text = compiledFrom(extended).blocks[3]?.headers[0]?.text ?? "";
		expect(text.split("; ").filter((part) => /-(?:attr|elem) /.test(part))).toEqual([
			`script-src-attr ${csp.hash("sha256", "y")} 'unsafe-hashes'`,
			`style-src-attr ${[csp.hash("sha256", "x"), csp.hash("sha256", "z")].sort().join(" ")} 'unsafe-hashes'`,
			`style-src-elem 'self' ${csp.hash("sha256", "x")} https://a.example https://css.example`,
		]);
	});

	test("a slot that no element can match is named with the list that governs them", () => {
		expect(warningsOf({ contentSecurityPolicy: { directives: { scriptSrc: [csp.self, csp.nonce], scriptSrcElem: [csp.self] } } })).toEqual([
			`${at}scriptSrcElem nonce/one-sided`,
			`${at}scriptSrc[1] csp/keyword-no-effect`,
		]);
	});

	test("inline code that runs anyway is not called blocked", () => {
		expect(warningsOf({ contentSecurityPolicy: { directives: { scriptSrc: [csp.self, csp.unsafeInline] } } })).toEqual([
			`${at}scriptSrc csp/script-unsafe-inline`,
		]);
	});

	test("what nothing can match is found in further policies as well", () => {
		expect(warningsOf({ contentSecurityPolicy: { also: [{ frameAncestors: ["https://partner.example/app"] }] }, xFrameOptions: false })).toEqual([
			"contentSecurityPolicy.also[0].frameAncestors[0] csp/never-matches",
		]);
	});

	test("a keyword that only the nonce switched off is gone where no nonce was read", () => {
		const compiled = compile(
			createPolicy({ contentSecurityPolicy: { useDefaults: false, directives: { scriptSrc: [csp.nonce, csp.inlineSpeculationRules] } } }),
		);
		const [header] = blockFor(compiled, true, true).headers;
		expect(header?.nonced?.join("NONCE")).toBe("script-src 'nonce-NONCE' 'inline-speculation-rules'");
		expect(header?.text).toBe("script-src 'none'");
	});
});
