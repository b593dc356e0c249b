import express from "express";
import request from "supertest";
import { describe, expect, test } from "vitest";
import { PolicyError } from "../../src/core/errors.ts";
import { csp } from "../../src/csp/index.ts";
import { secureHeaders } from "../../src/middleware.ts";
import { createPolicy } from "../../src/policy/create.ts";
import type { SecureHeadersOptions } from "../../src/policy/options.ts";
import { codesOf, headersOf, issuesOf } from "../support/policy.ts";

const DEFAULTS = headersOf({});

describe("held wrong", () => {
	test("every problem is shown at once, each with its place", () => {
		expect(() =>
			createPolicy({
				hsts: true,
				contentSecurityPolicy: { directives: { scriptSrc: ["self"] } },
				strictTransportSecurity: { preload: true, includeSubDomains: false },
			} as SecureHeadersOptions),
		).toThrow(
			[
				"3 problems:",
				"  hsts: headguard has no short names. Write strictTransportSecurity. [option/alias]",
				`  contentSecurityPolicy.directives.scriptSrc[0]: received "self", which browsers read as a host name. Write "'self'" with single quotes, or csp.self. [csp/unquoted-keyword]`,
				'  strictTransportSecurity.preload: received {"includeSubDomains":false}, which preload lists refuse. Write includeSubDomains: true, and maxAge of at least 31536000. [hsts/preload-ineligible]',
			].join("\n"),
		);
	});

	test.each([
		["hsts", "strictTransportSecurity"],
		["noSniff", "xContentTypeOptions"],
		["frameguard", "xFrameOptions"],
		["xssFilter", "xXssProtection"],
		["dnsPrefetchControl", "xDnsPrefetchControl"],
		["ieNoOpen", "xDownloadOptions"],
		["permittedCrossDomainPolicies", "xPermittedCrossDomainPolicies"],
		["hidePoweredBy", "xPoweredBy"],
		["csp", "contentSecurityPolicy"],
		["Content-Security-Policy", "contentSecurityPolicy"],
		["x-frame-options", "xFrameOptions"],
	])("the alias %s is refused with the full name", (alias, name) => {
		const [issue, ...others] = issuesOf({ [alias]: false });
		expect(others).toEqual([]);
		expect(issue?.code).toBe("option/alias");
		expect(issue?.message).toContain(`Write ${name}.`);
	});

	test("clearSiteData is refused as an option and named as a route helper", () => {
		expect(issuesOf({ clearSiteData: ["cookies"] })[0]?.message).toContain("Write clearSiteData(…) on a route such as the logout.");
	});

	test("an unknown option is refused with a suggestion", () => {
		expect(issuesOf({ contentSecurityPolicies: {} })[0]?.message).toContain('Did you mean "contentSecurityPolicy"?');
	});

	test.each<[string, unknown]>([
		["null", null],
		["a string", "x"],
		["an array", []],
		["a number", 5],
		["a function", () => ({})],
		["a Map", new Map()],
	])("%s is no options object", (_name, options) => {
		expect(codesOf(options)).toEqual(["option/type"]);
	});

	test("a promise is named as such, for the options and for each option", () => {
		expect(codesOf(Promise.resolve({}))).toEqual(["option/async"]);
		for (const key of Object.keys({ strictTransportSecurity: 0, referrerPolicy: 0, xPoweredBy: 0, secure: 0, crossOriginOpenerPolicy: 0, removeHeaders: 0 })) {
			expect([key, codesOf({ [key]: Promise.resolve(true) })]).toEqual([key, ["option/async"]]);
		}
	});

	test("options that are no header are checked as well", () => {
		expect(codesOf({ secure: async () => true })).toEqual(["option/async"]);
		expect(codesOf({ secure: "yes" })).toEqual(["option/type"]);
		expect(codesOf({ onEvent: {} })).toEqual(["option/type"]);
		expect(codesOf({ lock: ["xFrameOption", "xFrameOptions"] })).toEqual(["option/unknown"]);
		expect(issuesOf({ lock: ["hsts", "X-Frame-Options"] })).toEqual([
			{
				code: "option/alias",
				path: "lock[0]",
				message: "headguard has no short names. Write strictTransportSecurity.",
				expected: "strictTransportSecurity",
			},
			{ code: "option/alias", path: "lock[1]", message: "options are in camelCase. Write xFrameOptions.", expected: "xFrameOptions" },
		]);
		expect(codesOf({ lock: "xFrameOptions" })).toEqual(["option/type"]);
		expect(codesOf({ vary: ["Host", "a b", "a\r\nb", "a:", 5, ""] })).toEqual(Array(5).fill("header/name"));
		expect(codesOf({ vary: "Host" })).toEqual(["option/type"]);
		expect(createPolicy({}).lock).toEqual([]);
		expect(createPolicy({}).vary).toEqual([]);
	});

	test("null says what to write instead", () => {
		expect(issuesOf({ strictTransportSecurity: null })[0]?.message).toBe(
			"received null. Write false to switch Strict-Transport-Security off, or leave it out for the default.",
		);
	});

	test("cross-checks speak only of a policy that is otherwise right", () => {
		const reportTo = { contentSecurityPolicy: { directives: { reportTo: "csp" } } };
		expect(codesOf(reportTo)).toEqual(["report/endpoint-undefined"]);
		expect(codesOf({ ...reportTo, referrerPolicy: "x" })).toEqual(["referrer/invalid"]);
		expect(codesOf({ ...reportTo, reportingEndpoints: { other: "/r" } })).toEqual(["report/endpoint-undefined"]);
	});

	test("keys of Object.prototype are unknown options like any other", () => {
		expect(codesOf(JSON.parse('{"__proto__":{"contentSecurityPolicy":false}}'))).toEqual(["option/unknown"]);
		expect(codesOf({ constructor: 1 })).toEqual(["option/unknown"]);
		expect(codesOf({ toString: 1 })).toEqual(["option/unknown"]);
	});

	test("null-prototype, frozen and proxied objects are read like any others", () => {
		const options = { referrerPolicy: "no-referrer" } as const;
		for (const given of [Object.assign(Object.create(null), options), Object.freeze({ ...options }), new Proxy(options, {})]) {
			expect(headersOf(given)["Referrer-Policy"]).toBe("no-referrer");
		}
	});

	test("inherited options do not count", () => {
		expect(headersOf(Object.create({ contentSecurityPolicy: false }))).toEqual(DEFAULTS);
	});

	test("an option that cannot be read is an issue, not a crash", () => {
		const hostile = new Proxy(
			{},
			{
				ownKeys: () => {
					throw new Error("no keys for you");
				},
			},
		);
		const message = 'reading it threw "no keys for you". Write a plain object.';
		expect(issuesOf(hostile)).toEqual([{ code: "option/unreadable", path: "", message, expected: "a plain object" }]);
		const getter = {
			get contentSecurityPolicy(): never {
				throw new Error("getter");
			},
		};
		expect(codesOf(getter)).toEqual(["option/unreadable"]);
		expect(codesOf({ contentSecurityPolicy: hostile })).toEqual(["option/unreadable"]);
	});

	test("a polluted Object.prototype changes nothing", () => {
		const polluted: Record<string, unknown> = {
			contentSecurityPolicy: false,
			strictTransportSecurity: false,
			directives: { scriptSrc: ["*"] },
			useDefaults: false,
			reportTo: "x",
			preload: true,
			maxAge: 1,
			includeSubDomains: false,
			locked: false,
			nonced: ["a", "b"],
			complete: () => ({ text: "x", isFrameworks: true }),
			onOther: "complete",
			derive: () => "SAMEORIGIN",
		};
		try {
			for (const [key, value] of Object.entries(polluted)) Object.defineProperty(Object.prototype, key, { value, configurable: true, writable: true });
			expect(headersOf({ strictTransportSecurity: {}, contentSecurityPolicy: {} })).toEqual(DEFAULTS);
		} finally {
			for (const key of Object.keys(polluted)) Reflect.deleteProperty(Object.prototype, key);
		}
	});

	test("changing the options afterwards has no effect", async () => {
		const imgSrc: string[] = [csp.self];
		const options = { contentSecurityPolicy: { directives: { imgSrc } }, removeHeaders: ["Server"], reportingEndpoints: { a: "/r" } };
		const headers = secureHeaders(options);
		imgSrc.push("*");
		options.removeHeaders.push("Content-Type");
		options.reportingEndpoints.a = "https://evil.example";
		options.contentSecurityPolicy.directives = { imgSrc: ["*"] };
		const app = express()
			.use(headers)
			.get("/", (_req, res) => res.send("x"));
		const response = await request(app).get("/").set("Host", "app.example");
		expect(response.headers["content-security-policy"]).toContain("img-src 'self';");
		expect(response.headers["content-type"]).toBe("text/html; charset=utf-8");
		expect(response.headers["reporting-endpoints"]).toBe('a="/r"');
	});

	test("the policy is read-only", () => {
		const policy = createPolicy({ contentSecurityPolicy: { directives: { imgSrc: ["*"] } } });
		expect(Object.isFrozen(policy)).toBe(true);
		expect(Object.isFrozen(policy.warnings)).toBe(true);
		expect(policy.warnings).toHaveLength(1);
		expect(() => (policy.remove as string[]).push("x")).toThrow(TypeError);
	});

	test("mounting the factory un-called says what to write", async () => {
		const app = express().use(secureHeaders as never);
		app.use((error: Error, _req: unknown, res: express.Response, _next: unknown) => void res.status(500).json({ message: error.message }));
		const response = await request(app).get("/");
		expect(response.body.message).toBe(
			"secureHeaders was mounted instead of what it returns. Write app.use(secureHeaders()), with the parentheses. [usage/not-called]",
		);
	});
});

describe("PolicyError", () => {
	const error = new PolicyError([{ code: "csp/empty", path: "a.b", message: "m." }]);

	test("is a TypeError with a code and frozen issues", () => {
		expect(error).toBeInstanceOf(TypeError);
		expect(error.name).toBe("PolicyError");
		expect(error.code).toBe("ERR_POLICY");
		expect(error.message).toBe("a.b: m. [csp/empty]");
		expect(Object.isFrozen(error.issues)).toBe(true);
		expect(Object.isFrozen(error.issues[0])).toBe(true);
	});

	test("instanceof knows the error of another copy, and nothing else", () => {
		const foreign = Object.assign(new TypeError("x"), { [Symbol.for("headguard.PolicyError")]: true });
		expect(foreign).toBeInstanceOf(PolicyError);
		for (const other of [new TypeError("x"), {}, null, undefined, "x"]) expect(other instanceof PolicyError).toBe(false);
	});

	test("values in messages are quoted, escaped and cut at 80 characters", () => {
		const [issue] = issuesOf({ referrerPolicy: `\u001b[31m\u0085${"x".repeat(500)}` });
		expect(issue?.message).toContain(`received "\\u001b[31m\\u0085${"x".repeat(3)}`);
		expect(issue?.message.indexOf("…")).toBeLessThan(100);
		expect(issue?.message).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
	});
});

describe("names to remove", () => {
	const removed = (options: object) => createPolicy(options as SecureHeadersOptions).remove;

	test("X-Powered-By by default, more on request, none when told so", () => {
		expect(removed({})).toEqual(["X-Powered-By"]);
		expect(removed({ removeHeaders: ["Server", "x-runtime"] })).toEqual(["X-Powered-By", "Server", "x-runtime"]);
		expect(removed({ xPoweredBy: false })).toEqual([]);
		expect(removed({ xPoweredBy: true, removeHeaders: false })).toEqual(["X-Powered-By"]);
	});

	test.each([["Content-Type"], ["set-cookie"], ["a b"], ["x\r\ny"], [""], [5], ["Referrer-Policy"]])("%j cannot be removed", (name) => {
		expect(codesOf({ removeHeaders: [name] })).toEqual(["header/name"]);
	});

	test("Set-Cookie is refused for what it is", () => {
		expect(issuesOf({ removeHeaders: ["set-cookie"] })).toEqual([
			{
				code: "header/name",
				path: "removeHeaders[0]",
				message: 'received "set-cookie", without which browsers keep no cookies. Remove it.',
				received: '"set-cookie"',
			},
		]);
	});

	test("a header whose option is off may be removed", () => {
		expect(removed({ referrerPolicy: false, removeHeaders: ["Referrer-Policy"] })).toEqual(["X-Powered-By", "Referrer-Policy"]);
	});
});

test("headers.policy publishes its warnings alone, frozen, with those of extend and replace", () => {
	const headers = secureHeaders({ contentSecurityPolicy: { directives: { baseUri: null } } });
	const [extended, replaced] = [headers.extend({ xFrameOptions: "SAMEORIGIN" }), headers.replace({ referrerPolicy: "origin" })];
	for (const one of [headers, extended, replaced]) {
		expect(Reflect.ownKeys(one.policy)).toEqual(["warnings"]);
		expect(Object.isFrozen(one.policy) && Object.isFrozen(one.policy.warnings)).toBe(true);
		expect(() => (one.policy.warnings as unknown[]).push("x")).toThrow(TypeError);
	}
	const codesIn = ({ policy }: typeof headers) => policy.warnings.map(({ code }) => code);
	expect(codesIn(headers)).toEqual(["csp/no-base-uri"]);
	expect(codesIn(extended)).toEqual(["csp/no-base-uri", "frame/conflict"]);
	expect(codesIn(replaced)).toEqual(["csp/no-base-uri", "referrer/unsafe"]);
	expect(secureHeaders().policy).toEqual({ warnings: [] });
});
