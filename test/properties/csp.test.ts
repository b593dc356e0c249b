import fc from "fast-check";
import { expect, test } from "vitest";
import { DIRECTIVES } from "../../src/csp/directives.ts";
import { csp } from "../../src/csp/index.ts";
import { NONCE } from "../../src/csp/keywords.ts";
import { parse, serialize } from "../../src/csp/serialize.ts";
import { compile } from "../../src/policy/compile.ts";
import { createPolicy } from "../../src/policy/create.ts";
import type { SecureHeadersOptions } from "../../src/policy/options.ts";
import { blockFor } from "../../src/response/wire.ts";
import { accepted } from "../support/accepted.ts";
import { runs } from "../support/runs.ts";

const name = fc.constantFrom(...DIRECTIVES.keys());
const word = fc.stringMatching(/^[\x21-\x2b\x2d-\x3a\x3c-\x7e]{1,12}$/);
const model = fc.array(fc.tuple(name, fc.array(word, { maxLength: 5 })), { maxLength: 8 }).map((entries) => new Map(entries));

test("parse is the inverse of serialize", () => {
	fc.assert(fc.property(model, (policy) => void expect(parse(serialize(policy))).toEqual(policy)));
});

test("serialize is the inverse of parse for canonical text", () => {
	fc.assert(fc.property(model, (policy) => void expect(serialize(parse(serialize(policy)))).toBe(serialize(policy))));
});

const hostile = fc.oneof(
	fc.string({ unit: "binary", maxLength: 30 }),
	fc.constantFrom(
		"'self'",
		"self",
		"'none'",
		"*",
		"https:",
		"a;b",
		"a,b",
		"a b",
		"\r\nSet-Cookie: x",
		"\u2028",
		"‘self’",
		"'nonce-x'",
		"x\u0000",
		"__proto__",
		"",
		NONCE,
	),
	fc.webUrl(),
	fc.anything(),
);
const hostileKey = fc.oneof(name, fc.constantFrom("scriptSrc", "imgSrc", "__proto__", "constructor", "x"), fc.string({ maxLength: 10 }));
/** One hostile option at a time, so that a good part of them is accepted. */
const hostileOptions = fc.oneof(
	fc.record({
		contentSecurityPolicy: fc.record(
			{
				useDefaults: fc.oneof(fc.boolean(), fc.anything()),
				directives: fc.dictionary(hostileKey, fc.oneof(hostile, fc.array(hostile, { maxLength: 2 })), { maxKeys: 2 }),
			},
			{ requiredKeys: [] },
		),
	}),
	fc.record({ referrerPolicy: hostile }),
	fc.record({ reportingEndpoints: fc.dictionary(fc.stringMatching(/^[a-zA-Z]{1,3}$/), hostile, { maxKeys: 1 }) }),
	fc.record({
		permissionsPolicy: fc.record({ features: fc.dictionary(fc.constantFrom("camera", "usb", "x"), fc.oneof(hostile, fc.array(hostile, { maxLength: 2 }))) }),
	}),
	fc.record({ strictTransportSecurity: fc.oneof(fc.anything(), fc.record({ maxAge: fc.oneof(fc.double(), fc.nat()), preload: fc.boolean() })) }),
	fc.record({ removeHeaders: fc.array(hostile, { maxLength: 1 }) }),
	fc.record({ crossOriginOpenerPolicy: hostile }),
);

test("whatever the options are, the result is a policy of visible ASCII or a PolicyError", () => {
	let accepted = 0;
	fc.assert(
		fc.property(hostileOptions, (options) => {
			for (const { text } of compiledHeaders(options) ?? []) {
				accepted++;
				expect(text).toMatch(/^[\x20-\x7e]+$/);
			}
		}),
		{ numRuns: runs(5000) },
	);
	// The control: a good part of the inputs got through, nine headers each.
	expect(accepted).toBeGreaterThan(runs(1000));
});

test("no source makes a second directive, source or policy", () => {
	let accepted = 0;
	fc.assert(
		fc.property(
			fc.array(fc.oneof(fc.string({ maxLength: 20 }), fc.webUrl(), fc.constantFrom("a;b", "a b", "a,b")), { minLength: 1, maxLength: 4 }),
			(sources) => {
				const headers = compiledHeaders({ contentSecurityPolicy: { useDefaults: false, directives: { connectSrc: sources } } });
				if (headers === undefined) return;
				accepted++;
				const text = headers.find(({ name }) => name === "Content-Security-Policy")?.text ?? "";
				expect(text).not.toContain(",");
				expect([...parse(text).keys()]).toEqual(["connect-src"]);
				expect(parse(text).get("connect-src")?.length).toBeLessThanOrEqual(new Set(sources).size);
			},
		),
		{ numRuns: runs(2000) },
	);
	expect(accepted).toBeGreaterThan(runs(100));
});

test("the order in which directives are written does not change a byte", () => {
	const directives = { defaultSrc: [csp.self], imgSrc: ["https:"], scriptSrc: [csp.nonce], baseUri: [csp.none], sandbox: ["allow-scripts"] };
	const keys = Object.keys(directives) as (keyof typeof directives)[];
	const text = (order: readonly (keyof typeof directives)[]) =>
		compiledHeaders({ contentSecurityPolicy: { useDefaults: false, directives: Object.fromEntries(order.map((key) => [key, directives[key]])) } })?.[0]?.nonced;
	fc.assert(fc.property(fc.shuffledSubarray(keys, { minLength: keys.length }), (order) => void expect(text(order)).toEqual(text(keys))));
});

function compiledHeaders(options: unknown) {
	return accepted(() => blockFor(compile(createPolicy(options as SecureHeadersOptions)), true, true).headers);
}
