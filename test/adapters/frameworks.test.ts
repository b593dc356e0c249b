import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { AdapterPolicy } from "../../src/adapters/policy.ts";
import { securedBy } from "../../src/compiled/index.ts";
import { csp, type SecureHeadersOptions, secureHeaders } from "../../src/index.ts";
import { ADAPTER_APPS, type Mount, OWN_NONCE } from "../support/adapter-apps.ts";
import { compiledModule, securedByOptions } from "../support/compiled.ts";
import { exceptUntyped } from "../support/events.ts";
import { headersOf } from "../support/policy.ts";
import type { Answer, Ask } from "../support/stacks.ts";

let minute = 0;
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: ++minute * 60_000 }));
afterAll(() => void vi.useRealTimers());

const CSP = "Content-Security-Policy";
/** What a response without a nonce carries, over plain http with a named host. */
const FULL = Object.fromEntries(Object.entries(headersOf({}, { secure: false })).map(([name, text]) => [name, text.replaceAll(" 'nonce-NONCE'", "")]));
const managed = (answer: Answer): object => Object.fromEntries(Object.keys(FULL).map((name) => [name, answer.get(name)]));
const whole = (own: Readonly<Record<string, string | undefined>> = {}): object =>
	Object.fromEntries(Object.entries({ ...FULL, ...own }).map(([name, text]) => [name, text === undefined ? [] : [text]]));

interface Expected {
	readonly status?: number;
	readonly own?: Readonly<Record<string, string | undefined>>;
	readonly cache?: readonly string[];
	readonly body?: string;
}

type Row = readonly [title: string, ask: Ask, expected?: Expected, mount?: Mount, not?: RegExp];

const ROWS: readonly Row[] = [
	["a page", { path: "/page" }, { body: "<p>x" }],
	["json", { path: "/json" }, { body: "{}" }],
	["404", { path: "/missing" }, { status: 404 }],
	["an error that is thrown", { path: "/error" }, { status: 500, cache: ["no-store"] }],
	["a promise that is rejected", { path: "/rejected" }, { status: 500, cache: ["no-store"] }],
	["an error with headers, which cannot weaken the policy", { path: "/error-with-headers" }, { status: 503, cache: ["no-store"] }],
	["an own error page", { path: "/error" }, { status: 500, cache: ["no-store"], body: "own page" }, { errorPage: true }],
	["a redirect", { path: "/old" }, { status: 302 }],
	["a preflight", { path: "/page", method: "OPTIONS", headers: { Origin: "https://a.example", "Access-Control-Request-Method": "PUT" } }, { status: 204 }],
	["a file", { path: "/static" }],
	["a stream", { path: "/stream" }],
	["HEAD", { path: "/page", method: "HEAD" }, { body: "" }],
	["304 has no policy with a nonce slot", { path: "/304" }, { status: 304, own: { [CSP]: undefined } }],
	["an own value is kept, a locked header and an empty one are not", { path: "/hostile" }, { own: { "X-Frame-Options": "SAMEORIGIN" } }],
	[
		"a part of a policy is completed, and its nonce is taken",
		{ path: "/partial" },
		{
			own: {
				[CSP]: `script-src 'self' 'nonce-${OWN_NONCE}'; default-src 'self'; base-uri 'self'; font-src 'self' data:; form-action 'self'; frame-ancestors 'none'; img-src 'self' data:; object-src 'none'; style-src 'self' 'nonce-${OWN_NONCE}'`,
			},
			cache: ["private"],
		},
	],
	["headers that were wiped come back", { path: "/wiped" }],
	["a response that the application writes to Node's own", { path: "/raw" }],
	["a stream that fails before its first byte", { path: "/broken-stream" }, { status: 503, cache: ["no-store"] }, {}, /Hono|Koa/],
];

const rowsOf = (name: string) =>
	ROWS.flatMap(([title, asked, expected = {}, mount = {}, not]) => (not?.test(name) ? [] : [[title, { asked, expected, mount }] as const]));

const POLICIES: readonly (readonly [title: string, policy: (options?: SecureHeadersOptions) => AdapterPolicy])[] = [
	["secureHeaders()", (options) => secureHeaders(options)],
	["secureHeaders() without the header block", (options) => secureHeaders({ ...options, headerBlock: false })],
	["a compiled module", (options) => compiledModule(secureHeaders(options))],
	["securedBy()", (options) => securedByOptions(options)],
];

describe.each(ADAPTER_APPS)("$name", ({ name, ask }) => {
	describe.each(POLICIES)("with %s", (_title, policy) => {
		test.each(rowsOf(name))("%s", async (_row, { asked, expected, mount }) => {
			const answer = await ask({ ...mount, policy: policy() }, asked);
			expect(managed(answer)).toEqual(whole(expected.own));
			expect(answer.get("X-Powered-By")).toEqual([]);
			expect([answer.status, answer.get("Cache-Control")]).toEqual([expected.status ?? 200, expected.cache ?? []]);
			if (expected.body !== undefined) expect(answer.body.replace(/^\d+\r\n|\r\n0\r\n\r\n$/g, "")).toBe(expected.body);
		});

		test("each response has a nonce of its own if it is read, and is then private", async () => {
			const seen = new Set<string>();
			for (let i = 0; i < 3; i++) {
				const answer = await ask({ policy: policy() }, { path: "/nonce" });
				const [nonce = "", again] = answer.body.split(" ");
				expect(nonce).toMatch(/^[\w-]{22}$/);
				expect(again).toBe(nonce);
				expect(managed(answer)).toEqual(whole({ [CSP]: headersOf({}, { secure: false })[CSP]?.replaceAll("NONCE", nonce) }));
				expect(answer.get("Cache-Control")).toEqual(["private"]);
				seen.add(nonce);
			}
			expect(seen.size).toBe(3);
		});

		test("an event says what the application weakened", async () => {
			const codes: string[] = [];
			const onEvent = exceptUntyped(({ code }) => codes.push(code));
			const given = policy({ onEvent });
			await ask({ policy: given, options: typeof given === "object" ? { onEvent } : undefined }, { path: "/hostile" });
			expect(codes.sort()).toEqual(["override/empty", "override/weaker"]);
		});
	});

	test.each(rowsOf(name))("(control) without the adapter, %s has none of it", async (_row, { asked, expected, mount }) => {
		const answer = await ask(mount, asked);
		const own = expected.own?.["X-Frame-Options"];
		const theirs = asked.path === "/error-with-headers" || asked.path === "/broken-stream" || asked.path === "/partial" || own !== undefined;
		if (!theirs) expect(managed(answer)).toEqual(Object.fromEntries(Object.keys(FULL).map((header) => [header, []])));
		expect(answer.get("Permissions-Policy")).toEqual([]);
	});

	test("a route can override the policy, and others keep it", async () => {
		const headers = secureHeaders();
		const override = headers.extend({ contentSecurityPolicy: { directives: { imgSrc: ["https://img.example"] } }, xFrameOptions: "SAMEORIGIN" });
		const changed = { [CSP]: FULL[CSP]?.replace("img-src 'self' data:", "img-src 'self' data: https://img.example"), "X-Frame-Options": "SAMEORIGIN" };
		const compiled = securedBy(compiledModule(headers, { override }));
		for (const mount of [
			{ policy: headers, override },
			{ policy: compiled, override: compiled.overrides["override"] },
		]) {
			expect(managed(await ask(mount, { path: "/override" }))).toEqual(whole(changed));
			expect(managed(await ask(mount, { path: "/page" }))).toEqual(whole());
		}
	});

	test("errors still reach the application", async () => {
		const errors: unknown[] = [];
		await ask({ policy: secureHeaders(), onError: (error) => errors.push(error) }, { path: "/error" });
		expect(errors.map(String)).toEqual(["Error: It failed"]);
	});

	describe("functions of the policy", () => {
		const tenantImages = async (): Promise<string> => "https://tenant.example";
		const failing = (): never => {
			throw new Error("no tenant");
		};
		const withSource = (source: () => unknown): SecureHeadersOptions => ({ contentSecurityPolicy: { directives: { imgSrc: [csp.self, source as never] } } });

		test("are awaited in each request", async () => {
			const expected = whole({ [CSP]: FULL[CSP]?.replace("img-src 'self' data:", "img-src 'self' https://tenant.example") });
			const headers = secureHeaders(withSource(tenantImages));
			expect(managed(await ask({ policy: headers }, { path: "/page" }))).toEqual(expected);
			expect(managed(await ask({ policy: compiledModule(headers), options: { sources: { tenantImages } } }, { path: "/page" }))).toEqual(expected);
		});

		test("that fail leave the policy, and the error goes to the error page", async () => {
			const errors: unknown[] = [];
			const policy = secureHeaders(withSource(failing));
			const answer = await ask({ policy, onError: (error) => errors.push(error) }, { path: "/page" });
			expect(errors.map(String)).toEqual(["Error: no tenant"]);
			expect(answer.status).toBe(500);
			expect(managed(answer)).toEqual(whole({ [CSP]: FULL[CSP]?.replace("img-src 'self' data:", "img-src 'self'") }));
		});
	});
});
