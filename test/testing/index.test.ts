import { AssertionError } from "node:assert";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import request from "supertest";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { secureHeaders } from "../../src/index.ts";
import { expectCsp, expectEveryResponse, expectHeaders, expectIsolation, type TestResponse } from "../../src/testing/index.ts";
import { appWith, good } from "../audit/zoo/apps.ts";

beforeEach(() => void vi.spyOn(console, "error").mockImplementation(() => {}));
afterEach(() => void vi.restoreAllMocks());

const headers = secureHeaders();
const app = appWith(headers as never);

/** The same answer, as test libraries hand it over. */
async function responses(path: string): Promise<Readonly<Record<string, TestResponse>>> {
	const server = createServer(app as never).listen(0);
	const { port } = server.address() as AddressInfo;
	try {
		const viaSupertest = await request(app as never).get(path);
		const viaFetch = await fetch(`http://127.0.0.1:${port}${path}`);
		const plain: Record<string, string | string[]> = Object.fromEntries(viaFetch.headers.entries());
		return {
			supertest: viaSupertest as never,
			fetch: viaFetch,
			"light-my-request": { statusCode: viaFetch.status, headers: { ...plain, "set-cookie": ["a=1", "b=2"] } },
		};
	} finally {
		server.close();
	}
}

const messageOf = (run: () => void): string => {
	try {
		run();
	} catch (error) {
		expect(error).toBeInstanceOf(AssertionError);
		return (error as Error).message;
	}
	return "";
};

describe.each(["supertest", "fetch", "light-my-request"])("%s", (library) => {
	test("a page, an error and a failing route have the headers of the policy", async () => {
		for (const path of ["/", "/missing", "/fail"]) {
			const response = (await responses(path))[library] as TestResponse;
			expectHeaders(response, headers);
			expectHeaders(response, {});
			expectHeaders(response);
		}
	});

	test("another policy is reported header by header", async () => {
		const response = (await responses("/"))[library] as TestResponse;
		const message = messageOf(() => expectHeaders(response, { referrerPolicy: "same-origin", xDnsPrefetchControl: "off" }));
		expect(message).toContain(
			"the headers are not those of the policy:\nReferrer-Policy\n  expected  same-origin\n  received  strict-origin-when-cross-origin",
		);
	});

	test("sources of the policy", async () => {
		const response = (await responses("/"))[library] as TestResponse;
		expectCsp(response, "script-src", { contains: ["'self'"], lacks: ["'unsafe-inline'", "*"] });
		expectCsp(response, "frame-ancestors");
		expect(messageOf(() => expectCsp(response, "script-src", { contains: ["https://js.pay.example"] }))).toMatch(
			/^script-src of Content-Security-Policy is not as expected:\n {2}received {2}script-src 'self'.*\n {2}missing {3}https:\/\/js\.pay\.example$/s,
		);
		expect(messageOf(() => expectCsp(response, "script-src", { lacks: ["'self'"] }))).toContain("  unwanted  'self'");
		// As browsers read it: by the directive that it falls back to, keywords in any case.
		expectCsp(response, "scriptSrcElem", { contains: ["'SELF'"] });
		expect(
			messageOf(() => expectCsp({ headers: { "content-security-policy": "default-src 'UNSAFE-INLINE'" } }, "script-src", { lacks: ["'unsafe-inline'"] })),
		).toContain("  unwanted  'unsafe-inline'");
		expect(messageOf(() => expectCsp({ headers: { "content-security-policy": "img-src *" } }, "script-src", { lacks: ["'unsafe-inline'"] }))).toContain(
			"browsers allow everything",
		);
		expect(messageOf(() => expectCsp({ headers: { "content-security-policy": "img-src *" } }, "sandbox"))).toContain("no such directive");
		expect(() => expectCsp(response, "script-scr")).toThrow('"script-scr" is not a CSP directive. Did you mean "script-src"?');
		expect(() => expectCsp(response, "script-src", { lacks: ["unsafe-inline"] })).toThrow("with single quotes");
		expect(() => expectCsp(response, "script-src", { lack: ["x"] } as never)).toThrow('expectCsp: "lack" is not an option. Did you mean "lacks"?');
		expect(() => expectCsp(response, "script-src", { contains: "'self'" as never })).toThrow("Write a list such as");
		expect(messageOf(() => expectCsp(response, "script-src", { reportOnly: true }))).toBe("the response has no Content-Security-Policy-Report-Only");
	});

	test("isolation", async () => {
		const response = (await responses("/"))[library] as TestResponse;
		expect(messageOf(() => expectIsolation(response))).toBe(
			"the page is not isolated:\nCross-Origin-Embedder-Policy\n  expected  require-corp or credentialless\n  received  nothing",
		);
		expectIsolation({
			headers: {
				...Object.fromEntries((response.headers as Headers).entries?.() ?? Object.entries(response.headers)),
				"cross-origin-embedder-policy": "require-corp",
			},
		});
	});
});

test("a header that was sent twice is reported with both values", async () => {
	const response = (await request(app as never).get("/")) as unknown as { res: { rawHeaders: string[] } };
	const doubled = { headers: {}, rawHeaders: [...response.res.rawHeaders, "X-Frame-Options", "DENY"] };
	expect(messageOf(() => expectHeaders(doubled, headers))).toMatch(/X-Frame-Options\n {2}expected {2}DENY\n {2}received {2}DENY\n {2}received {2}DENY$/);
});

test("a policy that differs in a directive is shown by what is missing and what is unwanted", () => {
	const policy = { contentSecurityPolicy: { directives: { defaultSrc: ["'self'"] } } };
	const message = messageOf(() => expectHeaders({ headers: { "content-security-policy": "default-src 'self'; img-src *" } }, policy));
	expect(message).toMatch(/ {2}missing {3}frame-ancestors '[a-z]+'\n/);
	expect(message).toContain("  unwanted  img-src *");
});

test("over http, what browsers only read on a trusted origin may be absent, if the test says that it is http", async () => {
	const plain = secureHeaders({ secure: false });
	const response = await request(appWith(plain) as never)
		.get("/")
		.set("Host", "app.example");
	expect(response.headers["cross-origin-opener-policy"]).toBeUndefined();
	expectHeaders(response as never, plain, { secure: false });
	expect(messageOf(() => expectHeaders(response as never, plain))).toContain("Cross-Origin-Opener-Policy\n  expected  same-origin");
});

test("https is known from the response, or from the option", async () => {
	const trusting = appWith(good());
	trusting.set("trust proxy", true);
	const response = await request(trusting as never)
		.get("/")
		.set("X-Forwarded-Proto", "https")
		.set("Host", "app.example");
	expectHeaders(response as never, headers, { secure: true });
	expectHeaders(response as never, headers);
	expect(messageOf(() => expectHeaders({ headers: {} }, headers, { secure: true }))).toContain("Strict-Transport-Security\n  expected  max-age=31536000");
});

test("what functions of the policy return is no difference, and what nobody returned is", async () => {
	const policy = secureHeaders({ contentSecurityPolicy: { directives: { imgSrc: ["'self'", () => "https://tenant.example"] } } });
	const { status, headers: sent } = await request(appWith(policy as never) as never).get("/");
	expect(sent["content-security-policy"]).toContain("img-src 'self' https://tenant.example;");
	expectHeaders({ status, headers: sent }, policy);
	const other = {
		...sent,
		"content-security-policy": String(sent["content-security-policy"]).replace("font-src 'self'", "font-src 'self' https://tenant.example"),
	};
	expect(messageOf(() => expectHeaders({ status, headers: other }, policy))).toContain("unwanted  font-src 'self' https://tenant.example");
});

describe("expectEveryResponse", () => {
	test("passes where the headers are everywhere", async () => {
		await expectEveryResponse(app as never, { policy: headers as never, failingPath: "/fail", failOn: "warning" });
	});

	test("fails with every finding", async () => {
		const bare = appWith();
		await expect(expectEveryResponse(bare as never)).rejects.toThrow(
			/^the audit found problems:\n {2}csp\/missing {2}GET page\n {6}Content-Security-Policy: absent/,
		);
		const late = appWith();
		late.use(headers as never);
		await expect(expectEveryResponse(late as never, { policy: headers as never })).rejects.toThrow("policy/missing");
		const weak = appWith(good({ referrerPolicy: "unsafe-url" }));
		await expectEveryResponse(weak as never);
		await expect(expectEveryResponse(weak as never, { failOn: "warning" })).rejects.toThrow("referrer/unsafe");
	});
});

test.each<[() => Promise<void>, string]>([
	[() => expectEveryResponse({} as never), "expectEveryResponse: received"],
	[() => expectEveryResponse(app as never, headers as never), "Write { policy: headers }."],
	[() => expectEveryResponse(app as never, { failPath: "/fail" } as never), 'expectEveryResponse: "failPath" is not an option.'],
	[() => expectEveryResponse(app as never, { failOn: "warn" as never }), 'failOn: received "warn".'],
	[() => expectEveryResponse(app as never, { failingPath: "/" }), "the route that should fail responds with 200"],
	[() => expectEveryResponse(app as never, { paths: ["/nowhere"] }), "page responds with 404, so there is nothing to judge"],
])("a mistake in the call is reported, and does not pass: %#", async (run, message) => {
	await expect(run()).rejects.toThrow(message);
});

test.each([undefined, null, 5, {}, { headers: null }])("%j is not a response", (response) => {
	expect(() => expectHeaders(response as never)).toThrow("Pass a response that has headers.");
});

test("a value that is not a policy is refused", () => {
	expect(() => expectHeaders({ headers: {} }, (() => {}) as never)).toThrow("Write the middleware that secureHeaders() returns, or its options.");
	expect(() => expectHeaders({ headers: {} }, { hsts: true } as never)).toThrow("hsts: headguard has no short names. Write strictTransportSecurity.");
});
