import fc from "fast-check";
import { parseDictionary, parseItem } from "structured-headers";
import { expect, test } from "vitest";
import { dictionary, innerList, isKey, isToken, string, token, withParameter } from "../../src/core/structured.ts";
import { headersOf } from "../support/policy.ts";

test("strings survive a reader of RFC 9651", () => {
	fc.assert(fc.property(fc.string({ unit: "grapheme-ascii" }), (text) => void expect(parseItem(string(text))[0]).toBe(text)));
});

test("what is no token, key or string is not written", () => {
	for (const bad of ["", "a b", '"', "ü", "1a", "a,b"]) {
		expect(isToken(bad)).toBe(false);
		expect(() => token(bad)).toThrow(RangeError);
	}
	for (const bad of ["", "A", "a b", "1", "-a"]) {
		expect(isKey(bad)).toBe(false);
		expect(() => dictionary([[bad, "x"]])).toThrow(RangeError);
	}
	for (const bad of ["\n", "ü", "\u007f"]) expect(() => string(bad)).toThrow(RangeError);
	expect(withParameter(token("same-origin"), "report-to", string("x"))).toBe('same-origin; report-to="x"');
	expect(innerList([token("self"), string("https://a.example")])).toBe('(self "https://a.example")');
});

test("every structured header of a policy is read back by a reader of RFC 9651", () => {
	const headers = headersOf({
		permissionsPolicy: { features: { camera: ["self", "https://*.a.example"], fullscreen: "*" }, reportTo: "pp" },
		integrityPolicy: { endpoints: ["pp"] },
		reportingEndpoints: { pp: "/r" },
		crossOriginEmbedderPolicy: { policy: "credentialless", reportTo: "pp" },
	});
	for (const name of ["Permissions-Policy", "Integrity-Policy", "Reporting-Endpoints"]) expect(parseDictionary(headers[name] ?? "").size).toBeGreaterThan(0);
	for (const name of ["Cross-Origin-Opener-Policy", "Cross-Origin-Embedder-Policy", "Origin-Agent-Cluster"])
		expect(parseItem(headers[name] ?? "")).toHaveLength(2);
	expect(parseDictionary(headers["Permissions-Policy"] ?? "").get("camera")?.[0]).toHaveLength(2);
});
