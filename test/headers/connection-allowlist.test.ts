import { describe, expect, test } from "vitest";
import { secureHeaders } from "../../src/index.ts";
import { compiledOf } from "../../src/policy/compile.ts";
import { blockFor } from "../../src/response/wire.ts";
import { codesOf, headersOf, headerTable, issuesOf, warningsOf } from "../support/policy.ts";

const NAME = "Connection-Allowlist";
const allow = (...entries: readonly unknown[]): unknown => ({ connectionAllowlist: { allow: entries } });
const INVALID = "connection-allowlist/invalid";

headerTable(
	NAME,
	[
		[{}, undefined],
		[{ connectionAllowlist: false }, undefined],
		[{ connectionAllowlist: true }, "(response-origin)"],
		[{ connectionAllowlist: {} }, "(response-origin)"],
		[allow(), "()"],
		[allow("https://b.example/*", "response-origin", "https://a.example", "response-origin"), '(response-origin "https://a.example" "https://b.example/*")'],
		[
			{
				connectionAllowlist: { allow: ["https://a.example:8443/v:version/*/x?q=*"], redirects: "allow", webrtc: "allow", reportTo: "own" },
				reportingEndpoints: { own: "/r" },
			},
			'("https://a.example:8443/v:version/*/x?q=*"); redirects=allow; webrtc=allow; report-to=own',
		],
		[{ connectionAllowlist: { redirects: "block", webrtc: "block" } }, "(response-origin)"],
		// Browsers enforce it on plain http as well.
		[{ connectionAllowlist: true }, "(response-origin)", { secure: false, hstsAllowed: false }],
		[{ connectionAllowlist: true, reporting: { endpoint: "/r" } }, "(response-origin); report-to=default"],
	],
	[
		[{ connectionAllowlist: "response-origin" }, "option/type"],
		[{ connectionAllowlist: ["response-origin"] }, "option/type"],
		[{ connectionAllowlist: { allow: "response-origin" } }, "option/type"],
		[{ connectionAllowlist: { allow: null } }, "option/type"],
		[{ connectionAllowlist: { hosts: [] } }, "option/unknown"],
		[{ connectionAllowlist: { redirects: true } }, INVALID],
		[{ connectionAllowlist: { webrtc: "Allow" } }, INVALID],
		[{ connectionAllowlist: { reportTo: "missing" } }, "report/endpoint-undefined"],
		[{ connectionAllowlist: { reportTo: "A" } }, "report/name"],
		[allow(1), "option/type"],
		[allow(null), "option/type"],
		[allow({ toString: () => "https://a.example" }), "option/type"],
	],
);

headerTable("Connection-Allowlist-Report-Only", [[{ connectionAllowlistReportOnly: true }, "(response-origin)"]], []);

describe("what browsers match", () => {
	test.each([
		"https://a.example",
		"http://localhost:3000/*",
		"https://*.a.example/",
		"https://*:*/*",
		"*://a.example/*",
		"HTTPS://A.EXAMPLE/%7Eme/:id/(x)".replace("(x)", "x"),
		"https://a.example/a-b_c.d~e!f$g&h'i*j,k;l=m@n%20",
	])("%j is a pattern", (entry) => void expect(codesOf(allow(entry))).toEqual([]));

	test.each([
		"",
		"*",
		"self",
		"'self'",
		"https:",
		"a.example",
		"/path",
		"wss://a.example/*",
		"ftp://a.example",
		"https://",
		"https://a..example",
		"https://-a.example",
		"https://a.*",
		"https://a.example:port",
		"https://a.example:123456",
		"https://a.example/(.*)",
		"https://a.example/{b}?",
		"https://a.example/a+b",
		"https://a.example/a:1",
		"https://a.example/*?x",
		"https://a.example/#x",
		"https://a.example/ b",
		"https://user@a.example/",
		"https://[::1]/",
		'https://a.example/"); x=("',
		"https://a.example/\\x",
		"https://a.example/\r\nX-Injected: 1",
		"https://a.example/\u0000",
		"https://m\u00fcnchen.example",
		"https://a.example/\u00fc",
		`https://a.example/${"a".repeat(3000)}`,
	])("%j is not a pattern", (entry) => void expect(codesOf(allow("response-origin", entry))).toEqual([INVALID]));

	test.each([
		["wss://a.example/*", '"https://a.example/*"'],
		["ws://a.example/*", '"http://a.example/*"'],
		["a.example", '"https://a.example"'],
		["'self'", '"response-origin"'],
		["self", '"response-origin"'],
		["Response-Origin", '"response-origin"'],
		["https://a.example/(x)", '"response-origin", or a URL pattern such as "https://api.example/*"'],
	])("for %j, the message names %s", (entry, expected) => {
		expect(issuesOf(allow(entry))[0]?.expected).toBe(expected);
	});

	test("a field of the prototype is not read", () => {
		expect(headersOf({ connectionAllowlist: Object.create({ allow: ["https://evil.example"] }) })[NAME]).toBe("(response-origin)");
		expect(headersOf({ connectionAllowlist: { allow: ["https://own.example"] } })[NAME]).toBe('("https://own.example")');
	});
});

test("a way to any address has a warning", () => {
	expect(warningsOf({ connectionAllowlist: { allow: ["response-origin", "https://*:*"], redirects: "allow", webrtc: "allow" } })).toEqual([
		"connectionAllowlist.allow[1] connection-allowlist/open",
		"connectionAllowlist.redirects connection-allowlist/open",
		"connectionAllowlist.webrtc connection-allowlist/open",
	]);
	expect(warningsOf({ connectionAllowlist: { allow: ["response-origin", "https://*.a.example"] } })).toEqual([]);
});

describe("overrides", () => {
	const base = secureHeaders({ connectionAllowlist: { allow: ["response-origin"], redirects: "allow" } });
	const sent = (made: object): string | undefined => {
		const compiled = compiledOf(made);
		return compiled && blockFor(compiled, true, true).headers.find(({ name }) => name === NAME)?.text;
	};
	const extended = (...lists: readonly string[][]): string | undefined =>
		sent(lists.reduce((made, list) => made.extend({ connectionAllowlist: { allow: list } }), base));

	test("extend adds entries, in any order", () => {
		const expected = '(response-origin "https://a.example" "https://b.example"); redirects=allow';
		expect(extended(["https://a.example"], ["https://b.example"])).toBe(expected);
		expect(extended(["https://b.example"], ["response-origin", "https://a.example"])).toBe(expected);
		expect(extended([])).toBe("(response-origin); redirects=allow");
	});

	test("extend may allow, and not block", () => {
		expect(sent(base.extend({ connectionAllowlist: { webrtc: "allow" } }))).toBe("(response-origin); redirects=allow; webrtc=allow");
		expect(() => base.extend({ connectionAllowlist: { redirects: "block" } })).toThrow("override/restricts");
	});

	test("replace swaps the header", () => {
		expect(sent(base.replace({ connectionAllowlist: { allow: ["https://a.example"] } }))).toBe('("https://a.example")');
		expect(sent(base.replace({ connectionAllowlist: false }))).toBeUndefined();
	});
});
