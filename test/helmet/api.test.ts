import originalModule, * as original from "helmet";
import { afterEach, describe, expect, test, vi } from "vitest";
import exactDefault, * as exact from "../../src/helmet/exact.ts";
import helmetDefault, * as kept from "../../src/helmet/index.ts";
import { csp } from "../../src/index.ts";

const COPIES = [
	["headguard/helmet", kept, helmetDefault],
	["headguard/helmet/exact", exact, exactDefault],
] as const;

describe.each(COPIES)("%s has helmet's API", (_name, module, helmet) => {
	test("23 names, the same as helmet's", () => {
		expect(Object.keys(module).sort()).toEqual(Object.keys(original).sort());
		expect(Object.keys(module)).toHaveLength(23);
		expect(module.default).toBe(helmet);
	});

	test("each name is also a property of the default export, with helmet's Function.name and parameters", () => {
		expect(helmet.name).toBe("helmet");
		expect(Object.keys(helmet).sort()).toEqual(Object.keys(originalModule).sort());
		for (const [name, value] of Object.entries(original)) {
			const mine = Reflect.get(module, name);
			expect([mine.name, mine.length], name).toEqual([value.name, value.length]);
			if (name !== "default") expect(Reflect.get(helmet, name)).toBe(mine);
		}
	});

	test("each middleware has helmet's name, and three parameters", () => {
		for (const [name, value] of Object.entries(original)) {
			const mine = (Reflect.get(module, name) as () => unknown)();
			const theirs = (value as () => unknown)();
			expect([Reflect.get(mine as object, "name"), Reflect.get(mine as object, "length")], name).toEqual([Reflect.get(theirs as object, "name"), 3]);
		}
	});

	test("getDefaultDirectives gives a new copy each time, and nothing done to it reaches a policy", () => {
		const { getDefaultDirectives } = module.contentSecurityPolicy;
		expect(getDefaultDirectives()).toEqual(original.contentSecurityPolicy.getDefaultDirectives());
		expect(Object.keys(getDefaultDirectives())).toEqual(Object.keys(original.contentSecurityPolicy.getDefaultDirectives()));
		(getDefaultDirectives()["script-src"] as string[]).push("*");
		expect(getDefaultDirectives()["script-src"]).toEqual(["'self'"]);
	});

	test.each<[string, () => unknown, string]>([
		[
			"mounted without a call",
			() => helmet(Object.create(new (class IncomingMessage {})()) as never),
			"It appears you have done something like `app.use(helmet)`",
		],
		[
			"no default-src",
			() => helmet({ contentSecurityPolicy: { useDefaults: false, directives: { scriptSrc: ["'self'"] } } }),
			"needs a default-src but none was provided",
		],
		[
			"csp.raw in a list",
			() => helmet({ contentSecurityPolicy: { directives: { scriptSrc: ["'self'", csp.raw("'new'") as never] } } }),
			`Content-Security-Policy received an invalid directive value for "script-src". Write text instead of csp.raw, and (req, res) => \`'nonce-\${res.locals.nonce}'\` instead of csp.nonce`,
		],
		[
			"csp.raw as a list",
			() => helmet({ contentSecurityPolicy: { directives: { imgSrc: csp.raw("'new'") as never } } }),
			`Content-Security-Policy received an invalid directive value for "img-src". Write text instead of csp.raw, and (req, res) => \`'nonce-\${res.locals.nonce}'\` instead of csp.nonce`,
		],
		[
			"csp.nonce in a list",
			() => helmet({ contentSecurityPolicy: { directives: { scriptSrc: ["'self'", csp.nonce as never] } } }),
			`Content-Security-Policy received an invalid directive value for "script-src". Write text instead of csp.raw, and (req, res) => \`'nonce-\${res.locals.nonce}'\` instead of csp.nonce`,
		],
		[
			"an alias beside its name",
			() => helmet({ hsts: true, strictTransportSecurity: true } as never),
			"Strict-Transport-Security option was specified twice. Remove the `hsts` option",
		],
		[
			"a keyword without quotes",
			() => module.contentSecurityPolicy({ directives: { scriptSrc: ["self"] } }),
			'invalid directive value for "script-src". "self" should be quoted',
		],
		["an unknown action", () => module.frameguard({ action: "allow-from" as never }), 'X-Frame-Options received an invalid action "allow-from"'],
	])("%s: an error of the class Error, with helmet's text", (_case, make, text) => {
		expect(make).toThrow(text);
		expect(make).toThrow(expect.objectContaining({ constructor: Error }));
	});

	describe("warnings", () => {
		afterEach(() => vi.restoreAllMocks());

		test("options for a header that takes none are warned of on the console", () => {
			const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
			helmet({ noSniff: {} as never });
			expect(warn.mock.calls).toEqual([["X-Content-Type-Options does not take options. Remove the property to silence this warning."]]);
		});
	});

	test("something on Object.prototype changes nothing", () => {
		const setHeader = vi.fn();
		const polluted = Object.assign(Object.prototype, { contentSecurityPolicy: false, hsts: false, policy: "unsafe-none", useDefaults: false });
		try {
			helmet()({ headers: {} } as never, { setHeader, removeHeader() {} } as never, () => {});
			helmet({ crossOriginOpenerPolicy: {} })({ headers: {} } as never, { setHeader, removeHeader() {} } as never, () => {});
		} finally {
			for (const name of ["contentSecurityPolicy", "hsts", "policy", "useDefaults"]) Reflect.deleteProperty(polluted, name);
		}
		const set = setHeader.mock.calls.map(([name, value]) => `${name}: ${value}`);
		expect(set).toHaveLength(24);
		for (const line of ["Cross-Origin-Opener-Policy: same-origin", "Strict-Transport-Security: max-age=31536000; includeSubDomains"])
			expect(set.filter((one) => one === line)).toHaveLength(2);
	});
});
