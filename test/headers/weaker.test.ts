import { describe, expect, test } from "vitest";
import type { HeaderName } from "../../src/headers/facts.ts";
import { weakerOf } from "../../src/headers/weaker.ts";

type Row = readonly [name: HeaderName, ours: string, same: readonly string[], weaker: readonly string[]];

const ROWS: readonly Row[] = [
	[
		"Cross-Origin-Resource-Policy",
		"same-origin",
		["same-origin", " same-origin "],
		["same-site", "cross-origin", "same-origin; x", "Same-Origin", "same-origin,"],
	],
	["X-Frame-Options", "SAMEORIGIN", ["SAMEORIGIN", "DENY", "deny"], ["ALLOWALL", "DENY; foo", "SAMEORIGIN;", "ALLOW-FROM https://a.example", '"DENY"']],
	["X-Frame-Options", "DENY", ["Deny"], ["SAMEORIGIN"]],
	[
		"Cross-Origin-Opener-Policy",
		"same-origin",
		["same-origin", 'same-origin; report-to="a"'],
		["same-origin-allow-popups", "same-origin;", "same-origin; Report-To=a", "Same-Origin", '"same-origin"', "same-origin ;a", "(same-origin)"],
	],
	["Cross-Origin-Embedder-Policy", "credentialless", ["credentialless", "require-corp"], ["unsafe-none", "require-corp;"]],
	["Document-Isolation-Policy", "isolate-and-require-corp", ["isolate-and-require-corp"], ["isolate-and-credentialless", "none", "isolate-and-require-corp,"]],
	[
		"Connection-Allowlist",
		'(response-origin "https://a.example")',
		['("https://a.example" response-origin);report-to=a', "()", "(response-origin);redirects=block", "response-origin", "(response-origin),"],
		[
			'(response-origin "https://a.example" "https://b.example")',
			'(response-origin "https://*.example")',
			"(response-origin);redirects=allow",
			"();webrtc=allow",
			'("response-origin")',
		],
	],
	["Connection-Allowlist", "(response-origin);redirects=allow", ["(response-origin);redirects=allow"], ["(response-origin);webrtc=allow"]],
	[
		"Permissions-Policy",
		"local-network-access=()",
		["local-network=(), loopback-network=()", "local-network-access=(), loopback-network=*", "local-network=(), local-network-access=()"],
		["local-network=()", "loopback-network=self, local-network-access=()", "camera=()"],
	],
	[
		"Permissions-Policy",
		"loopback-network=self, local-network-access=()",
		["local-network-access=()", "loopback-network=self, local-network=()"],
		["local-network-access=self", "loopback-network=*, local-network-access=()"],
	],
	["Referrer-Policy", "strict-origin", ["no-referrer", "unsafe-url, strict-origin", "strict-origin, x"], ["origin", "x", "strict-origin; x", ""]],
	[
		"Strict-Transport-Security",
		"max-age=100; includeSubDomains",
		["max-age=100; includeSubDomains", 'MAX-AGE="200" ;includesubdomains', "max-age=100;; includeSubDomains; preload"],
		[
			"max-age=99; includeSubDomains",
			"max-age=200",
			"max-age=100; max-age=100; includeSubDomains",
			"max-age=200; includeSubDomains; includeSubDomains",
			"includeSubDomains",
			"max-age=1e9; includeSubDomains",
			'max-age="200; includeSubDomains',
			"max-age=200; includeSubDomains=0",
			"max-age=200; includeSubDomains; of malformed ones",
			"max-age=200; includeSubDomains; =x",
			"max-age=200; includeSubDomains; x=(y)",
		],
	],
	[
		"Strict-Transport-Security",
		"max-age=100",
		["max-age=100", "max-age = 100; includeSubDomains", 'max-age=100; x="y z"; a=b; c='],
		["max-age=200; includeSubDomains=1", 'max-age=200; includeSubDomains=""', "max-age=200 includeSubDomains", "max-age=200; of malformed ones"],
	],
	[
		"Permissions-Policy",
		"camera=(), geolocation=(self)",
		["camera=(), geolocation=(self)", "geolocation=(),camera=()", "camera=(), geolocation=self, usb=*", "camera=(self), camera=(), geolocation=()"],
		[
			"camera=()",
			"camera=(), geolocation=(self),",
			"camera=(), geolocation=(self",
			"camera=(), camera=*, geolocation=()",
			"camera=(), geolocation=(*)",
			"Camera=(), geolocation=()",
		],
	],
];

describe.each(ROWS)("%s: %s", (name, ours, same, weaker) => {
	const isWeaker = weakerOf(name);
	test.each(same)("%j protects as much", (value) => void expect(isWeaker(value, ours)).toBe(false));
	test.each(weaker)("%j protects less, or is ignored", (value) => void expect(isWeaker(value, ours)).toBe(true));
});
