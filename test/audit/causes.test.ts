import { describe, expect, test } from "vitest";
import { CAUSES } from "../../src/audit/causes.ts";
import { isChanging, namesNoVersion } from "../../src/audit/changing-files.ts";
import { exchangeFrom } from "../../src/audit/from-policy.ts";
import { gradeOf } from "../../src/audit/grade.ts";
import { judge, RULES } from "../../src/audit/judge.ts";
import type { Exchange, Fields, Finding } from "../../src/audit/types.ts";
import { csp, type SecureHeadersOptions, secureHeaders } from "../../src/index.ts";
import { compiledFrom } from "../../src/policy/compile.ts";

const NONCE = "c2FtcGxlLW9mLTE2LWJ5dGVz";
const POLICY =
	"default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; script-src 'nonce-c2FtcGxlLW9mLTE2LWJ5dGVz' 'strict-dynamic'; style-src 'self'";
const CLEAN: Fields = [
	["Content-Type", "text/html; charset=utf-8"],
	["Content-Security-Policy", POLICY],
	["Strict-Transport-Security", "max-age=31536000; includeSubDomains"],
	["X-Content-Type-Options", "nosniff"],
	["X-Frame-Options", "DENY"],
	["Referrer-Policy", "no-referrer"],
	["Permissions-Policy", "camera=()"],
	["Cross-Origin-Opener-Policy", "same-origin"],
	["Cross-Origin-Resource-Policy", "same-origin"],
	["Origin-Agent-Cluster", "?1"],
];

const seen = (fields: Fields, given: Partial<Exchange> = {}): Exchange => ({
	probe: "page",
	method: "GET",
	url: "https://a.example/",
	status: 200,
	fields,
	body: fields.some(([, value]) => value.includes(NONCE)) ? `<script nonce="${NONCE}" src="/a.js"></script>` : "",
	secure: true,
	...given,
});
/** The clean response with other values of a header. */
const sent = (name: string, ...values: readonly string[]): Fields => [
	...CLEAN.filter(([known]) => known !== name),
	...values.map((value) => [name, value] as const),
];
/** The clean response with a directive replaced; undefined removes it. */
const directive = (name: string, value: string | undefined): Fields => {
	const parts = POLICY.split("; ").filter((part) => !part.startsWith(`${name} `));
	return sent("Content-Security-Policy", [...parts, ...(value === undefined ? [] : [value])].join("; "));
};
const nonce = (source: string): Fields => sent("Content-Security-Policy", POLICY.replace(`'nonce-${NONCE}'`, source));
/** The same, and a page whose scripts carry what the policy should have. */
const wrongly = (source: string, carried = NONCE): Exchange =>
	seen(nonce(source), { body: `<script nonce="${carried}" src="/a.js"></script><script nonce="${carried}">a()</script>` });
const page = (html: string): Exchange => seen(CLEAN, { body: `<script nonce="${NONCE}" src="/a.js"></script>${html}` });
const found = (...exchanges: readonly Exchange[]): string[] => judge(exchanges).map(({ id, severity }) => `${severity} ${id}`);

test("the response that the edits begin with has no finding", () => {
	expect(found(seen(CLEAN))).toEqual([]);
});

describe("one edit is at most one finding", () => {
	test.each<[string, Exchange, string]>([
		["a template that printed no nonce", wrongly("'nonce-'", ""), "error nonce/charset"],
		["a nonce in braces", wrongly("'nonce-{3f25}'"), "error nonce/charset"],
		["a nonce with a blank", wrongly("'nonce-a b'"), "error nonce/charset"],
		["a tag of another template language", wrongly("'nonce-<%= nonce %>'"), "error nonce/charset"],
		["a nonce without quotes", wrongly(`nonce-${NONCE}`), "error csp/unquoted-keyword"],
		["a nonce with one quote", wrongly(`'nonce-${NONCE}`), "error csp/wrong-quotes"],
		["a hash of the wrong length with 'strict-dynamic'", seen(nonce("'sha256-abc'")), "error csp/hash-length"],
		["a misspelt base-uri, as severe as what it causes", seen(directive("base-uri", "base-urii 'self'")), "error csp/unknown-directive"],
		["a colon after default-src", seen(sent("Content-Security-Policy", POLICY.replace("default-src", "default-src:"))), "error csp/directive-colon"],
		["a missing semicolon", seen(sent("Content-Security-Policy", POLICY.replace("form-action 'self';", "form-action 'self'"))), "error csp/missing-semicolon"],
		["an empty policy", seen(sent("Content-Security-Policy", "")), "error csp/empty"],
		["a host over http", seen(directive("script-src", "script-src http://cdn.example")), "error csp/http-source"],
		["an address of this machine over http", seen(directive("img-src", "img-src http://127.0.0.1")), "error csp/http-source"],
		["any host over http", seen(directive("img-src", "img-src http://*")), "error csp/other-wildcard"],
		["a host with a known bypass over http", seen(directive("script-src", "script-src http://cdn.jsdelivr.net")), "error csp/script-known-bypass"],
		["styles from anywhere", seen(directive("style-src", "style-src *")), "warning csp/other-wildcard"],
		["frames from anywhere", seen(directive("frame-ancestors", "frame-ancestors *")), "error csp/frame-ancestors-wildcard"],
		["no framing rule at all", seen(directive("frame-ancestors", undefined).filter(([name]) => name !== "X-Frame-Options")), "error frame/unprotected"],
		["X-Frame-Options alone", seen(directive("frame-ancestors", undefined)), "note csp/no-frame-ancestors"],
		["ALLOW-FROM beside frame-ancestors", seen(sent("X-Frame-Options", "ALLOW-FROM https://p.example")), "note xfo/allow-from"],
		["HSTS off", seen(sent("Strict-Transport-Security", "max-age=0")), "error hsts/max-age-zero"],
		["no HSTS", seen(sent("Strict-Transport-Security")), "error hsts/missing"],
		["a comma for a semicolon", seen(sent("Strict-Transport-Security", "max-age=31536000, includeSubDomains")), "error hsts/multiple"],
		["preload by half", seen(sent("Strict-Transport-Security", "max-age=100; preload")), "error hsts/preload-ineligible"],
		["a misspelt includeSubDomains", seen(sent("Strict-Transport-Security", "max-age=31536000; includeSubDomain")), "warning hsts/unknown-directive"],
		["a misspelt max-age", seen(sent("Strict-Transport-Security", "maxage=31536000; includeSubDomains")), "error hsts/max-age-missing"],
		[
			"an opener policy that browsers cannot read",
			seen([...sent("Cross-Origin-Opener-Policy", "same-origin;"), ["Cross-Origin-Embedder-Policy", "require-corp"]]),
			"error coop/invalid",
		],
		["the policy twice", seen(sent("Content-Security-Policy", POLICY, POLICY)), "warning dup/identical"],
		["everything twice", seen([...CLEAN, ...CLEAN.slice(1)]), "error dup/identical"],
		[
			"a cookie without Secure for other sites",
			seen([...CLEAN, ["Set-Cookie", "a=1; SameSite=None"], ["Cache-Control", "no-store"]]),
			"error cookie/samesite-none-insecure",
		],
		["a prefix without Secure", seen([...CLEAN, ["Set-Cookie", "__Secure-a=1; SameSite=Lax"], ["Cache-Control", "no-store"]]), "error cookie/prefix-broken"],
		[
			"a page with nonce and cookie in shared caches",
			seen([...CLEAN, ["Set-Cookie", "a=1; Secure; SameSite=Lax"], ["Cache-Control", "public"]]),
			"error nonce/shared-cacheable",
		],
		["an image over http", page("<img src='http://img.example/a.png'>"), "error mixed/content"],
		["an element with an empty nonce", page("<script nonce=''>a()</script>"), "error nonce/html-mismatch"],
		[
			"framing in a meta element alone",
			seen(
				directive("frame-ancestors", undefined).filter(([name]) => name !== "X-Frame-Options"),
				{ body: `<meta http-equiv=X-Frame-Options content=DENY><script nonce="${NONCE}" src="/a.js"></script>` },
			),
			"error xfo/in-meta",
		],
	])("%s", (_what, exchange, expected) => {
		expect(found(exchange)).toEqual([expected]);
	});

	test("a nonce that never changes and is short, on two responses", () => {
		const short = nonce("'nonce-abc'");
		expect(found(seen(short, { body: "" }), seen(short, { probe: "again", body: "" })).filter((line) => line.includes("nonce/"))).toEqual([
			"error nonce/reused",
		]);
	});

	test("a domain that is to be listed without HSTS, and one whose header is too short", () => {
		const domain = { host: "a.example", registrable: "a.example", tls: [], hasHttp: true, wants: "listing" as const };
		const both = (header: string | undefined, host = "a.example"): string[] => {
			const fields = sent("Strict-Transport-Security", ...(header === undefined ? [] : [header]));
			return found(seen(fields), seen(fields, { probe: "preload", url: `https://${host}/`, domain }));
		};
		expect(both(undefined)).toEqual(["error hsts/missing"]);
		expect(both("max-age=100; includeSubDomains; preload")).toEqual(["error preload/max-age"]);
		// Another host has its own header.
		expect(both(undefined, "b.example")).toEqual(["error hsts/missing", "error preload/max-age"]);
	});
});

describe("two causes are two findings", () => {
	test.each<[string, Fields, readonly string[]]>([
		["two sources with a mistake each", directive("img-src", "img-src 'slef' http://a.example"), ["error csp/invalid-keyword", "error csp/http-source"]],
		[
			"a host over http and an address of another directive",
			directive("img-src", "img-src http://a.example; font-src 127.0.0.1"),
			["error csp/http-source", "warning csp/local-or-ip-source"],
		],
		["an unknown directive and a missing one", directive("base-uri", "colour red"), ["error csp/no-base-uri-with-nonce", "warning csp/unknown-directive"]],
		[
			"a bad nonce in force beside 'unsafe-inline'",
			directive("script-src", "script-src 'unsafe-inline' 'nonce-'"),
			["error csp/script-unsafe-inline", "error nonce/charset"],
		],
		[
			"two cookies",
			[...CLEAN, ["Cache-Control", "no-store"], ["Set-Cookie", "a=1; SameSite=None"], ["Set-Cookie", "b=1; SameSite=Lax"]],
			["error cookie/no-secure", "error cookie/samesite-none-insecure"],
		],
	])("%s", (_what, fields, expected) => {
		expect(found(seen(fields)).sort()).toEqual([...expected].sort());
	});
});

test("a finding names what it covers, and is graded for all of it", () => {
	const fields = directive("frame-ancestors", undefined).filter(([name]) => name !== "X-Frame-Options");
	const one = seen([...fields, ["X-Frame-Options", "ALLOW-FROM https://p.example"]]);
	const [finding] = judge([one]) as [Finding];
	expect([finding.id, finding.severity, finding.covers]).toEqual(["xfo/allow-from", "error", ["csp/no-frame-ancestors", "frame/unprotected"]]);
	expect(gradeOf([one], [finding])).toMatchObject({ letter: "C", caps: ["any site may frame the page"] });
	expect(judge([seen(sent("X-Frame-Options", "ALLOW-FROM https://p.example"))])).toMatchObject([{ id: "xfo/allow-from", severity: "note", covers: [] }]);
});

describe("the relation", () => {
	const edges = CAUSES.flatMap(({ of, explains }) => of.flatMap((cause) => explains.map((effect) => [cause, effect] as const)));

	test("is between rules that exist", () => {
		const ids = new Set(RULES.map(({ id }) => id));
		expect([...new Set(edges.flat())].filter((id) => !ids.has(id))).toEqual([]);
	});

	test("never leads back to where it starts", () => {
		const leads = (from: string, to: string, past: readonly string[] = []): boolean =>
			edges.some(([cause, effect]) => cause === from && !past.includes(effect) && (effect === to || leads(effect, to, [...past, effect])));
		expect([...new Set(edges.flat())].filter((id) => leads(id, id))).toEqual([]);
	});
});

describe("what headguard writes by itself", () => {
	const common: Readonly<Record<string, SecureHeadersOptions>> = {
		nothing: {},
		"reports to an endpoint": { reporting: { endpoint: "/_reports" } },
		"asks for preloading": { strictTransportSecurity: { preload: true } },
		"shows images and calls hosts": {
			contentSecurityPolicy: { directives: { imgSrc: [csp.self, "https://img.example"], connectSrc: [csp.self, "https://api.example"] } },
		},
		"embeds a video": { contentSecurityPolicy: { directives: { frameSrc: ["https://www.youtube-nocookie.com"] } } },
		"lets a partner frame it": { contentSecurityPolicy: { directives: { frameAncestors: ["https://partner.example"] } } },
		"upgrades http": { contentSecurityPolicy: { directives: { upgradeInsecureRequests: true } } },
		"requires Trusted Types": { contentSecurityPolicy: { directives: { requireTrustedTypesFor: [csp.script], trustedTypes: ["app"] } } },
		"sends files to other sites": { crossOriginResourcePolicy: "cross-origin" },
		"tries a stricter policy": { contentSecurityPolicyReportOnly: { directives: { reportUri: "/r" } } },
	};
	const presets = [undefined, "api", "ssr", "spa", "strict"] as const;
	const rows = presets.flatMap((preset) => Object.entries(common).map(([what, options]) => [preset ?? "no preset", what, { ...options, preset }] as const));
	// Frames on an API are no default of it: then features and openers matter.
	test.each(rows.filter(([preset, what]) => preset !== "api" || what !== "embeds a video"))("%s that %s has no finding", (_preset, _what, options) => {
		expect(judge([exchangeFrom(compiledFrom(secureHeaders(options as SecureHeadersOptions)), "policy")]).map(({ id }) => id)).toEqual([]);
	});
});

describe("advice that can be followed", () => {
	test("integrity, where a file stays the same", () => {
		const foreign = (address: string): string[] =>
			found(seen(sent("Content-Security-Policy", "script-src * 'strict-dynamic'").slice(0, -1), { body: `<link rel=stylesheet href="${address}">` })).filter(
				(line) => line.includes("sri/"),
			);
		for (const address of ["https://cdn.example/a.css", "https://cdn.example/a.css?v=3", "https://cdn.jsdelivr.net/npm/x@1.2.3/a.css"])
			expect(foreign(address)).toEqual(["warning sri/external-missing"]);
		for (const address of [
			"https://fonts.googleapis.com/css2?family=Roboto",
			"https://use.typekit.net/abc.css",
			"https://cdn.example/bundle?key=1&lang=en",
			"https://js.stripe.com/v3/",
		])
			expect(foreign(address)).toEqual([]);
	});

	test("a service is its host, not one that ends or begins like it", () => {
		const changing = (address: string): boolean => isChanging(new URL(address));
		expect(["https://js.stripe.com/v3", "https://m.js.stripe.com/x", "https://www.google.com/recaptcha/api.js"].map(changing)).toEqual([true, true, true]);
		expect(["https://evil-js.stripe.com.example/v3", "https://xfonts.googleapis.com/a", "https://www.google.com/a.js"].map(changing)).toEqual([
			false,
			false,
			false,
		]);
	});

	test("an exact version first, where the address names none", () => {
		expect(namesNoVersion(new URL("https://unpkg.com/react@18/umd/react.js"))).toBe(true);
		expect(namesNoVersion(new URL("https://unpkg.com/react@18.2.0/umd/react.js"))).toBe(false);
		expect(
			judge([seen([["Content-Type", "text/html"]], { body: "<script src='https://unpkg.com/react'></script>" })]).find(
				({ id }) => id === "sri/external-missing",
			)?.message,
		).toContain("Name an exact version");
	});

	test("isolation, where a script needs it", () => {
		const script = { body: `<script nonce="${NONCE}">new SharedArrayBuffer(8)</script>` };
		expect(found(seen(CLEAN, script))).toEqual(["note coep/missing"]);
		expect(found(seen(CLEAN, { body: `<script nonce="${NONCE}" src="/a.js"></script><p>SharedArrayBuffer` }))).toEqual([]);
		expect(found(seen(CLEAN), seen([["Content-Type", "text/javascript"], ...CLEAN.slice(1)], { probe: "static", body: "new SharedArrayBuffer(8)" }))).toEqual([
			"note coep/missing",
		]);
	});

	test("an upload as a script, where one runs", () => {
		const self = directive("script-src", "script-src 'self'");
		const upload = (type: string, ...more: Fields): string[] =>
			found(seen(self, { body: "" }), seen([["Content-Type", type], ...more], { probe: "upload", url: "https://a.example/up/1" })).filter((line) =>
				line.includes("script-self"),
			);
		const nosniff = ["X-Content-Type-Options", "nosniff"] as const;
		expect([upload("text/plain"), upload("text/javascript", nosniff)]).toEqual([["warning csp/script-self"], ["warning csp/script-self"]]);
		expect([upload("text/plain", nosniff), upload("image/png")]).toEqual([[], []]);
	});
});

test("what no browser reads fails nobody", () => {
	for (const [name, value] of [
		["X-XSS-Protection", "1; mode=block"],
		["Public-Key-Pins", "pin-sha256=x"],
		["Expect-CT", "max-age=1"],
		["Feature-Policy", "camera 'none'"],
		["X-Content-Security-Policy", "default-src 'self'"],
		["X-WebKit-CSP", "default-src 'self'"],
		["P3P", "x"],
		["Pragma", "no-cache"],
	] as const) {
		const lines = found(seen([...CLEAN, [name, value]]));
		expect([name, lines.length, lines.every((line) => line.startsWith("note "))]).toEqual([name, 1, true]);
	}
	expect(found(seen(sent("Content-Security-Policy", `${POLICY}; block-all-mixed-content`)))).toEqual(["note csp/obsolete-directive"]);
});
