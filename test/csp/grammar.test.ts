import { expect, test } from "vitest";
import { bypassIn } from "../../src/csp/bypass-hosts.ts";
import { DIRECTIVES } from "../../src/csp/directives.ts";
import { allowsInline, isHost, isNonceOrHash } from "../../src/csp/grammar.ts";
import { fallsBack } from "../../src/csp/incomplete.ts";
import { NONCE } from "../../src/csp/keywords.ts";
import { matches } from "../../src/csp/match.ts";
import { parse } from "../../src/csp/serialize.ts";
import { classifySource } from "../../src/csp/sources.ts";
import { isReported } from "../../src/reports/suggest/replay.ts";

test.each([
	["'nonce-abc'", true],
	["'NONCE-abc='", true],
	["'sha256-abc'", true],
	["'SHA512-a-_+/=='", true],
	["'nonce-'", false],
	["'nonce-a b'", false],
	["'nonce-<x>'", false],
	["'nonce-abc", false],
	["'sha1-abc'", false],
	["nonce-abc", false],
	["'strict-dynamic'", false],
])("%s is a nonce or a hash as browsers read it: %s", (text, is) => {
	expect(isNonceOrHash(text)).toBe(is);
});

test("the slot of a nonce counts as one", () => {
	expect(isNonceOrHash(NONCE)).toBe(true);
});

test("what is no nonce does not switch 'unsafe-inline' off", () => {
	expect(allowsInline(["'unsafe-inline'", "'nonce-<x>'"], "script-src")).toBe(true);
	expect(allowsInline(["'unsafe-inline'", "'nonce-x'"], "script-src")).toBe(false);
});

test("'strict-dynamic' switches 'unsafe-inline' off for scripts, and for nothing else", () => {
	const list = ["'unsafe-inline'", "'strict-dynamic'"];
	expect([allowsInline(list, "script-src-attr"), allowsInline(list, "style-src-attr")]).toEqual([false, true]);
	const model = parse(`default-src ${list.join(" ")}`);
	const violation = { blocked: "inline", document: "https://a.example/" };
	expect([isReported(model, { ...violation, directive: "script-src-elem" }), isReported(model, { ...violation, directive: "style-src-elem" })]).toEqual([
		true,
		false,
	]);
});

test.each([
	["a.example", true],
	["https://*.a.example:8443/dir/", true],
	["a.example.", true],
	["127.0.0.1", true],
	["localhost", false],
	["*.example", false],
	["*", false],
	["[::1]", false],
	["https:", false],
	["'self'", false],
])("%s is a host by name: %s", (text, is) => {
	expect(isHost(text)).toBe(is);
});

test("a known host is known with a dot behind it", () => {
	expect([bypassIn("https://unpkg.com./"), bypassIn("https://UNPKG.com"), bypassIn("unpkg.com.example")]).toEqual(["unpkg.com", "unpkg.com", undefined]);
});

test("an IPv6 address and a host with an underscore can be written, and match nothing", () => {
	expect(classifySource("[::1]:8080").kind).toBe("host");
	expect(matches("[::1]:8080", new URL("http://[::1]:8080/"), undefined)).toBe(false);
	expect(matches("https://a_b.example", new URL("https://a_b.example/"), undefined)).toBe(false);
	expect(matches("https://*.example", new URL("https://a_b.example/"), undefined)).toBe(true);
	expect(matches("127.0.0.1:8080", new URL("http://127.0.0.1:8080/"), undefined)).toBe(true);
});

test("the directives that fall back to default-src are told by their names", () => {
	for (const [name, { fallback }] of DIRECTIVES) if (name !== "default-src") expect(fallsBack(name), name).toBe(fallback.includes("default-src"));
});
