import { describe, expect, test } from "vitest";
import { getNonce, secure } from "../../src/adapters/fetch.ts";
import type { CompiledModule } from "../../src/compiled/format.ts";
import { csp, type Mounted, type PolicyError, type SecureHeadersOptions, secureHeaders } from "../../src/index.ts";
import { compiledModule } from "../support/compiled.ts";
import { headersOf } from "../support/policy.ts";

const plain = (on: object = {}): Record<string, string> =>
	Object.fromEntries(Object.entries(headersOf({}, on)).map(([name, text]) => [name.toLowerCase(), text.replaceAll(" 'nonce-NONCE'", "")]));
const FULL = plain();
const COMPLETED = "default-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";
const ask = (url = "https://app.example/page?secret=1", init?: RequestInit): Request => new Request(url, init);
const managed = (response: Response): Record<string, string | null> => Object.fromEntries(Object.keys(FULL).map((name) => [name, response.headers.get(name)]));

const SOURCES: readonly (readonly [string, (options?: SecureHeadersOptions) => CompiledModule | Mounted])[] = [
	["a compiled policy", (options) => compiledModule(secureHeaders(options))],
	["secureHeaders()", (options) => secureHeaders(options)],
];

describe.each(SOURCES)("%s", (_title, policy) => {
	const page =
		(init?: ResponseInit, body: BodyInit | null = "x"): (() => Response) =>
		() =>
			new Response(body, init);

	test.each<[string, () => Response | Promise<Response>, Record<string, string | null>?]>([
		["a page", page({ headers: { "Content-Type": "text/html" } })],
		["a promise of a page", async () => page()()],
		["an empty response", page({}, null)],
		["204", page({ status: 204 }, null)],
		["404", page({ status: 404 })],
		["500", page({ status: 500 })],
		["json", () => Response.json({})],
		["a redirect, whose headers cannot be changed", () => Response.redirect("https://app.example/x", 302)],
		["304 has no policy with a nonce slot", page({ status: 304 }, null), { "content-security-policy": null }],
		["an own value", page({ headers: { "X-Frame-Options": "SAMEORIGIN" } }), { "x-frame-options": "SAMEORIGIN" }],
		["a locked header", page({ headers: { "X-Content-Type-Options": "sniff" } })],
		["an empty value", page({ headers: { "Referrer-Policy": "" } })],
		[
			"different values of a header of one",
			page({
				headers: [
					["X-Frame-Options", "SAMEORIGIN"],
					["X-Frame-Options", "ALLOWALL"],
				],
			}),
		],
		[
			"equal values of a header of one",
			page({
				headers: [
					["X-Frame-Options", "SAMEORIGIN"],
					["X-Frame-Options", "SAMEORIGIN"],
				],
			}),
			{ "x-frame-options": "SAMEORIGIN" },
		],
		[
			"the bare policy of frameworks is completed",
			page({ headers: { "Content-Security-Policy": "default-src 'none'" } }),
			{ "content-security-policy": COMPLETED },
		],
		[
			"a whole policy of the application",
			page({ headers: { "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'" } }),
			{
				"content-security-policy": "default-src 'self'; frame-ancestors 'none'",
			},
		],
		["X-Powered-By goes", page({ headers: { "X-Powered-By": "x" } })],
	])("%s", async (_name, handler, own = {}) => {
		const response = await secure(handler, policy())(ask());
		expect(managed(response)).toEqual({ ...FULL, ...own });
		expect(response.headers.get("x-powered-by")).toBeNull();
		expect(response.headers.get("cache-control")).toBeNull();
	});

	test("without secure none of it is there (control)", () => {
		expect(Object.values(managed(page()()))).toEqual(Object.keys(FULL).map(() => null));
	});

	test("what else a response has stays: status, text, body, cookies, and where it can be changed the object itself", async () => {
		const cookies: [string, string][] = [
			["Set-Cookie", "a=1"],
			["Set-Cookie", "b=2"],
			["X-Own", "1"],
		];
		const own = new Response("body", { status: 201, statusText: "Made", headers: cookies });
		expect(await secure(() => own, policy())(ask())).toBe(own);
		expect(own.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
		const fixed = Response.redirect("https://app.example/x", 307);
		const sent = await secure(() => fixed, policy())(ask());
		expect([sent === fixed, sent.status, sent.headers.get("location")]).toEqual([false, 307, "https://app.example/x"]);
	});

	test("a stream is passed on unread", async () => {
		let pulled = 0;
		const body = new ReadableStream(
			{
				pull(controller) {
					pulled++;
					controller.enqueue(new TextEncoder().encode("a"));
					if (pulled > 2) controller.close();
				},
			},
			{ highWaterMark: 0 },
		);
		const fixed = new Response(body);
		Object.defineProperty(fixed, "headers", { value: Response.redirect("https://a.example/").headers });
		for (const response of [new Response("x"), fixed]) {
			const sent = await secure(() => response, policy())(ask());
			expect([sent.bodyUsed, pulled]).toEqual([false, 0]);
			expect(sent.headers.get("x-frame-options")).toBe("DENY");
			if (response === fixed) expect(await sent.text()).toBe("aaa");
		}
	});

	test.each<[string, unknown]>([
		["Response.error()", Response.error()],
		["a change of the protocol", { status: 101, headers: new Headers(), webSocket: {} }],
		["a WebSocket of a worker", { status: 200, headers: new Headers(), webSocket: {} }],
		["nothing", undefined],
		["something else", "text"],
	])("%s stays as it is", async (_name, given) => {
		const sent = await secure(() => given as Response, policy())(ask());
		expect(sent).toBe(given);
		expect((sent as Response | undefined)?.headers?.get?.("x-frame-options") ?? null).toBeNull();
	});

	test.each<[string, string, object]>([
		["https", "https://app.example/", {}],
		["http", "http://app.example/", { secure: false, hstsAllowed: true }],
		["localhost", "http://localhost:8787/", { secure: false, hstsAllowed: false }],
		["https on an address", "https://127.0.0.1/", { hstsAllowed: false }],
	])("the URL decides about the transport: %s", async (_name, url, on) => {
		const options = { contentSecurityPolicy: { directives: { upgradeInsecureRequests: true } } } as SecureHeadersOptions;
		const expected = headersOf(options, on);
		const response = await secure(page(), policy(options))(ask(url, { headers: { "X-Forwarded-Proto": "https" } }));
		expect(response.headers.get("strict-transport-security")).toBe(expected["Strict-Transport-Security"] ?? null);
		expect(response.headers.get("content-security-policy")).toBe(expected["Content-Security-Policy"]?.replaceAll(" 'nonce-NONCE'", ""));
	});

	test("each request has a nonce of its own, and a response with one is private", async () => {
		const handler = secure((request: Request) => new Response(`${getNonce(request)} ${getNonce(request)}`), policy());
		const seen = new Set<string>();
		for (const response of await Promise.all(Array.from({ length: 20 }, () => handler(ask())))) {
			const [nonce = "", again] = (await response.text()).split(" ");
			expect(nonce).toMatch(/^[\w-]{22}$/);
			expect(again).toBe(nonce);
			expect(response.headers.get("content-security-policy")?.split(`'nonce-${nonce}'`)).toHaveLength(3);
			expect(response.headers.get("cache-control")).toBe("private");
			seen.add(nonce);
		}
		expect(seen.size).toBe(20);
	});

	test("a nonce that is read too late, or without the policy, is refused", async () => {
		const request = ask();
		await secure(page(), policy())(request);
		expect(() => getNonce(request)).toThrow("[nonce/too-late]");
		expect(() => getNonce(ask())).toThrow("[nonce/not-mounted]");
	});

	test("a handler inside another has the policy, and one nonce", async () => {
		const inner = secure(
			(request: Request) => new Response(getNonce(request)),
			policy({ xFrameOptions: "SAMEORIGIN", crossOriginResourcePolicy: "cross-origin" }),
		);
		const outer = secure(async (request: Request) => {
			const nonce = getNonce(request);
			const response = await inner(request);
			expect(await response.clone().text()).toBe(nonce);
			return response;
		}, policy());
		const response = await outer(ask());
		expect(response.headers.get("cross-origin-resource-policy")).toBe("cross-origin");
		expect(response.headers.get("content-security-policy")).toContain(`'nonce-${await response.text()}'`);
	});

	test("what follows the request is passed on, and an error of the handler is its own", async () => {
		const handler = secure((_request: Request, env: { readonly a: number }, more: string) => new Response(`${env.a} ${more}`), policy());
		expect(await (await handler(ask(), { a: 1 }, "b")).text()).toBe("1 b");
		await expect(secure(() => Promise.reject(new Error("own")), policy())(ask())).rejects.toThrow("own");
	});
});

describe("the functions of a policy", () => {
	const tenant = (request: unknown): string => {
		const name = new URL((request as Request).url).hostname;
		if (name === "fails.example") throw new Error("no tenant");
		return `https://cdn.${name}`;
	};
	const headers = secureHeaders({
		contentSecurityPolicy: { directives: { imgSrc: [csp.self, tenant as never] } },
		secure: (req) => req.url?.includes("tls") === true,
	});
	const options = { sources: { tenant: tenant as never }, secure: (req: { url?: string | undefined }) => req.url?.includes("tls") === true };

	test.each([
		["compiled", () => secure(() => new Response(""), compiledModule(headers), options)],
		["of secureHeaders()", () => secure(() => new Response(""), headers)],
	])("%s receive the request of each response", async (_title, make) => {
		const handler = make();
		const [one, two] = await Promise.all([handler(ask("http://a.example/tls")), handler(ask("https://b.example/"))]);
		expect(one.headers.get("content-security-policy")).toContain("img-src 'self' https://cdn.a.example;");
		expect(two.headers.get("content-security-policy")).toContain("img-src 'self' https://cdn.b.example;");
		expect([one, two].map((response) => response.headers.has("strict-transport-security"))).toEqual([true, false]);
		await expect(handler(ask("https://fails.example/"))).rejects.toThrow("no tenant");
	});
});

test.each<[string, unknown, string]>([
	["options", { xFrameOptions: "DENY" }, "usage/no-policy"],
	["nothing", undefined, "usage/no-policy"],
	["a function that is no middleware", () => {}, "usage/no-policy"],
	["secureHeaders itself", secureHeaders, "usage/no-policy"],
	["patches of each request", secureHeaders().extend(() => ({})), "usage/no-policy"],
	["an edited module", { ...compiledModule(secureHeaders()), main: "x" }, "compiled/changed"],
])("%s: refused when it is mounted", (_title, policy, code) => {
	try {
		secure(() => new Response(""), policy as never);
	} catch (error) {
		expect((error as PolicyError).issues.map((issue) => issue.code)).toEqual([code]);
		return;
	}
	expect.unreachable();
});

test("the function of the option secure is asked once for each request, also within another secure()", async () => {
	const asked: string[] = [];
	const policy = (name: string) => secureHeaders({ secure: () => asked.push(name) > 0 });
	await secure(() => new Response("page"), policy("alone"))(ask());
	await secure(
		secure(() => new Response("page"), policy("inner")),
		policy("outer"),
	)(ask());
	expect(asked).toEqual(["alone", "outer", "inner"]);
});
