import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import original from "helmet";
import { afterEach, describe, expect, test } from "vitest";
import exact from "../../src/helmet/exact.ts";
import helmet from "../../src/helmet/index.ts";
import { csp, getNonce, secureHeaders } from "../../src/index.ts";
import { type AnyApp, type Ask, listen, type Running, STACKS } from "../support/stacks.ts";

const NAMES = ["content-security-policy", "cross-origin-opener-policy", "cross-origin-resource-policy", "origin-agent-cluster", "referrer-policy"].concat(
	["strict-transport-security", "x-content-type-options", "x-dns-prefetch-control", "x-download-options", "x-frame-options"],
	["x-permitted-cross-domain-policies", "x-xss-protection"],
);

let running: Running | undefined;
afterEach(() => running?.close());

async function ask(app: unknown, request: Ask = {}, http2 = false) {
	running = await listen(app as never, http2);
	return running.ask(request);
}

const DEFAULT =
	"default-src 'self';base-uri 'self';font-src 'self' https: data:;form-action 'self';frame-ancestors 'self';img-src 'self' data:;object-src 'none';script-src 'self';script-src-attr 'none';style-src 'self' https: 'unsafe-inline';upgrade-insecure-requests";

describe.each(STACKS.filter(({ framework }) => framework !== undefined))("$name", ({ name, create, framework, http2 }) => {
	/** What the framework writes on its own pages. */
	const ownPolicy = name === "express 4.16" ? "default-src 'self'" : "default-src 'none'";
	const appOf = (...middlewares: unknown[]): AnyApp => {
		const app = create();
		if (framework === "express") app.set("env", "test");
		for (const middleware of middlewares) app.use(middleware as never);
		return app;
	};
	const end = (_req: unknown, res: { end(text: string): void }): void => res.end("ok");

	test("a page carries helmet's headers, word for word", async () => {
		const answer = await ask(appOf(helmet(), end), {}, http2);
		await running?.close();
		const theirs = await ask(appOf(original(), end), {}, http2);
		for (const name of NAMES) expect(answer.get(name), name).toEqual(theirs.get(name));
		expect(answer.get("content-security-policy")).toEqual([DEFAULT]);
		expect(answer.get("x-powered-by")).toEqual([]);
	});

	test("the framework's 404 and 500 keep them, and the policy that it writes is completed", async () => {
		const fail = (req: { url: string }, _res: unknown, next: (error?: unknown) => void): void => next(req.url === "/" ? undefined : new Error("broken"));
		for (const path of ["/", "/500"]) {
			const answer = await ask(appOf(helmet(), fail), { path }, http2);
			expect(answer.status).toBe(path === "/" ? 404 : 500);
			for (const name of NAMES) expect(answer.get(name), name).toHaveLength(1);
			expect(answer.get("content-security-policy")).toEqual([
				`${ownPolicy};base-uri 'self';form-action 'self';frame-ancestors 'self';upgrade-insecure-requests`,
			]);
			await running?.close();
		}
		const theirs = await ask(appOf(original(), fail), {}, http2);
		expect(theirs.get("content-security-policy")).toEqual([ownPolicy]);
	});

	test("what wipes a response does not wipe them; exact follows helmet", async () => {
		const wipe = (
			_req: unknown,
			res: { getHeaderNames(): string[]; removeHeader(name: string): void; setHeader(name: string, value: string): void; end(): void },
		): void => {
			for (const name of res.getHeaderNames()) res.removeHeader(name);
			res.setHeader("X-Content-Type-Options", "nosniff");
			res.end();
		};
		const answer = await ask(appOf(helmet(), wipe), {}, http2);
		for (const name of NAMES) expect(answer.get(name), name).toHaveLength(1);
		await running?.close();
		const followed = await ask(appOf(exact(), wipe), {}, http2);
		expect(NAMES.filter((name) => followed.get(name).length > 0)).toEqual(["x-content-type-options"]);
	});

	test("a header that the application takes off alone stays away, and one that it sets stays set", async () => {
		const handler = (_req: unknown, res: { setHeader(name: string, value: string): void; removeHeader(name: string): void; end(): void }): void => {
			res.removeHeader("Content-Security-Policy");
			res.setHeader("X-Frame-Options", "DENY");
			res.end();
		};
		const answer = await ask(appOf(helmet(), handler), {}, http2);
		expect(answer.get("content-security-policy")).toEqual([]);
		expect(answer.get("x-frame-options")).toEqual(["DENY"]);
		expect(NAMES.filter((name) => answer.get(name).length !== 1)).toEqual(["content-security-policy"]);
	});

	test("a header that was set several times goes out once", async () => {
		const twice = (_req: unknown, res: { setHeader(name: string, value: string[]): void; end(): void }): void => {
			res.setHeader("Cross-Origin-Opener-Policy", ["same-origin", "same-origin"]);
			res.setHeader("X-Frame-Options", ["DENY", "SAMEORIGIN"]);
			res.end();
		};
		const answer = await ask(appOf(helmet(), twice), {}, http2);
		expect(answer.get("cross-origin-opener-policy")).toEqual(["same-origin"]);
		expect(answer.get("x-frame-options")).toEqual(["SAMEORIGIN"]);
	});

	test("when a function of the policy throws, its error is passed on and the error page is protected", async () => {
		const thrown = new Error("no nonce today");
		const passed: unknown[] = [];
		const asked: string[] = [];
		const failing = helmet({
			contentSecurityPolicy: {
				directives: {
					scriptSrc: [
						"'self'",
						() => {
							asked.push("first");
							throw thrown;
						},
						() => {
							asked.push("second");
							return "https://never.example";
						},
					],
				},
			},
		});
		const catching = (error: unknown, _req: unknown, res: { statusCode: number; end(): void }, _next: unknown): void => {
			passed.push(error);
			res.statusCode = 500;
			res.end();
		};
		const answer = await ask(appOf(failing, catching), {}, http2);
		expect(passed).toEqual([thrown]);
		expect(passed[0]).toBe(thrown);
		expect(asked).toEqual(["first"]);
		for (const name of NAMES) expect(answer.get(name), name).toHaveLength(1);
		expect(answer.get("content-security-policy")).toEqual([DEFAULT]);
	});

	test("a nonce function, as helmet's documentation has it", async () => {
		const nonces: string[] = [];
		const answer = await ask(
			appOf(
				(_req: unknown, res: { locals?: Record<string, string> }, next: () => void) => {
					res.locals ??= {};
					nonces.push(randomBytes(32).toString("hex"));
					res.locals["cspNonce"] = nonces.at(-1) ?? "";
					next();
				},
				helmet({ contentSecurityPolicy: { directives: { scriptSrc: ["'self'", (_req, res) => `'nonce-${Reflect.get(res, "locals").cspNonce}'`] } } }),
				end,
			),
			{},
			http2,
		);
		expect(answer.get("content-security-policy")).toEqual([DEFAULT.replace("script-src 'self';", `script-src 'self' 'nonce-${nonces[0]}';`)]);
		expect(answer.get("cache-control")).toEqual([]);
		expect(answer.body).toBe("ok");
	});

	test("a 304 carries no policy with a nonce: the stored page keeps its own", async () => {
		const notModified = (_req: unknown, res: { statusCode: number; end(): void }): void => {
			res.statusCode = 304;
			res.end();
		};
		const nonced = helmet({ contentSecurityPolicy: { directives: { scriptSrc: [() => "'nonce-abc'"] } } });
		const answer = await ask(appOf(nonced, notModified), {}, http2);
		expect(answer.status).toBe(304);
		expect(NAMES.filter((name) => answer.get(name).length === 0)).toEqual(["content-security-policy"]);
		await running?.close();
		expect((await ask(appOf(helmet(), notModified), {}, http2)).get("content-security-policy")).toEqual([DEFAULT]);
	});

	test("a 304 carries none of two policies that has a nonce, whichever was asked last", async () => {
		const enforced = (source: string) => helmet.contentSecurityPolicy({ useDefaults: false, directives: { defaultSrc: [() => source] } });
		const tried = (source: string) => helmet.contentSecurityPolicy({ useDefaults: false, reportOnly: true, directives: { defaultSrc: [() => source] } });
		const [nonce, host] = ["'nonce-abc'", "https://a.example"];
		const answering = (status: number) => (_req: unknown, res: { statusCode: number; end(): void }) => {
			res.statusCode = status;
			res.end();
		};
		for (const [first, second, kept] of [
			[enforced(nonce), tried(host), "content-security-policy-report-only"],
			[enforced(host), tried(nonce), "content-security-policy"],
			[tried(nonce), enforced(host), "content-security-policy"],
			[tried(host), enforced(nonce), "content-security-policy-report-only"],
		] as const) {
			const names = ["content-security-policy", "content-security-policy-report-only"];
			const answer = await ask(appOf(first, second, answering(304)), {}, http2);
			expect(names.filter((name) => answer.get(name).length > 0)).toEqual([kept]);
			expect(answer.get(kept)).toEqual([`default-src ${host}`]);
			await running?.close();
			const page = await ask(appOf(first, second, answering(200)), {}, http2);
			expect(names.filter((name) => page.get(name).length === 1)).toEqual(names);
			await running?.close();
		}
	});

	test("single middlewares add up, the later one wins, and each is called in its place", async () => {
		const answer = await ask(
			appOf(
				helmet.hsts({ maxAge: 5 }),
				helmet.contentSecurityPolicy({ useDefaults: false, directives: { defaultSrc: [() => "https://one.example"] } }),
				helmet.contentSecurityPolicy({ useDefaults: false, reportOnly: true, directives: { defaultSrc: [() => "https://two.example"] } }),
				helmet.frameguard(),
				helmet.frameguard({ action: "deny" }),
				helmet.hidePoweredBy(),
				end,
			),
			{},
			http2,
		);
		expect(answer.get("strict-transport-security")).toEqual(["max-age=5; includeSubDomains"]);
		expect(answer.get("content-security-policy")).toEqual(["default-src https://one.example"]);
		expect(answer.get("content-security-policy-report-only")).toEqual(["default-src https://two.example"]);
		expect(answer.get("x-frame-options")).toEqual(["DENY"]);
		expect(answer.get("x-powered-by")).toEqual([]);
		expect(NAMES.filter((name) => answer.get(name).length > 0)).toEqual(["content-security-policy", "strict-transport-security", "x-frame-options"]);
	});

	test("a value that Node refuses is Node's error on each request, with everything else on the error page", async () => {
		const broken = helmet({ contentSecurityPolicy: { directives: { imgSrc: ["https://a.example\r\nX-Injected: 1"] } } });
		const answer = await ask(appOf(broken, end), {}, http2);
		expect(answer.status).toBe(500);
		expect(answer.get("x-injected")).toEqual([]);
		for (const name of NAMES) expect(answer.get(name), name).toHaveLength(1);
	});

	test("called after the answer began, it says nothing and passes on", async () => {
		const early = (_req: unknown, res: { write(text: string): void }, next: () => void): void => {
			res.write("early ");
			next();
		};
		expect((await ask(appOf(early, helmet(), helmet.contentSecurityPolicy({ directives: { imgSrc: [() => "*"] } }), end), {}, http2)).body).toContain("ok");
	});

	test("on a response with a policy of headguard's own it is one more part of the application", async () => {
		const answer = await ask(appOf(secureHeaders(), helmet.frameguard(), helmet.noSniff(), end), {}, http2);
		expect(answer.get("x-frame-options")).toEqual(["SAMEORIGIN"]);
		expect(answer.get("permissions-policy")).toHaveLength(1);
	});

	test("a policy of headguard's own takes its place, whole, and so does one with an override", async () => {
		const headers = secureHeaders();
		for (const middleware of [headers, headers.extend({ contentSecurityPolicy: { directives: { imgSrc: ["https://img.example"] } } })]) {
			const answer = await ask(appOf(helmet(), middleware, end), {}, http2);
			expect(answer.get("x-frame-options")).toEqual(["DENY"]);
			expect(answer.get("permissions-policy")).toHaveLength(1);
			expect(answer.get("x-download-options")).toEqual([]);
			await running?.close();
		}
		let thrown: unknown;
		const overriding = (_req: unknown, res: unknown, next: () => void): void => {
			try {
				headers.override(res as never, { xFrameOptions: "DENY" }, "replace");
			} catch (error) {
				thrown = error;
			}
			next();
		};
		expect((await ask(appOf(helmet(), overriding, end), {}, http2)).get("content-security-policy")).toEqual([DEFAULT]);
		expect(String(thrown)).toContain("override/not-mounted");
	});
});

test("a sub-application of Express that says X-Powered-By again is silenced again", async () => {
	const { create } = STACKS[0] as (typeof STACKS)[0];
	const [app, sub] = [create(), create()];
	sub.use((_req, res) => res.end());
	app.use(helmet(), sub);
	expect((await ask(app)).get("x-powered-by")).toEqual([]);
});

test("nothing is put on res.locals, and a plain response without locals will do", async () => {
	let locals: unknown = "unset";
	const server = createServer((req, res) => {
		helmet()(req, res, () => {
			locals = Reflect.get(res, "locals");
			res.end();
		});
	});
	const answer = await ask(server.listeners("request")[0]);
	for (const name of NAMES) expect(answer.get(name), name).toHaveLength(1);
	expect(locals).toBeUndefined();
});

test("an iterator is read once; helmet sends an empty list", async () => {
	const options = () => ({
		contentSecurityPolicy: {
			useDefaults: false as const,
			directives: {
				defaultSrc: (function* () {
					yield "'self'";
				})(),
			},
		},
	});
	const respond = (middleware: ReturnType<typeof helmet>) => ask((req: never, res: { end(): void }) => middleware(req, res as never, () => res.end()));
	expect((await respond(helmet(options()))).get("content-security-policy")).toEqual(["default-src 'self'"]);
	await running?.close();
	expect((await respond(original(options()) as never)).get("content-security-policy")).toEqual(["default-src"]);
});

test("handlers see the headers, also by getHeaders", async () => {
	const seen: unknown[] = [];
	await ask((req: never, res: { getHeader(name: string): unknown; getHeaderNames(): string[]; end(): void }) =>
		helmet()(req, res as never, () => {
			seen.push(res.getHeader("X-Frame-Options"), res.getHeaderNames().length);
			res.end();
		}),
	);
	expect(seen).toEqual(["SAMEORIGIN", 12]);
});

test.each([helmet, exact])("a function that returns csp.raw or csp.nonce is an error that says what to write, and shows no nonce", async (either) => {
	const returning = async (answer: unknown): Promise<readonly unknown[]> => {
		const errors: unknown[] = [];
		await ask((req: never, res: { end(): void }) =>
			either.contentSecurityPolicy({ directives: { scriptSrc: [() => answer as string] } })(req, res as never, (error?: Error) => {
				errors.push(error?.message);
				res.end();
			}),
		);
		await running?.close();
		return errors;
	};
	const start = 'Content-Security-Policy received an invalid directive value for "script-src". ';
	for (const value of [csp.raw("'new'"), csp.raw("'nonce-abc'"), csp.nonce]) {
		expect(await returning(value)).toEqual([`${start}Write text instead of csp.raw, and (req, res) => \`'nonce-\${res.locals.nonce}'\` instead of csp.nonce`]);
	}
	expect(await returning("'new'")).toEqual([undefined]);
});

test("getNonce has no part in helmet's policy", async () => {
	const answer = await ask((req: never, res: { end(text: string): void }) =>
		helmet({ contentSecurityPolicy: { directives: { scriptSrc: [() => "'nonce-abc'"] } } })(req, res as never, () => res.end(getNonce(res as never))),
	);
	expect(answer.body).toMatch(/^[\w-]{22}$/);
	expect(answer.get("content-security-policy")[0]).toContain("script-src 'nonce-abc'");
	expect(csp.nonce).toBeDefined();
});
