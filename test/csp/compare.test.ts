import { expect, test } from "vitest";
import { isWeakerPolicy, loosenedDirectives } from "../../src/csp/compare.ts";

test.each<[value: string, ours: string, ...loosened: [directive: string, ...sources: string[]][]]>([
	["script-src 'self'", "script-src 'self'"],
	["script-src 'none'", "script-src 'self'"],
	["script-src 'self' https://a.example https://b.example", "script-src 'self'", ["script-src", "https://a.example", "https://b.example"]],
	["default-src 'self'", "default-src 'self'; form-action 'self'", ["form-action"]],
	["default-src 'self'", "default-src 'self'; object-src 'none'", ["object-src", "'self'"]],
	["default-src 'none'; img-src data:", "default-src 'self'", ["img-src", "data:"]],
	["script-src 'nonce-abc' 'sha256-abc' https://a.example", "script-src 'self'", ["script-src", "https://a.example"]],
	["script-src 'nonce-abc' 'unsafe-inline'", "script-src 'self'"],
	["script-src 'nonce-<x>' 'unsafe-inline'", "script-src 'self'", ["script-src", "'nonce-<x>'", "'unsafe-inline'"]],
	["sandbox allow-scripts allow-forms", "sandbox allow-forms", ["sandbox", "allow-scripts"]],
	["default-src 'self'", "default-src 'self'; upgrade-insecure-requests; report-uri /r"],
	["img-src *, img-src 'self'", "img-src 'self'"],
	["img-src *", "img-src *, img-src 'self'", ["img-src", "*"]],
	["img-src a.example b.example, img-src a.example", "img-src 'none'", ["img-src", "a.example", "b.example"]],
	["", "img-src 'self'", ["img-src"]],
	// The policy has it from allowUnknownDirectives.
	["img-src 'self'", "img-src 'self'; made-up 'none'", ["made-up"]],
	["img-src 'self'; made-up a b", "img-src 'self'; made-up a", ["made-up", "b"]],
	["img-src 'self'; made-up a", "img-src 'self'; made-up a b"],
	["img-src 'self'; made-up x", "img-src 'self'"],
	["img-src 'self'", "img-src 'self'; plugin-types x"],
	["script-src 'self' 'brand-new'", "script-src 'self'", ["script-src", "'brand-new'"]],
	["script-src 'self'", "script-src 'self' 'brand-new'"],
	[`script-src 'eval-sha256-${"a".repeat(43)}='`, "script-src 'self'"],
	[`script-src 'url-sha256-${"a".repeat(43)}='`, "script-src 'self'", ["script-src", `'url-sha256-${"a".repeat(43)}='`]],
])("%s allows more than %s", (value, ours, ...loosened) => {
	expect([...loosenedDirectives(value, ours)].map(([name, sources = []]) => [name, ...sources])).toEqual(loosened);
	expect(isWeakerPolicy(value, ours)).toBe(loosened.length > 0);
});
