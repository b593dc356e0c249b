import { describe, expect, test } from "vitest";
import { addressesIn, governedIn, isCodeType, isHandler, isJavascriptUrl } from "../../src/csp/markup.ts";

test.each([
	[undefined, true],
	["", true],
	[" Module ", true],
	["text/javascript", true],
	["text/javascript1.5", true],
	["application/x-ecmascript", true],
	["importmap", true],
	["speculationrules", true],
	["application/json", false],
	["application/ld+json", false],
	["text/javascript; charset=utf-8", false],
	["notjavascript", false],
	["text/template", false],
])("a script of type %j is code: %s", (type, isCode) => {
	expect(isCodeType(type)).toBe(isCode);
});

test("attributes of events are code, and others that begin with on are not", () => {
	expect(["onclick", "oncut", "onend", "onfoo"].filter(isHandler)).toEqual(["onclick", "oncut", "onend", "onfoo"]);
	expect(["one", "once", "only", "on", "on-click", "data-onclick", "on:click"].filter(isHandler)).toEqual([]);
});

test("white space and control characters do not hide a javascript: URL", () => {
	expect(["javascript:x", " JavaScript:x", "\x01java\nscript\t:x"].filter(isJavascriptUrl)).toHaveLength(3);
	expect(["/javascript:x", "https://javascript:x", "java script", ""].filter(isJavascriptUrl)).toEqual([]);
});

describe("addresses in srcset", () => {
	test.each<[string, readonly string[]]>([
		["a.png", ["a.png"]],
		["a.png 1x, b.png 2x", ["a.png", "b.png"]],
		["a.png, b.png", ["a.png", "b.png"]],
		["a.png,b.png 2x", ["a.png,b.png"]],
		[" ,, data:image/png,x 100w 50h ,\n/c?d,,e.png", ["data:image/png,x", "/c?d,,e.png"]],
		["a.png 1x,b.png", ["a.png", "b.png"]],
		["a.png,, ,b.png", ["a.png", "b.png"]],
		[",", []],
		["", []],
	])("%j", (value, found) => {
		expect(addressesIn("srcset", value)).toEqual(found);
		expect(addressesIn("src", value)).toEqual([value]);
	});

	test("a long one takes no longer than its length", () => {
		for (const part of [",", "a,", "a ", " ", "a 1x, "]) {
			const start = performance.now();
			addressesIn("srcset", part.repeat(200_000));
			expect(performance.now() - start).toBeLessThan(1500);
		}
	});
});

test("what an element loads depends on its other attributes", () => {
	const loads = (name: string, attributes: Readonly<Record<string, string>>) => governedIn(name, (one) => attributes[one]);
	expect(loads("script", {})[0]).toEqual(["src", "script-src-elem"]);
	expect(loads("script", { type: "application/json" })).toEqual([]);
	expect(loads("input", { type: "IMAGE" })[0]).toEqual(["src", "img-src"]);
	expect(loads("input", { type: "text" })).toEqual([["formaction", "form-action"]]);
	expect(loads("link", { rel: "Preload", as: "font" })).toEqual([["href", "font-src"]]);
	expect(loads("link", { rel: "alternate stylesheet" })).toEqual([]);
	expect(loads("link", { rel: "alternate stylesheet", title: "Dark" })).toEqual([["href", "style-src-elem"]]);
	expect(loads("link", { rel: "prefetch" })).toEqual([]);
	expect(loads("constructor", {})).toEqual([]);
});
