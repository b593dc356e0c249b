import { describe, expect, test } from "vitest";
import { judge } from "../../src/audit/judge.ts";
import type { Exchange } from "../../src/audit/types.ts";

/** The ids of what is found in one document with these lines of a header. */
function found(header: string, ...values: readonly string[]): readonly string[] {
	const exchange = {
		probe: "page",
		method: "GET",
		url: "https://a.example/",
		status: 200,
		secure: true,
		fields: [["Content-Type", "text/html; charset=utf-8"], ...values.map((value) => [header, value] as const)],
		body: "",
	} as unknown as Exchange;
	return judge([exchange]).map(({ id }) => id);
}

type Row = readonly [header: string, id: string, ignored: readonly string[], read: readonly string[]];

const ROWS: readonly Row[] = [
	[
		"Cross-Origin-Opener-Policy",
		"coop/invalid",
		[
			"same-origin;",
			"Same-Origin",
			'"same-origin"',
			"same-origin ;x",
			"same-origin; Report-To=a",
			"same-origin; report-to='a'",
			"(same-origin)",
			"?1",
			"same_origin",
		],
		["same-origin", ' same-origin; report-to="a" ', "same-origin-allow-popups;x=1", "noopener-allow-popups"],
	],
	["Cross-Origin-Embedder-Policy", "coep/invalid", ["require-corp;", "REQUIRE-CORP", "require-corp,"], ["require-corp", 'credentialless; report-to="a"']],
	["Document-Isolation-Policy", "dip/invalid", ["isolate-and-require-corp;", "isolate-and-require-corp; A=1"], ["isolate-and-require-corp"]],
	["Cross-Origin-Resource-Policy", "corp/invalid", ["same-origin; x", "Same-Origin", "same-origin;"], ["same-origin", " cross-origin"]],
	["Origin-Agent-Cluster", "oac/invalid", ["?1;", "true", "?2", "1", "?1 ?1"], ["?1", "?0", "?1;x"]],
	[
		"Integrity-Policy",
		"integrity-policy/invalid",
		[
			"blocked-destinations=(script),",
			"blocked-destinations=(script",
			"Blocked-Destinations=(script)",
			"blocked-destinations=(image)",
			"blocked-destinations=()",
		],
		["blocked-destinations=(script), endpoints=(a)", "blocked-destinations=(script style)"],
	],
	[
		"Connection-Allowlist",
		"connection-allowlist/invalid",
		[
			"response-origin",
			"(response-origin),",
			"(response-origin",
			"(Response-Origin)",
			"(response-origin 1)",
			'(response-origin "wss://a.example/*")',
			'(response-origin "a.example")',
			'(response-origin "https://a.example/(\\\\d+)")',
			"(response-origin);redirects=maybe",
			'(response-origin);webrtc="allow"',
			'(response-origin);report-to="a"',
			"(response-origin);Report-To=a",
		],
		["()", "(response-origin)", '(response-origin "https://a.example/(.*)");redirects=allow;webrtc=block;report-to=a;x=1', "(response-origin), x"],
	],
	["Connection-Allowlist-Report-Only", "connection-allowlist/invalid", ["response-origin"], ["(response-origin);report-to=a"]],
	[
		"Permissions-Policy",
		"permissions/unparsable",
		[
			"camera=(),",
			"camera=();",
			"camera=(self",
			"Camera=()",
			"camera=(self 'https://a.example')",
			"camera=() geolocation=()",
			"camera=(self,geolocation)",
			", camera=()",
		],
		["camera=()", "camera=(), geolocation=self", 'camera=(self "https://a.example");report-to=x', "camera", "camera=*,\tgeolocation=()"],
	],
	[
		"Reporting-Endpoints",
		"report/endpoints-invalid",
		['csp="/r",', "csp=https://a.example/r", 'CSP="/r"', "csp='/r'", 'csp="/r" default="/d"', "csp", 'csp=("/r")'],
		['csp="/r"', 'csp="/r", default="https://a.example/d"'],
	],
];

describe.each(ROWS)("%s", (header, id, ignored, read) => {
	test.each(ignored)("browsers ignore %j", (value) => void expect(found(header, value)).toContain(id));
	test.each(read)("browsers read %j", (value) => void expect(found(header, value)).not.toContain(id));
});

test("several lines of a dictionary are one", () => {
	expect(found("Permissions-Policy", "camera=()", "geolocation=()")).not.toContain("permissions/unparsable");
	expect(found("Permissions-Policy", "camera=()", "geolocation=(),")).toContain("permissions/unparsable");
	expect(found("Reporting-Endpoints", 'a="/a"', 'b="/b"')).not.toContain("report/endpoints-invalid");
});

test("an endpoint in a header that cannot be read has one finding, not two", () => {
	const exchange = found("Reporting-Endpoints", "csp=/r");
	expect(exchange).toContain("report/endpoints-invalid");
	expect(exchange).not.toContain("report/endpoint-undefined");
});
