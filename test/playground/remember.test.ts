import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { linesOf, readInput } from "../../site/playground/read.ts";
import { fragmentOf, type Kept, keptIn, LONGEST } from "../../site/playground/remember.ts";
import { runs } from "../support/runs.ts";

const EVERYTHING: Required<Kept> = {
	text: "script-src 'self' #&=%\n😀",
	helmet: "5",
	response: "2",
	use: "fetch, XHR, WebSocket",
	address: "https://cdn.example/a?b=c&d#e",
	page: "https://www.example.com/",
	inline: "style attribute",
	code: "color: red & \u0000",
};

describe("what is kept in the address", () => {
	test("is found again", () => {
		const { hash, note } = fragmentOf(EVERYTHING);
		expect(hash).toMatch(/^#try=script-src%20'self'%20%23%26%3D%25%0A%F0%9F%98%80&helmet=5&response=2&use=.*&address=.*&page=.*&inline=.*&code=[^&]*$/);
		expect([keptIn(hash), note]).toEqual([EVERYTHING, ""]);
		expect(fragmentOf({})).toEqual({ hash: "", note: "" });
		expect(keptIn("")).toEqual({});
	});

	test("is found again, whatever it is (property)", () => {
		const field = fc.option(fc.string({ unit: "binary", maxLength: 40 }), { nil: undefined });
		const kept = fc.record({ text: field, helmet: field, response: field, use: field, address: field, page: field, inline: field, code: field });
		fc.assert(
			fc.property(kept, (given) => {
				const { hash, note } = fragmentOf(given);
				expect(hash).toMatch(/^$|^#[!-~]+$/);
				if (note === "") expect(keptIn(hash)).toEqual(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)));
			}),
			{ numRuns: runs(500) },
		);
	});

	test("has a character in place of half a pair of surrogates, which no address can have", () => {
		expect(keptIn(fragmentOf({ text: "a\ud83db" }).hash)).toEqual({ text: "a\ufffdb" });
	});
});

describe("what does not fit", () => {
	test("is left out and said, and the rest is kept", () => {
		const { hash, note } = fragmentOf({ ...EVERYTHING, code: "x".repeat(LONGEST) });
		const { code, ...others } = EVERYTHING;
		expect(keptIn(hash)).toEqual(others);
		expect(note).toBe("The address of this page leaves out the code that you try: it would be too long.");
	});

	test("is counted as it is written: to the last character", () => {
		const fits = "x".repeat(LONGEST - "#try=".length);
		expect(fragmentOf({ text: fits })).toEqual({ hash: `#try=${fits}`, note: "" });
		expect(fragmentOf({ text: `${fits}x` })).toEqual({ hash: "", note: "The address of this page leaves out what you pasted: it would be too long." });
		expect(fragmentOf({ text: "'😀".repeat(1300) }).hash).toBe("");
	});

	test("takes along what means nothing without it", () => {
		const { hash, note } = fragmentOf({ text: "x".repeat(LONGEST), helmet: "5", response: "1", use: "image", code: "y".repeat(LONGEST) });
		expect(hash).toBe("#use=image");
		expect(note).toBe("The address of this page leaves out what you pasted, the code that you try: it would be too long.");
	});

	test("is replaced by the chosen response, if it is a file", () => {
		const { hash, note } = fragmentOf({ text: "x".repeat(LONGEST), response: "3", use: "image" }, "x-frame-options: DENY");
		expect(keptIn(hash)).toEqual({ text: "x-frame-options: DENY", use: "image" });
		expect(note).toBe("The address of this page leaves out what you pasted: it would be too long. It has the headers of this response alone, without cookies.");
		expect(fragmentOf({ text: "x".repeat(LONGEST), use: "image" }, "y".repeat(LONGEST))).toEqual({
			hash: "#use=image",
			note: "The address of this page leaves out what you pasted: it would be too long.",
		});
		// What fits is kept whole.
		expect(fragmentOf({ text: "short", response: "3" }, "x-frame-options: DENY")).toEqual({ hash: "#try=short&response=3", note: "" });
	});
});

describe("an address that someone else wrote", () => {
	test.each<[string, Kept]>([
		["#%E0%A4%A", {}],
		["#try=%E0%A4%A&use=image", { use: "image" }],
		["#__proto__=1&constructor=2&toString=3", {}],
		["#try=a&try=b", { text: "a" }],
		["#try=a=b", { text: "a=b" }],
		["#try=&code=", { text: "", code: "" }],
		["#anchor", {}],
		["#&&=&try", {}],
		["#code=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E", { code: "<img src=x onerror=alert(1)>" }],
	])("%s", (hash, kept) => {
		expect(keptIn(hash)).toEqual(kept);
		expect(Object.getPrototypeOf(keptIn(hash))).toBe(Object.prototype);
	});

	test("says nothing if it is too long", () => {
		expect(keptIn(`#try=${"x".repeat(LONGEST)}`)).toEqual({});
		expect(keptIn(`#try=${"x".repeat(LONGEST - 5)}`)).toEqual({ text: "x".repeat(LONGEST - 5) });
	});
});

test("a response as text is read as the same response, without cookies and without what is no header", () => {
	const fields = [
		["content-type", "text/html"],
		["Set-Cookie", "secret=1"],
		[":status", "200"],
		["x-frame-options", "DENY\r\nset-cookie: secret=2"],
	] as const;
	const text = linesOf({ url: "https://a.example/", fields });
	expect(text).toBe("content-type: text/html\nx-frame-options: DENY set-cookie: secret=2");
	expect(readInput(text)).toEqual({
		kind: "headers",
		answers: [
			{
				url: "",
				fields: [
					["content-type", "text/html"],
					["x-frame-options", "DENY set-cookie: secret=2"],
				],
			},
		],
	});
});
