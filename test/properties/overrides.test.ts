import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { csp } from "../../src/index.ts";
import { compile } from "../../src/policy/compile.ts";
import { type CheckedPolicy, createPolicy } from "../../src/policy/create.ts";
import type { SecureHeadersOptions } from "../../src/policy/options.ts";
import { overridePolicy, type PolicyPatch } from "../../src/policy/override.ts";
import { blockFor } from "../../src/response/wire.ts";
import { accepted } from "../support/accepted.ts";
import { type InlineCode, type InlineKind, runsInline } from "../support/inline-code.ts";
import { runs } from "../support/runs.ts";

const NONCE = "A".repeat(22);
const CODE = "known()";
const HASH = csp.hash("sha256", CODE);
const { self, none, nonce, strictDynamic, unsafeInline, unsafeHashes, reportSample } = csp;
const asked = (): string => "https://asked.example";

const SOURCES: readonly unknown[] = [self, nonce, strictDynamic, HASH, unsafeHashes, reportSample, "https:", "https://a.example", asked];
const DIRECTIVES = ["defaultSrc", "scriptSrc", "scriptSrcElem", "scriptSrcAttr", "styleSrc", "styleSrcElem", "styleSrcAttr", "childSrc", "workerSrc"];

const listOf = (...more: readonly unknown[]) =>
	fc.oneof(
		{ weight: 9, arbitrary: fc.uniqueArray(fc.constantFrom(...SOURCES, ...more), { minLength: 1, maxLength: 4 }) },
		{ weight: 1, arbitrary: fc.constant([none]) },
	);
const directivesOf = (list: fc.Arbitrary<unknown>, names = DIRECTIVES) =>
	fc.dictionary(fc.constantFrom(...names), list, { minKeys: 1, maxKeys: 4, noNullPrototype: true });

const ownPolicy = directivesOf(listOf(unsafeInline, unsafeInline, nonce)).map((directives) => ({ contentSecurityPolicy: { useDefaults: false, directives } }));
const base = fc.oneof(
	{ weight: 4, arbitrary: ownPolicy },
	{ weight: 1, arbitrary: fc.constantFrom<SecureHeadersOptions>({}, { preset: "ssr" }, { preset: "strict" }, { preset: "spa" }, { preset: "api" }) },
	{
		weight: 1,
		arbitrary: fc
			.tuple(fc.constantFrom("ssr", "strict"), directivesOf(listOf(unsafeInline)))
			.map(([preset, directives]) => ({ preset, contentSecurityPolicy: { directives } })),
	},
);
/** Nothing in it names 'unsafe-inline', and it leaves nothing out. */
const patch = directivesOf(listOf()).map((directives) => ({ contentSecurityPolicy: { directives } }));

/** What goes out: with the nonce read and without, on http and https. */
function texts(policy: CheckedPolicy): readonly string[] {
	return [true, false].flatMap((secure) => {
		const header = blockFor(compile(policy), secure, true).headers.find(({ name }) => name === "Content-Security-Policy");
		return header === undefined ? [] : [header.text, header.nonced?.join(NONCE) ?? header.text];
	});
}

const KINDS: readonly InlineKind[] = ["script", "handler", "javascript-url", "style", "style-attribute"];
/** What an attacker can put into a page: he knows neither the nonce nor code that a hash names. */
const INJECTED: InlineCode = { text: "injected()" };

/** The kinds of injected code that run after and were blocked before. */
function opened(before: CheckedPolicy, after: CheckedPolicy): readonly string[] {
	const [was, is] = [texts(before), texts(after)];
	return was.flatMap((policy, i) => KINDS.filter((kind) => !runsInline(policy, kind, INJECTED) && runsInline(is[i] ?? "", kind, INJECTED)));
}

/** The kinds of the application's own code that were allowed before and are blocked after. */
function closed(before: CheckedPolicy, after: CheckedPolicy): readonly string[] {
	const own: readonly InlineCode[] = [{ text: CODE }, { text: "other()", nonce: NONCE }];
	const [was, is] = [texts(before), texts(after)];
	return was.flatMap((policy, i) => KINDS.filter((kind) => own.some((code) => runsInline(policy, kind, code) && !runsInline(is[i] ?? "", kind, code))));
}

describe("an addition that does not name 'unsafe-inline'", () => {
	const often = { numRuns: runs(1000), seed: 20_261 };

	test("runs no inline code that was blocked, in any browser", () => {
		let tried = 0;
		fc.assert(
			fc.property(base, fc.array(patch, { minLength: 1, maxLength: 2 }), (options, patches) => {
				const before = accepted(() => createPolicy(options as SecureHeadersOptions));
				if (before === undefined) return;
				let after = before;
				for (const one of patches) after = accepted(() => overridePolicy(after, one as PolicyPatch, "extend")) ?? after;
				if (after !== before) tried++;
				expect(opened(before, after), texts(after)[1]).toEqual([]);
			}),
			often,
		);
		expect(tried, "additions that were accepted").toBeGreaterThan(often.numRuns / 20);
	});

	test("blocks no inline code that ran", () => {
		fc.assert(
			fc.property(base, patch, (options, one) => {
				const before = accepted(() => createPolicy(options as SecureHeadersOptions));
				const after = before && accepted(() => overridePolicy(before, one as PolicyPatch, "extend"));
				if (before === undefined || after === undefined) return;
				expect(closed(before, after), texts(after)[1]).toEqual([]);
			}),
			often,
		);
	});
});

describe("what a nonce, a hash or 'strict-dynamic' had switched off stays off", () => {
	const extended = (options: SecureHeadersOptions, directives: object): string => {
		const after = overridePolicy(createPolicy(options), { contentSecurityPolicy: { directives } } as PolicyPatch, "extend");
		return (
			texts(after)[1]
				?.split("; ")
				.find((one) => one.startsWith(Object.keys(directives)[0]?.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`) ?? "")) ?? ""
		);
	};

	test.each<[string, SecureHeadersOptions, object, string]>([
		["a nonce, for handlers", { preset: "ssr" }, { scriptSrcAttr: [reportSample] }, "script-src-attr 'report-sample'"],
		["a nonce, for handlers, strict", { preset: "strict" }, { scriptSrcAttr: [reportSample] }, "script-src-attr 'report-sample'"],
		[
			"a nonce, for style attributes",
			{ contentSecurityPolicy: { directives: { styleSrc: [self, nonce, unsafeInline] } } },
			{ styleSrcAttr: [reportSample] },
			"style-src-attr 'report-sample'",
		],
		[
			"a hash, for handlers",
			{ contentSecurityPolicy: { directives: { scriptSrc: [self, HASH, unsafeInline] } } },
			{ scriptSrcAttr: [reportSample] },
			"script-src-attr 'report-sample'",
		],
		["hashes of handlers are taken", { preset: "ssr" }, { scriptSrcAttr: [unsafeHashes, HASH] }, `script-src-attr ${HASH} 'unsafe-hashes'`],
		["(control) a patch that names it gets it", { preset: "ssr" }, { scriptSrcAttr: [unsafeInline] }, "script-src-attr 'unsafe-inline'"],
		[
			"(control) what was in force stays in force",
			{ contentSecurityPolicy: { directives: { styleSrc: [self, unsafeInline] } } },
			{ styleSrcAttr: [reportSample] },
			"style-src-attr 'report-sample' 'unsafe-inline'",
		],
	])("%s", (_title, options, directives, text) => {
		expect(extended(options, directives)).toBe(text);
	});
});
