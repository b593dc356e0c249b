import { describe, expect, test } from "vitest";
import { compile } from "../../src/policy/compile.ts";
import { createPolicy } from "../../src/policy/create.ts";
import { decide, type Facts, PRECEDENCE, type Verdict } from "../../src/response/precedence.ts";
import { blockFor, type CompiledHeader } from "../../src/response/wire.ts";

const NONCE = "A".repeat(22);
const headers = blockFor(compile(createPolicy({ lock: ["referrerPolicy"] })), true, true).headers;
const header = (name: string): CompiledHeader => headers.find((one) => one.name === name) as CompiledHeader;
const CSP = header("Content-Security-Policy");
const NONCED = CSP.nonced?.join(NONCE) as string;

function verdict(name: string, values: readonly string[], facts: Partial<Facts> = {}): Verdict {
	const { text } = header(name);
	return decide({
		header: header(name),
		status: 200,
		values,
		isEmpty: false,
		ours: text,
		nonce: undefined,
		isFile: false,
		wasThere: true,
		errorValue: undefined,
		...facts,
	});
}
const sent = (...values: readonly string[]): Verdict => ({ values, remarks: [] });

describe("a header of one value", () => {
	test.each<[string, readonly string[], Partial<Facts>, Verdict]>([
		["ours", ["DENY"], {}, sent("DENY")],
		["absent", [], {}, sent("DENY")],
		["empty", [], { isEmpty: true }, { values: ["DENY"], remarks: ["empty"] }],
		["nothing but commas", [", ,"], {}, { values: ["DENY"], remarks: ["empty"] }],
		["the application's", ["SAMEORIGIN"], {}, { values: ["SAMEORIGIN"], remarks: ["weaker"] }],
		["a value that came with an error", ["SAMEORIGIN"], { errorValue: "SAMEORIGIN" }, sent("DENY")],
		["twice the same", ["DENY", "DENY"], {}, sent("DENY")],
		["twice the same on one line", ["DENY, DENY"], {}, sent("DENY")],
		["different values", ["SAMEORIGIN", "DENY"], {}, { values: ["DENY"], remarks: ["conflict"] }],
		["one appended to ours", ["DENY", "SAMEORIGIN"], {}, { values: ["SAMEORIGIN"], remarks: ["weaker"] }],
		["one appended to ours, twice", ["DENY", "SAMEORIGIN", "SAMEORIGIN"], {}, { values: ["SAMEORIGIN"], remarks: ["weaker"] }],
		["two different ones appended to ours", ["DENY", "SAMEORIGIN", "ALLOWALL"], {}, { values: ["DENY"], remarks: ["conflict"] }],
		["two lines where ours was not there before", ["DENY", "SAMEORIGIN"], { wasThere: false }, { values: ["DENY"], remarks: ["conflict"] }],
		["one appended to a locked header", ["DENY", "SAMEORIGIN"], { header: { ...header("X-Frame-Options"), locked: true } }, sent("DENY")],
		["different values on one line", ["SAMEORIGIN, DENY"], {}, { values: ["DENY"], remarks: ["conflict"] }],
	])("%s", (_title, values, facts, expected) => {
		expect(verdict("X-Frame-Options", values, facts)).toEqual(expected);
		expect(verdict("X-Frame-Options", values, { ...facts, status: 304 }), "a 304 changes nothing for a header without a nonce").toEqual(expected);
	});

	test("lines of a list are joined, as browsers join them", () => {
		const ours = header("Permissions-Policy").text;
		expect(verdict("Permissions-Policy", [ours, "geolocation=(self)"])).toEqual({ values: [`${ours}, geolocation=(self)`], remarks: ["weaker"] });
		expect(verdict("Permissions-Policy", [ours, "geolocation=()"])).toEqual(sent(`${ours}, geolocation=()`));
		expect(verdict("Permissions-Policy", [ours, "not a member"])).toEqual({ values: [`${ours}, not a member`], remarks: ["weaker"] });
		expect(verdict("Permissions-Policy", [ours, ours])).toEqual(sent(ours));
	});

	test("an appended value that browsers ignore replaces nothing", () => {
		for (const [name, ignored] of [
			["X-Frame-Options", "ALLOW-FROM https://a.example"],
			["Cross-Origin-Opener-Policy", "same-origin;"],
			["Cross-Origin-Resource-Policy", "none"],
		] as const)
			expect(verdict(name, [header(name).text, ignored])).toEqual({ values: [header(name).text], remarks: ["conflict"] });
	});

	test("a comma inside a value that may hold one does not split it", () => {
		expect(verdict("Permissions-Policy", ["camera=(), microphone=()"])).toEqual({ values: ["camera=(), microphone=()"], remarks: ["weaker"] });
	});

	test("a lock wins over everything", () => {
		for (const values of [["unsafe-url"], ["unsafe-url", "origin"], []])
			expect(verdict("Referrer-Policy", values)).toEqual(sent(header("Referrer-Policy").text));
	});
});

describe("the policy with a nonce slot", () => {
	const own = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
	const name = "Content-Security-Policy";
	const read = { ours: NONCED, nonce: NONCE };

	test.each<[string, readonly string[], Partial<Facts>, Verdict]>([
		["ours, with the nonce", [NONCED], read, sent(NONCED)],
		["ours from before the nonce was read", [CSP.text], read, sent(NONCED)],
		["the framework's", ["default-src 'none'"], {}, sent("default-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'")],
		["one appended to ours", [CSP.text, "img-src 'none'"], {}, sent(CSP.text, "img-src 'none'")],
		["the application's", [own], {}, sent(own)],
		["the application's, and the nonce was read", [own], read, { values: [own], remarks: ["nonce dropped"] }],
		["the application's, where ours names no nonce", [own], { ...read, header: { ...CSP, nonced: undefined } }, sent(own)],
		["a weaker one", ["default-src *"], {}, { values: ["default-src *"], remarks: ["weaker"] }],
		["a lock", ["default-src *"], { header: { ...CSP, locked: true } }, sent(CSP.text)],
	])("%s", (_title, values, facts, expected) => {
		expect(verdict(name, values, facts)).toEqual(expected);
	});

	test.each<[string, readonly string[], Partial<Facts>, Verdict]>([
		["ours", [CSP.text], {}, sent()],
		["ours, with the nonce", [NONCED], read, sent()],
		["ours from before the nonce was read", [CSP.text], read, sent()],
		["absent", [], {}, sent()],
		["empty", [], { isEmpty: true }, sent()],
		["one appended to ours", [CSP.text, "img-src 'none'"], {}, sent()],
		["ours with more text behind it", [`${CSP.text}; frame-src https://x.example`], {}, sent()],
		["ours and another on one line", [`${CSP.text}, img-src 'none'`], {}, sent()],
		["ours with the nonce and more text", [`${NONCED}; frame-src https://x.example`], read, sent()],
		["one of the application's with our nonce", [`script-src 'nonce-${NONCE}'`], read, sent()],
		["the application's", [own], {}, sent(own)],
		["the application's, and the nonce was read", [own], read, { values: [own], remarks: ["nonce dropped"] }],
		["the application's, with a nonce that is not the one of the stored page", [`${own}; script-src 'nonce-undefined'`], {}, sent()],
		["a weaker one", ["default-src *"], {}, { values: ["default-src *"], remarks: ["weaker"] }],
		["a lock", ["default-src *"], { header: { ...CSP, locked: true } }, sent()],
	])("on a 304: %s", (_title, values, facts, expected) => {
		expect(verdict(name, values, { ...facts, status: 304 })).toEqual(expected);
	});

	test.each<[string, readonly string[], Partial<Facts>, Verdict]>([
		["ours", [CSP.text], {}, sent(CSP.text)],
		["absent", [], {}, sent(CSP.text)],
		["one appended to ours", [CSP.text, "img-src 'none'"], {}, sent(CSP.text, "img-src 'none'")],
		["a weaker one", ["default-src *"], {}, { values: ["default-src *"], remarks: ["weaker"] }],
		["a lock", ["default-src *"], { header: { ...CSP, locked: true } }, sent(CSP.text)],
	])("on a 304 of a file, as on a 200: %s", (_title, values, facts, expected) => {
		expect(verdict(name, values, { ...facts, status: 304, isFile: true })).toEqual(expected);
		expect(verdict(name, values, { ...facts, status: 200 })).toEqual(expected);
	});

	test("without a slot it is renewed by a 304", () => {
		expect(verdict(name, [CSP.text], { header: { ...CSP, nonced: undefined }, status: 304 })).toEqual(sent(CSP.text));
	});
});

test("each rule has its name, once", () => {
	expect(new Set(PRECEDENCE.map(({ name }) => name)).size).toBe(PRECEDENCE.length);
});
