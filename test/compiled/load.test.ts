import { describe, expect, test } from "vitest";
import { type CompiledModule, checksumOf } from "../../src/compiled/format.ts";
import { securedBy } from "../../src/compiled/index.ts";
import { PolicyError, secureHeaders } from "../../src/index.ts";
import { compiledModule } from "../support/compiled.ts";

// biome-ignore lint/suspicious/noExplicitAny: the tests break it in every way.
type Data = Record<string, any>;

const WHOLE = compiledModule(secureHeaders());

/** Each code once, and the message, of what refuses a module. */
function refusal(given: unknown, options?: object): readonly [codes: string, message: string] {
	try {
		securedBy(given as CompiledModule, options);
	} catch (error) {
		if (error instanceof PolicyError) return [[...new Set(error.issues.map(({ code }) => code))].join(), error.message];
		throw error;
	}
	return ["", ""];
}

/** As somebody writes who knows how the checksum is made. */
function forged(change: (data: Record<string, never>) => void): CompiledModule {
	const data = structuredClone(WHOLE) as unknown as Record<string, never>;
	change(data);
	return { ...data, checksum: checksumOf(data as never) } as never;
}

describe("what a compiled module is refused for", () => {
	test("the module itself is not refused (control)", () => {
		expect(refusal(WHOLE)).toEqual(["", ""]);
		expect(refusal(forged(() => {}))).toEqual(["", ""]);
	});

	test.each([[undefined], [null], ["text"], [5], [[]], [{}], [() => {}], [{ default: WHOLE }], [{ contentSecurityPolicy: true }], [secureHeaders()]])(
		"%o is none",
		(given) => {
			expect(refusal(given)).toEqual(["compiled/invalid", expect.stringContaining("not the default export of a module that headguard compile wrote")]);
		},
	);

	test.each([[0], [2], ["1"], [null], [{ toString: () => "1" }]])("another format: %o", (format) => {
		expect(refusal({ ...WHOLE, format })).toEqual(["compiled/format", expect.stringContaining("Run npx headguard compile again.")]);
	});

	test.each<[string, (data: Data) => void]>([
		["a text was edited", ({ headers }) => (headers[0].text += "; script-src *")],
		["a header was removed", ({ headers }) => headers.pop()],
		["a block lost its end", ({ blocks }) => blocks[0].pop()],
		["a policy is missing", ({ policies }) => delete policies.headers],
		["the end is missing", (data) => delete data["exports"]],
		["a field was added", (data) => (data["more"] = 1)],
		["the checksum was edited", (data) => (data["checksum"] = "0000000000000000")],
	])("%s", (_title, change) => {
		const data = structuredClone(WHOLE) as unknown as Record<string, unknown>;
		change(data as never);
		expect(refusal(data)).toEqual(["compiled/changed", expect.stringContaining("Run npx headguard compile again.")]);
	});

	test.each<[string, (data: Data) => void]>([
		["a line break in a value", ({ headers }) => (headers[0].text = "default-src 'self'\r\nSet-Cookie: a=b")],
		["a line break in a slot", ({ headers }) => (headers[0].nonced[0] += "\n")],
		["a byte outside ASCII", ({ headers }) => (headers[1].text = "nosnïff")],
		["a value that is no text", ({ headers }) => (headers[1].text = 5)],
		["a header that no policy sends", ({ headers }) => (headers[1].name = "Set-Cookie")],
		["a name that is inherited", ({ headers }) => (headers[1].name = "__proto__")],
		["a name with a line break", ({ policies }) => (policies.headers.remove = ["X\r\nY"])],
		["a place that does not exist", ({ blocks }) => blocks[0].push(999)],
		["a place that is no number", ({ blocks }) => blocks[0].push("0")],
		["five blocks", ({ policies }) => policies.headers.blocks.push(0)],
		["an export without a policy", ({ exports }) => (exports.constructor = {})],
		["no headers", (data) => (data["headers"] = null)],
		["policies that are no object", (data) => (data["policies"] = 5)],
		["a line break in Cache-Control", ({ policies }) => (policies.headers.cacheControl = "private\r\nX: y")],
	])("%s, although the checksum fits", (_title, change) => {
		expect(refusal(forged(change as never))).toEqual(["compiled/invalid", expect.stringContaining("Run npx headguard compile again.")]);
	});
});

describe("the functions of a policy", () => {
	const img = () => "https://img.example";
	const asked = compiledModule(secureHeaders({ contentSecurityPolicy: { directives: { imgSrc: ["'self'", img] } }, secure: () => true, onEvent: () => {} }));
	const all = { sources: { img }, secure: () => true, onEvent: () => {} };

	test.each<[string, unknown, object | undefined, string]>([
		["all there (control)", asked, all, ""],
		["no events wanted", asked, { ...all, onEvent: false }, ""],
		["no sources", asked, { ...all, sources: {} }, "sources: { img }"],
		["no options", asked, undefined, "sources: { img }"],
		["a source that is no function", asked, { ...all, sources: { img: "https://img.example" } }, "sources: { img }"],
		["a source that is inherited", asked, { ...all, sources: Object.create({ img }) }, "sources: { img }"],
		["one more source", asked, { ...all, sources: { img, other: img } }, 'no function "other"'],
		["no secure", asked, { ...all, secure: undefined }, "Pass it as secure"],
		["no onEvent", asked, { sources: all.sources, secure: all.secure }, "onEvent: false"],
		["an onEvent that is no function", asked, { ...all, onEvent: "log" }, "Pass a function, or false"],
		["a secure that the policy does not have", WHOLE, { secure: () => true }, "Write it there, and compile it again"],
		["a source that the policy does not have", WHOLE, { sources: { img } }, 'no function "img"'],
	])("%s", (_title, given, options, message) => {
		expect(refusal(given, options)).toEqual(message === "" ? ["", ""] : ["compiled/functions", expect.stringContaining(message)]);
	});

	test("all problems are in one error", () => {
		expect(
			refusal(asked, { sources: { other: img } })[1]
				.split("\n")
				.slice(1),
		).toEqual([
			'  securedBy: the policy has a function "img". Write sources: { img }. [compiled/functions]',
			'  securedBy: the policy has no function "other". Compile it again, or remove it from sources. [compiled/functions]',
			"  securedBy: the option secure of the policy is a function. Pass it as secure. [compiled/functions]",
			"  securedBy: the policy has a function onEvent. Pass it as onEvent, or onEvent: false. [compiled/functions]",
		]);
		const wrong = { sources: [], secure: "https", onEvent: 5, other: 1 };
		expect(refusal(WHOLE, wrong)).toEqual(["option/unknown,compiled/functions", expect.stringMatching(/^4 problems:/)]);
	});

	test.each([null, "x", 5, [], () => {}])("options that are no object: %s", (options) => {
		expect(refusal(WHOLE, options as never)).toEqual(["option/type", expect.stringContaining("Pass an object.")]);
	});

	test("an option that is inherited is none", () => {
		expect(refusal(WHOLE, Object.create({ secure: "x" }))).toEqual(["", ""]);
	});

	test("an option that does not exist", () => {
		expect(refusal(WHOLE, { onevent: () => {} })).toEqual(["option/unknown", expect.stringContaining('no option "onevent"')]);
	});
});
