import { expect, test } from "vitest";
import { csp } from "../../src/csp/index.ts";
import { NONCE } from "../../src/csp/keywords.ts";
import { canonical, effective, withoutNonce } from "../../src/csp/model.ts";
import { parse, serialize, serializeSegments } from "../../src/csp/serialize.ts";

test("parse reads names in any case, any white space, and keeps the first of two directives", () => {
	expect([...parse(" Default-Src  'self'\thttps://a.example ;; IMG-SRC *;img-src 'none'; sandbox ")]).toEqual([
		["default-src", ["'self'", "https://a.example"]],
		["img-src", ["*"]],
		["sandbox", []],
	]);
});

test("parse skips a directive with a byte outside ASCII, as browsers do, and keeps the others", () => {
	expect([...parse("img-src https://ü.example; font-src 'self'")]).toEqual([["font-src", ["'self'"]]]);
});

test("serialize refuses anything that is not one word", () => {
	for (const bad of ["a b", "a;b", "a,b", "", "ü", "\n"]) expect(() => serialize(new Map([["img-src", [bad]]]))).toThrow(RangeError);
	expect(serialize(new Map([["img-src", ["a"]]]))).toBe("img-src a");
});

test("a policy with a nonce slot has segments, not one text", () => {
	const model = new Map([
		["script-src", [csp.self, NONCE]],
		["style-src", [NONCE]],
	]);
	expect(() => serialize(model)).toThrow(RangeError);
	expect(serializeSegments([model], ", ")).toEqual(["script-src 'self' 'nonce-", "'; style-src 'nonce-", "'"]);
});

test("without its nonce a list never gets wider: 'unsafe-inline' goes with the slot, an empty list is 'none'", () => {
	const model = new Map([
		["script-src", [NONCE, "'strict-dynamic'", "https:", "'unsafe-inline'"]],
		["style-src", [NONCE, "'unsafe-inline'"]],
		["img-src", ["'unsafe-inline'"]],
	]);
	expect(serialize(withoutNonce(model))).toBe("script-src 'strict-dynamic' https:; style-src 'none'; img-src 'unsafe-inline'");
});

test("the order of directives is canonical", () => {
	const model = new Map(["style-src", "default-src", "base-uri"].map((name) => [name, ["'self'"]] as const));
	expect([...canonical(model).keys()]).toEqual(["default-src", "base-uri", "style-src"]);
});

test.each([
	["script-src-elem", "script-src", "s"],
	["script-src-attr", "default-src", "d"],
	["worker-src", "child-src", "c"],
	["worker-src", "script-src", "s"],
	["frame-src", "child-src", "c"],
	["fenced-frame-src", "frame-src", "f"],
	["style-src-attr", "style-src", "s"],
] as const)("%s falls back to %s", (name, from, text) => {
	expect(effective(new Map([[from, [text]]]), name)).toEqual([text]);
});

test("directives outside fetching have no fallback", () => {
	for (const name of ["base-uri", "form-action", "frame-ancestors", "sandbox"] as const)
		expect(effective(new Map([["default-src", ["'self'"]]]), name)).toBeUndefined();
	expect(effective(new Map([["default-src", ["'self'"]]]), "img-src")).toEqual(["'self'"]);
});

test("csp.hash gives the source of inline code, whatever its line ends", () => {
	expect(csp.hash("sha256", "alert('Hello, world.');")).toBe("'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='");
	expect(csp.hash("sha384", "a\r\nb\rc")).toBe(csp.hash("sha384", "a\nb\nc"));
	expect(csp.hash("sha512", "x")).toMatch(/^'sha512-[A-Za-z0-9+/]{86}=='$/);
	expect(() => csp.hash("md5" as "sha256", "x")).toThrow('csp.hash: received "md5". Use "sha256", "sha384" or "sha512".');
	expect(() => csp.hash("sha256", undefined as unknown as string)).toThrow(TypeError);
});
