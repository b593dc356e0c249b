import express from "express";
import request from "supertest";
import { describe, expect, test } from "vitest";
import { exchangeFrom, onPurposeIn } from "../../../src/audit/from-policy.ts";
import { judge } from "../../../src/audit/judge.ts";
import type { Code } from "../../../src/core/codes.ts";
import { complete } from "../../../src/csp/complete.ts";
import { csp } from "../../../src/csp/index.ts";
import { matchesAny } from "../../../src/csp/match.ts";
import { parse } from "../../../src/csp/serialize.ts";
import { emit } from "../../../src/edge/index.ts";
import { type PolicyError, secureHeaders } from "../../../src/index.ts";
import { compiledFrom } from "../../../src/policy/compile.ts";
import { isReported } from "../../../src/reports/suggest/replay.ts";
import { expectCsp } from "../../../src/testing/index.ts";
import { securedByOptions } from "../../support/compiled.ts";
import { codesOf, headersOf, headerTable, issuesOf, warningsOf } from "../../support/policy.ts";

const NAME = "Content-Security-Policy";
const URL_HASH = "'url-sha256-u3krRN8vZgMA+D1vd16uuFaSAth+e9nA/wldbugr/xU='";
const EVAL_HASH = "'eval-sha256-Shsh2HauAMjtXE0c3gnGH4phtQ/jcKgBsQwzmDHzcKs='";

const only = (directives: object, more: object = {}) => ({ contentSecurityPolicy: { useDefaults: false, directives, ...more } });
const unknown = (allowUnknownDirectives: unknown) => only({ defaultSrc: [csp.self] }, { allowUnknownDirectives });
const raw = (text: unknown) => only({ scriptSrc: [csp.self, { raw: text }] });

headerTable(
	NAME,
	[
		[only({ scriptSrc: [csp.self, csp.raw("'brand-new'")] }), "script-src 'self' 'brand-new'"],
		[only({ scriptSrc: csp.raw("'Brand-New'") }), "script-src 'Brand-New'"],
		[only({ imgSrc: [csp.raw("new(x)"), csp.raw("new(x)")] }), "img-src new(x)"],
		[only({ frameAncestors: new Set([csp.self, csp.raw("'new'")]) }), "frame-ancestors 'self' 'new'"],
		[only({ sandbox: ["allow-forms", csp.raw("allow-brand-new")] }), "sandbox allow-forms allow-brand-new"],
		[only({ requireTrustedTypesFor: [csp.script, csp.raw("'style'")] }), "require-trusted-types-for 'script' 'style'"],
		[only({ trustedTypes: ["app", csp.raw("'allow-new'")] }), "trusted-types app 'allow-new'"],
		[only({ imgSrc: csp.self }, { also: [{ imgSrc: [csp.raw("'new'")] }] }), "img-src 'self', img-src 'new'"],
		[unknown({ "brand-new-src": [csp.self, "https://new.example"] }), "default-src 'self'; brand-new-src 'self' https://new.example"],
		[unknown({ "a-flag": true, "b-flag": [], other: "x", third: csp.raw("'y'") }), "default-src 'self'; a-flag; b-flag; other x; third 'y'"],
		[unknown({ "brand-new-src": null, other: undefined }), "default-src 'self'"],
		[unknown({ constructor: "x" }), "default-src 'self'; constructor x"],
		[
			only({ scriptSrc: [csp.nonce, csp.urlHash("sha256", "https://a.example/x.js#part"), csp.evalHash("sha256", "1+1"), csp.strictDynamicUrl] }),
			`script-src 'nonce-NONCE' ${URL_HASH} ${EVAL_HASH} 'strict-dynamic-url'`,
		],
		[only({ defaultSrc: [URL_HASH.replace("url-sha", "URL-SHA"), EVAL_HASH] }), `default-src ${URL_HASH} ${EVAL_HASH}`],
	],
	[
		...(
			[
				["'self'", "csp/raw-known"],
				["https://a.example", "csp/raw-known"],
				["'nonce-abc'", "csp/raw-known"],
				[URL_HASH, "csp/raw-known"],
				["self", "csp/unquoted-keyword"],
				["'a;b'", "csp/separator"],
				["a,b", "csp/separator"],
				["'a' 'b'", "csp/whitespace"],
				["'a'\n", "csp/non-ascii"],
				["'a\u0000'", "csp/non-ascii"],
				["'ü'", "csp/non-ascii"],
				["", "csp/invalid-source"],
				["javascript:", "csp/invalid-source"],
				["a'b", "csp/invalid-source"],
				["'a'b'", "csp/invalid-keyword"],
				["'nonce-!'", "csp/invalid-keyword"],
				["'wasm-eval'", "csp/invalid-keyword"],
				["'sha256-abc'", "csp/hash-length"],
				["'url-sha256-abc'", "csp/hash-length"],
				["'eval-sha512-abc'", "csp/hash-length"],
				["url-sha256-abc", "csp/unquoted-keyword"],
				["“new”", "csp/wrong-quotes"],
				[5, "option/type"],
			] satisfies readonly (readonly [unknown, Code])[]
		).map(([text, code]) => [raw(text), code] as const),
		[only({ imgSrc: [{ raw: "'x'", also: 1 }] }), "option/type"],
		[only({ imgSrc: [csp.raw] }), "option/type"],
		[only({ imgSrc: [csp.urlHash] }), "option/type"],
		[only({ sandbox: [csp.raw("allow-forms")] }), "csp/raw-known"],
		[only({ sandbox: [csp.raw("a;b")] }), "csp/separator"],
		[only({ trustedTypes: [csp.raw("app")] }), "csp/raw-known"],
		[only({ reportUri: [csp.raw("/r")] }), "option/type"],
		[only({ imgSrc: [URL_HASH] }), "csp/keyword-no-effect"],
		[only({ styleSrc: [EVAL_HASH] }), "csp/keyword-no-effect"],
		[only({ scriptSrcElem: [EVAL_HASH] }), "csp/keyword-no-effect"],
		[only({ styleSrc: [csp.strictDynamicUrl] }), "csp/keyword-no-effect"],
		[unknown({ "script-src": ["x"] }), "csp/raw-known"],
		[unknown({ scriptSrc: ["x"] }), "csp/raw-known"],
		[unknown({ "plugin-types": ["x"] }), "csp/obsolete-directive"],
		[unknown({ "Brand-New": ["x"] }), "csp/unknown-directive"],
		[unknown({ "a;b": ["x"] }), "csp/unknown-directive"],
		[unknown({ "a b": ["x"] }), "csp/unknown-directive"],
		[unknown({ ü: ["x"] }), "csp/unknown-directive"],
		[unknown(JSON.parse('{"__proto__":["x"]}')), "csp/unknown-directive"],
		[unknown({ x: ["a;b"] }), "csp/separator"],
		[unknown({ x: "a b" }), "csp/whitespace"],
		[unknown({ x: ["a\r\nSet-Cookie:y"] }), "csp/non-ascii"],
		[unknown({ x: ["'nonce-abc'"] }), "nonce/literal"],
		[unknown({ x: [csp.nonce] }), "option/type"],
		[unknown({ x: [() => "y"] }), "option/type"],
		[unknown({ x: false }), "option/type"],
		[unknown({ x: Promise.resolve(["y"]) }), "option/async"],
		[unknown(["x"]), "option/type"],
	],
);

describe("what this version does not know is named in a warning", () => {
	test("of a source, of a token, and of a directive", () => {
		const options = unknown({ "brand-new-src": [csp.self] });
		expect(warningsOf(options)).toContain('contentSecurityPolicy.allowUnknownDirectives["brand-new-src"] csp/raw-directive');
		expect(warningsOf(only({ sandbox: [csp.raw("allow-new")] }))).toContain("contentSecurityPolicy.directives.sandbox[0] csp/raw-source");
		const [warning] = secureHeaders(raw("'brand-new'")).policy.warnings;
		expect(warning).toEqual({
			code: "csp/raw-source",
			path: "contentSecurityPolicy.directives.scriptSrc[1]",
			directive: "script-src",
			message: `received "'brand-new'", which this version does not know. Browsers that do not know it either ignore it.`,
			received: `"'brand-new'"`,
		});
	});

	test("the nonce in csp.raw is not shown", () => {
		const [issue] = issuesOf(raw("'nonce-c2VjcmV0'"));
		expect(issue?.message).toBe(`received "'nonce-…'", which this version knows. Write csp.nonce without csp.raw.`);
	});

	test.each([
		[URL_HASH, "ignores hosts and 'self' next to it with or without the flag. Other browsers ignore it. Write a nonce or hash too, which works everywhere."],
		[EVAL_HASH, "ignores 'unsafe-eval' next to it with or without the flag. Other browsers ignore it."],
		[csp.strictDynamicUrl, "Chromium 156 knows it only behind a flag. Other browsers ignore it."],
	])("%s is experimental", (source, end) => {
		const found = secureHeaders(only({ scriptSrc: [csp.nonce, source] })).policy.warnings.filter(({ code }) => code === "csp/experimental-source");
		expect(found.map(({ message }) => message.endsWith(end))).toEqual([true]);
	});

	test("'strict-dynamic-url' needs something to start from", () => {
		const at = "contentSecurityPolicy.directives.scriptSrc[1] csp/keyword-no-effect";
		expect(warningsOf(only({ scriptSrc: [csp.self, csp.strictDynamicUrl] }))).toContain(at);
		expect(warningsOf(only({ scriptSrc: [csp.nonce, csp.strictDynamicUrl] }))).not.toContain(at);
		expect(warningsOf(only({ scriptSrc: [URL_HASH, csp.strictDynamicUrl] }))).not.toContain(at);
	});
});

describe("csp.urlHash, csp.evalHash and csp.raw", () => {
	test("a path is hashed as a path, and a URL as browsers write it", () => {
		expect(csp.urlHash("sha256", "HTTPS://A.example:443/x.js")).toBe(URL_HASH);
		expect(csp.urlHash("sha256", "/ü.js")).toBe(csp.urlHash("sha256", "/%C3%BC.js#x"));
		expect(csp.urlHash("sha256", "/x.js")).not.toBe(csp.urlHash("sha256", "https://a.example/x.js"));
	});

	test.each(["x.js", "//a.example/x.js", "/\\a.example/x.js", "data:,x", "javascript:1", "", "https://"])("csp.urlHash refuses %j", (address) => {
		expect(() => csp.urlHash("sha256", address)).toThrow(
			new TypeError(`csp.urlHash: received ${JSON.stringify(address)}. Write an absolute URL, or a path that starts with a slash.`),
		);
	});

	test("an issue has no field of ours beside those that are documented", () => {
		const fields = (scriptSrc: readonly string[]): readonly string[] => {
			try {
				secureHeaders({ contentSecurityPolicy: { directives: { scriptSrc } } });
			} catch (error) {
				return Object.keys((error as PolicyError).issues[0] ?? {});
			}
			return [];
		};
		for (const source of ["'brand-new'", "https://", "a b"]) expect(fields([source])).toEqual(["path", "directive", "code", "message", "expected", "received"]);
	});

	test("wrong arguments are refused", () => {
		expect(() => csp.urlHash("sha1" as never, "/x")).toThrow(new RangeError('csp.urlHash: received "sha1". Use "sha256", "sha384" or "sha512".'));
		expect(() => csp.evalHash("sha256", 5 as never)).toThrow(new TypeError("csp.evalHash: received number as code. Write the string that runs as a string."));
		expect(() => csp.raw(5 as never)).toThrow(new TypeError("csp.raw: received number as text. Write the source as a string."));
		expect(() => secureHeaders({ contentSecurityPolicy: { directives: { scriptSrc: [csp.raw as never] } } })).toThrow(
			'received function raw (a function). Write what it returns, as in csp.hash("sha256", code), or a function (req, res) => sources. [option/type]',
		);
	});
});

describe("together with the rest", () => {
	const headers = secureHeaders({
		contentSecurityPolicy: {
			directives: { scriptSrc: [csp.self, csp.nonce, csp.raw("'brand-new'")] },
			allowUnknownDirectives: { "brand-new-src": [csp.none] },
		},
	});

	test.each([
		["a locked policy", true, "brand-new-src 'none'"],
		["one that is not locked (control)", false, undefined],
	])("the application replaces %s", async (_title, isLocked, kept) => {
		const { directives, allowUnknownDirectives } = {
			directives: { scriptSrc: [csp.raw("'brand-new'")] },
			allowUnknownDirectives: { "brand-new-src": "'none'" },
		};
		const options = { contentSecurityPolicy: { directives, allowUnknownDirectives }, lock: isLocked ? (["contentSecurityPolicy"] as const) : [] };
		const events: string[] = [];
		const app = express()
			.use(secureHeaders({ ...options, onEvent: ({ code }) => void events.push(code) }))
			.use((_req, res) => void res.type("text").set(NAME, "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'").send("x"));
		const { headers: sent } = await request(app).get("/");
		expect(sent[NAME.toLowerCase()]?.split("; ").find((part: string) => part.startsWith("brand-new-src"))).toBe(kept);
		expect(events).toEqual(isLocked ? [] : ["override/weaker"]);
	});

	test("extend keeps both, and adds csp.raw", () => {
		const extended = headers.extend({ contentSecurityPolicy: { directives: { scriptSrc: [csp.raw("'newer'")], connectSrc: [csp.raw("'newest'")] } } });
		const app = express()
			.use(headers)
			.get("/", extended, (_req, res) => void res.send("x"));
		return request(app)
			.get("/")
			.expect(({ headers: sent }) => {
				const model = parse(sent[NAME.toLowerCase()] ?? "");
				expect(model.get("script-src")).toEqual(["'self'", "'brand-new'", "'newer'"]);
				expect(model.get("connect-src")).toEqual(["'self'", "'newest'"]);
				expect(model.get("brand-new-src")).toEqual(["'none'"]);
			});
	});

	test("extend takes no unknown directive, and no hash that makes Chromium ignore what was allowed; replace does", () => {
		const patch = (directives: object, more: object = {}) => ({ contentSecurityPolicy: { directives, ...more } });
		const refusal = "override/restricts";
		const base = secureHeaders(only({ scriptSrc: [csp.self, csp.unsafeEval] }));
		expect(() => base.extend(patch({}, { allowUnknownDirectives: { x: "y" } }))).toThrow(refusal);
		expect(() => base.extend(patch({ scriptSrc: [URL_HASH] }))).toThrow(`the hash of an address makes browsers ignore the hosts and 'self' of this list`);
		expect(() => base.extend(patch({ scriptSrc: [EVAL_HASH] }))).toThrow(`the hash of code for eval makes browsers ignore the 'unsafe-eval' of this list`);
		expect(() => base.extend(patch({ imgSrc: [URL_HASH] }))).toThrow("csp/keyword-no-effect");
		expect(() => base.replace(patch({ scriptSrc: [csp.self, URL_HASH] }, { allowUnknownDirectives: { x: "y" } }))).not.toThrow();
		expect(() => secureHeaders(only({ scriptSrc: [csp.nonce] })).extend(patch({ scriptSrc: [URL_HASH, EVAL_HASH] }))).not.toThrow();
	});

	test("a list that starts from its fallback leaves out what only matches scripts", () => {
		const base = secureHeaders(only({ defaultSrc: [csp.self, URL_HASH, EVAL_HASH, csp.raw("'new'")] }));
		const app = express()
			.use(base)
			.get("/", base.extend({ contentSecurityPolicy: { directives: { imgSrc: ["data:"] } } }), (_req, res) => void res.send("x"));
		return request(app).get("/").expect(NAME, `default-src 'self' ${URL_HASH} ${EVAL_HASH} 'new'; img-src 'self' 'new' data:`);
	});

	test("a function may return csp.raw, and something it must not return is refused", async () => {
		const answers: Record<string, unknown> = { "/new": csp.raw("'new'"), "/both": ["https://a.example", csp.raw("'new'")], "/bad": csp.raw("'a;b'") };
		const app = express().use(
			secureHeaders(only({ imgSrc: [csp.self, ({ url = "" }: { url?: string }) => answers[url] as never] }) as never),
			(_req: unknown, res: { send(text: string): void }) => res.send("x"),
		);
		app.use(((_error, _req, res, _next) => void res.status(500).send("")) as express.ErrorRequestHandler);
		await request(app).get("/new").expect(200).expect(NAME, "img-src 'self' 'new'");
		await request(app).get("/both").expect(200).expect(NAME, "img-src 'self' 'new' https://a.example");
		await request(app).get("/bad").expect(500).expect(NAME, "img-src 'self'");
	});

	test("a framework's own policy is completed with an unknown directive, and the policy is complete on a 404", async () => {
		expect(complete("default-src 'none'", [parse("default-src 'self'; brand-new-src 'self'; base-uri 'self'")], undefined)).toBe(
			"default-src 'none'; brand-new-src 'self'; base-uri 'self'",
		);
		expect(complete("brand-new-src *, img-src *", [parse("default-src 'self'; brand-new-src 'self'")], undefined)).not.toContain("brand-new-src 'self'");
		const app = express().use(headers);
		await request(app)
			.get("/gone")
			.expect(404)
			.expect(NAME, "default-src 'none'; base-uri 'self'; brand-new-src 'none'; form-action 'self'; frame-ancestors 'none'");
	});

	test("a report-only policy has both", () => {
		const { contentSecurityPolicy } = unknown({ "brand-new-src": [csp.self] });
		expect(headersOf({ contentSecurityPolicyReportOnly: contentSecurityPolicy })[`${NAME}-Report-Only`]).toBe("default-src 'self'; brand-new-src 'self'");
		expect(codesOf({ contentSecurityPolicyReportOnly: unknown({ "script-src": true }).contentSecurityPolicy })).toEqual(["csp/raw-known"]);
	});

	test("a compiled module sends the same", async () => {
		const options = only({ scriptSrc: [csp.self, csp.raw("'brand-new'")] }, { allowUnknownDirectives: { x: "y" } });
		const app = express().use(securedByOptions(options) as express.RequestHandler, (_req, res) => void res.send("x"));
		await request(app).get("/").expect(NAME, "script-src 'self' 'brand-new'; x y");
	});

	test.each(["nginx", "apache", "caddy", "haproxy", "vercel", "meta"])("%s emits both", (target) => {
		const files = emit(target, unknown({ "brand-new-src": [csp.raw("'new'")] })).files.map(({ text }) => text.replaceAll("'\\''", "'"));
		expect(files.join()).toContain("default-src 'self'; brand-new-src 'new'");
	});

	test("the audit finds neither in a response of its policy, and both without the policy", () => {
		const exchange = exchangeFrom(compiledFrom(headers), "policy");
		const ids = (given: typeof exchange) => judge([given]).map(({ id }) => id);
		const found = ["csp/unknown-directive", "csp/invalid-keyword"];
		expect(ids({ ...exchange, onPurpose: undefined })).toEqual(expect.arrayContaining(found));
		expect(ids(exchange).filter((id) => found.includes(id))).toEqual([]);
		// Another unknown word is a finding all the same.
		const other = exchange.fields.map(([name, value]) => [name, value.replace("'brand-new'", "'brnad-new'")] as const);
		expect(ids({ ...exchange, fields: other })).toContain("csp/invalid-keyword");
		expect(onPurposeIn(compiledFrom({}))).toBeUndefined();
	});

	test("expectCsp asks for a directive that is sent, and refuses one that nobody knows", () => {
		const response = { statusCode: 200, headers: { [NAME.toLowerCase()]: `default-src 'self' ${EVAL_HASH}; brand-new-src 'self'` } } as never;
		expect(() => expectCsp(response, "brand-new-src", { contains: ["'self'"], lacks: ["*"] })).not.toThrow();
		expect(() => expectCsp(response, "brand-new-src", { contains: ["*"] })).toThrow("missing   *");
		expect(() => expectCsp(response, "brnad-new-src")).toThrow("is not a CSP directive");
		expect(() => expectCsp(response, "script-src", { contains: [EVAL_HASH] })).not.toThrow();
		expect(() => expectCsp(response, "script-src", { contains: [EVAL_HASH.toLowerCase()] })).toThrow("missing");
	});

	test("next to the hash of an address nothing matches an address, as in Chromium", () => {
		const [url, page] = [new URL("https://a.example/x.js"), new URL("https://site.example/")];
		expect(matchesAny(["'self'", "https://a.example"], url, page)).toBe(true);
		expect(matchesAny(["'self'", "https://a.example", URL_HASH], url, page)).toBe(false);
		const violation = { directive: "script-src", blocked: "eval", document: "https://site.example/" };
		expect(isReported(parse("script-src 'unsafe-eval'"), violation)).toBe(false);
		expect(isReported(parse(`script-src 'unsafe-eval' ${EVAL_HASH}`), violation)).toBe(true);
	});
});
