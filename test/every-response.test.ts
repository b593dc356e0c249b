import { createReadStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import compression from "compression";
import cors from "cors";
import express5 from "express";
import session from "express-session";
import { createProxyMiddleware } from "http-proxy-middleware";
import onHeaders from "on-headers";
import responseTime from "response-time";
import send from "send";
import serveStatic from "serve-static";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { getNonce, protectServer, type SecureHeadersOptions, secureHeaders } from "../src/index.ts";
import { securedByOptions } from "./support/compiled.ts";
import { exceptUntyped } from "./support/events.ts";
import { headersOf } from "./support/policy.ts";
import { type Answer, type AnyApp, type Ask, type Handler, listen, STACKS, type Stack } from "./support/stacks.ts";

/** What a page without a nonce carries, over plain http with a named host. */
const FULL = Object.fromEntries(Object.entries(headersOf({}, { secure: false })).map(([name, text]) => [name, text.replaceAll(" 'nonce-NONCE'", "")]));
const COMPLETED = "default-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";
/** Express 4.16 and its own files come with policies of before 2019. Other packages on it have the newer one. */
const COMPLETED_BEFORE_2019 = COMPLETED.replace("default-src 'none'", "default-src 'self'");

const NONCE_OF_A_FRAMEWORK = "AbCdEfGhIjKlMnOpQrStUv";

interface Expected {
	readonly status?: number;
	/** The CSP where it is not the full one: COMPLETED on a framework's own pages, undefined on a 304 that may be of a page with a nonce. */
	readonly csp?: string | undefined;
	/** Headers that the application set on purpose. */
	readonly own?: Readonly<Record<string, string>>;
	readonly options?: SecureHeadersOptions;
}

function expectWholeSet(answer: Answer, wanted: Expected, stack?: Stack): void {
	const { status = 200, own = {} } = wanted;
	const expected: Record<string, string | undefined> = { ...FULL, ...own };
	if ("csp" in wanted) expected["Content-Security-Policy"] = wanted.csp;
	if (wanted.csp === COMPLETED && stack?.name === "express 4.16" && answer.get("Content-Security-Policy").join() === COMPLETED_BEFORE_2019)
		expected["Content-Security-Policy"] = COMPLETED_BEFORE_2019;
	const managed = new Map(Object.keys(FULL).map((name) => [name, answer.get(name)]));
	expect(Object.fromEntries(managed)).toEqual(
		Object.fromEntries(Object.keys(FULL).map((name) => [name, expected[name] === undefined ? [] : [expected[name]]])),
	);
	expect(answer.get("X-Powered-By")).toEqual([]);
	expect(answer.status).toBe(status);
}

let files = "";
let upstream: Server;
let upstreamUrl = "";

beforeAll(async () => {
	files = mkdtempSync(join(tmpdir(), "headguard-files-"));
	writeFileSync(join(files, "a.txt"), "0123456789");
	mkdirSync(join(files, "dir"));
	upstream = createServer((req, res) => {
		const twice = req.url === "/twice";
		// All in one array: on Node 20 a header that was set before would make each of them single.
		const fields = twice
			? ["Cross-Origin-Opener-Policy", "same-origin", "Cross-Origin-Opener-Policy", "same-origin", "X-Frame-Options", "DENY", "X-Frame-Options", "SAMEORIGIN"]
			: ["X-Frame-Options", "SAMEORIGIN", "X-Content-Type-Options", "nosniff"];
		res.writeHead(200, ["X-Powered-By", "Upstream", ...fields]);
		res.end("upstream");
	}).listen(0, "127.0.0.1");
	await new Promise((resolve) => upstream.once("listening", resolve));
	upstreamUrl = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
});
afterAll(() => {
	rmSync(files, { recursive: true });
	upstream.close();
});

/* What a handler does; on every stack. */
type HandlerRow = readonly [title: string, handler: Handler, expected?: Expected, ask?: Ask, only?: (stack: Stack) => boolean];
const http1 = (stack: Stack): boolean => !stack.http2;

const HANDLERS: readonly HandlerRow[] = [
	[
		"200 html",
		(_req, res) => {
			res.setHeader("Content-Type", "text/html");
			res.end("<p>x");
		},
	],
	[
		"200 json",
		(_req, res) => {
			res.setHeader("Content-Type", "application/json");
			res.end("{}");
		},
	],
	["200 empty", (_req, res) => void res.end()],
	[
		"201 later",
		(_req, res) =>
			void setImmediate(() => {
				res.statusCode = 201;
				res.end("x");
			}),
		{ status: 201 },
	],
	["204", (_req, res) => void res.writeHead(204).end(), { status: 204 }],
	["206", (_req, res) => void res.writeHead(206, { "Content-Range": "bytes 0-0/9" }).end("x"), { status: 206 }],
	["304 has no policy with a nonce slot", (_req, res) => void res.writeHead(304).end(), { status: 304, csp: undefined }],
	[
		"304 with a policy of the application's, which the stored page came with",
		(_req, res) => void res.writeHead(304, { "Content-Security-Policy": "default-src 'self'" }).end(),
		{ status: 304, csp: "default-src 'self'" },
	],
	[
		"304 with a policy of the application's where ours is locked",
		(_req, res) => void res.writeHead(304, { "Content-Security-Policy": "default-src *" }).end(),
		{ status: 304, csp: undefined, options: { lock: ["contentSecurityPolicy"] } },
	],
	[
		"304 with an addition to the policy, which the stored page has beside it",
		(_req, res) => {
			res.appendHeader("Content-Security-Policy", "frame-src 'none'");
			res.writeHead(304).end();
		},
		{ status: 304, csp: undefined },
	],
	[
		"304 with a nonce of the application's own, which the stored page does not have",
		(_req, res) => void res.writeHead(304, { "Content-Security-Policy": `default-src 'self'; script-src 'nonce-${NONCE_OF_A_FRAMEWORK}'` }).end(),
		{ status: 304, csp: undefined },
	],
	[
		"304 with a part of a policy, which the stored page has completed",
		(_req, res) => void res.writeHead(304, { "Content-Security-Policy": "script-src 'self'" }).end(),
		{ status: 304, csp: undefined },
	],
	["302", (_req, res) => void res.writeHead(302, { Location: "/x" }).end(), { status: 302 }],
	["404", (_req, res) => void res.writeHead(404).end("x"), { status: 404 }],
	["405", (_req, res) => void res.writeHead(405, { Allow: "GET" }).end(), { status: 405 }],
	[
		"500",
		(_req, res) => {
			res.statusCode = 500;
			res.end("x");
		},
		{ status: 500 },
	],
	["HEAD", (_req, res) => void res.end(), {}, { method: "HEAD" }],
	["OPTIONS", (_req, res) => void res.writeHead(204).end(), { status: 204 }, { method: "OPTIONS" }],
	[
		"write first",
		(_req, res) => {
			res.write("a");
			res.end("b");
		},
	],
	[
		"flushHeaders",
		(_req, res) => {
			res.flushHeaders();
			res.end("x");
		},
	],
	[
		"server-sent events",
		(_req, res) => {
			res.writeHead(200, { "Content-Type": "text/event-stream" });
			res.write("data: 1\n\n");
			setImmediate(() => res.end());
		},
	],
	["a piped stream", (_req, res) => void Readable.from(["a", "b"]).pipe(res)],
	["a piped file", (_req, res) => void createReadStream(join(files, "a.txt")).pipe(res)],
	[
		"cork and uncork",
		(_req, res) => {
			res.cork();
			res.write("a");
			res.write("b");
			res.uncork();
			res.end();
		},
		{},
		{},
		http1,
	],
	[
		"trailers",
		(_req, res) => {
			res.setHeader("Trailer", "X-T");
			res.write("a");
			res.addTrailers({ "X-T": "1" });
			res.end();
		},
	],
	["writeHead(status)", (_req, res) => void res.writeHead(200).end("x")],
	["writeHead(status, reason)", (_req, res) => void res.writeHead(200, "Fine").end("x")],
	["writeHead(status, object)", (_req, res) => void res.writeHead(200, { "X-A": "1" }).end("x"), { own: { "X-A": "1" } }],
	["writeHead(status, reason, object)", (_req, res) => void res.writeHead(200, "Fine", { "X-A": "1" }).end("x")],
	["writeHead(status, undefined, object)", (_req, res) => void res.writeHead(200, undefined as never, { "X-A": "1" }).end("x")],
	[
		"writeHead(status, object, undefined)",
		(_req, res) => void (res.writeHead as (...args: unknown[]) => typeof res).call(res, 200, { "X-A": "1" }, undefined).end("x"),
	],
	["writeHead(status, flat array)", (_req, res) => void res.writeHead(200, ["X-A", "1", "X-A", "2"]).end("x"), {}, {}, http1],
	[
		"writeHead(status, pairs)",
		(_req, res) =>
			void res
				.writeHead(200, [
					["X-A", "1"],
					["X-B", "2"],
				] as never)
				.end("x"),
	],
	[
		"writeHead with an own value in another case",
		(_req, res) => void res.writeHead(200, { "x-frame-options": "SAMEORIGIN" }).end("x"),
		{ own: { "X-Frame-Options": "SAMEORIGIN" } },
	],
	[
		"writeHead flat array with an own value",
		(_req, res) => void res.writeHead(200, ["x-frame-options", "SAMEORIGIN"]).end("x"),
		{ own: { "X-Frame-Options": "SAMEORIGIN" } },
		{},
		http1,
	],
	[
		"setHeaders",
		(_req, res) => {
			(res as unknown as { setHeaders?: (h: Headers) => void }).setHeaders?.(new Headers({ "x-frame-options": "SAMEORIGIN" })) ??
				res.setHeader("x-frame-options", "SAMEORIGIN");
			res.end();
		},
		{ own: { "X-Frame-Options": "SAMEORIGIN" } },
	],
	[
		"appendHeader of the same value",
		(_req, res) => {
			for (const [name, value] of Object.entries(FULL)) if (name !== "Content-Security-Policy") res.appendHeader(name, value);
			res.end("x");
		},
	],
	[
		"setHeader with two equal values",
		(_req, res) => {
			for (const name of ["Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy"]) res.setHeader(name, ["same-origin", "same-origin"]);
			res.end("x");
		},
	],
	[
		"conflicting values leave the policy's",
		(_req, res) => {
			res.setHeader("X-Frame-Options", ["SAMEORIGIN", "DENY"]);
			res.setHeader("Cross-Origin-Opener-Policy", "unsafe-none, same-origin");
			res.end("x");
		},
	],
	[
		"headers set to nothing but white space",
		(_req, res) => {
			res.setHeader("X-Frame-Options", "");
			res.setHeader("Content-Security-Policy", ["", " "]);
			res.writeHead(200, { "strict-transport-security": "", "Referrer-Policy": " ", "Cross-Origin-Opener-Policy": [] }).end("x");
		},
	],
	[
		"one header removed",
		(_req, res) => {
			res.removeHeader("X-Frame-Options");
			res.end("x");
		},
	],
	[
		"all headers wiped",
		(_req, res) => {
			for (const name of res.getHeaderNames()) res.removeHeader(name);
			res.end("x");
		},
	],
	[
		"all headers wiped, then writeHead",
		(_req, res) => {
			for (const name of res.getHeaderNames()) res.removeHeader(name);
			res.writeHead(200, { "X-A": "1" });
			res.end("x");
		},
	],
	[
		"nosniff is locked",
		(_req, res) => {
			res.setHeader("X-Content-Type-Options", "sniff");
			res.end("x");
		},
	],
	[
		"X-Powered-By set again",
		(_req, res) => {
			res.setHeader("X-Powered-By", "me");
			res.end("x");
		},
	],
	[
		"a looser policy of the handler is kept",
		(_req, res) => {
			res.setHeader("Content-Security-Policy", "default-src *");
			res.end("x");
		},
		{ csp: "default-src *" },
	],
	[
		"the frameworks' bare policy is completed",
		(_req, res) => {
			res.setHeader("Content-Security-Policy", "default-src 'none'");
			res.end("x");
		},
		{ csp: COMPLETED },
	],
	[
		"the bare policy of old frameworks is completed on an error page",
		(_req, res) => void res.writeHead(404, { "Content-Security-Policy": "default-src 'self'" }).end("x"),
		{ status: 404, csp: "default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'" },
	],
	[
		"the same text on a page of the application's is its own",
		(_req, res) => {
			res.setHeader("Content-Security-Policy", "default-src 'self'");
			res.end("x");
		},
		{ csp: "default-src 'self'" },
	],
	[
		"the part of a policy that a framework writes is completed, and takes its nonce",
		(_req, res) => {
			res.setHeader("Content-Security-Policy", `script-src 'self' 'nonce-${NONCE_OF_A_FRAMEWORK}'`);
			res.end("x");
		},
		{
			csp: `script-src 'self' 'nonce-${NONCE_OF_A_FRAMEWORK}'; default-src 'self'; base-uri 'self'; font-src 'self' data:; form-action 'self'; frame-ancestors 'none'; img-src 'self' data:; object-src 'none'; style-src 'self' 'nonce-${NONCE_OF_A_FRAMEWORK}'`,
		},
	],
	[
		"a value appended to a header of one value replaces it",
		(_req, res) => {
			res.appendHeader("X-Frame-Options", "SAMEORIGIN");
			res.end("x");
		},
		{ own: { "X-Frame-Options": "SAMEORIGIN" } },
	],
	[
		"103 and then 200",
		(_req, res) => {
			(res as { writeEarlyHints?: (hints: object) => void }).writeEarlyHints?.({ link: "</a.css>; rel=preload" });
			res.end("x");
		},
	],
	[
		"102 and then 200",
		(_req, res) => {
			res.writeProcessing?.();
			res.end("x");
		},
		{},
		{},
		http1,
	],
	[
		"a failed writeHead and then 500",
		(_req, res) => {
			try {
				res.writeHead(200, { "X-A": "a\nb" });
			} catch {
				res.writeHead(500);
			}
			res.end();
		},
		{ status: 500 },
		{},
		http1,
	],
	[
		"writeHead twice fails as without us",
		(_req, res) => {
			res.writeHead(200);
			try {
				res.writeHead(500);
				res.end("no error");
			} catch (error) {
				res.end((error as { code: string }).code);
			}
		},
	],
	[
		"the handler wraps writeHead",
		(_req, res) => {
			const before = res.writeHead;
			res.writeHead = ((...args: [number]) => before.apply(res, args)) as never;
			res.end("x");
		},
	],
	[
		"the handler calls the prototype's writeHead",
		(_req, res) => {
			Object.getPrototypeOf(res).writeHead.call(res, 200);
			res.end("x");
		},
		{},
		{},
		http1,
	],
	[
		"seen through a proxy object",
		(_req, res) => {
			const seen = new Proxy(res, {
				get: (target, key) => {
					const value = Reflect.get(target, key);
					return typeof value === "function" ? value.bind(target) : value;
				},
			});
			seen.removeHeader("X-Frame-Options");
			seen.end("x");
		},
	],
	[
		"mounted twenty times",
		(req, res) => {
			for (let i = 0; i < 20; i++) secureHeaders()(req, res);
			res.end("x");
		},
	],
];

describe.each(STACKS)("a handler on $name", (stack) => {
	for (const [title, handler, expected = {}, ask, only = () => true] of HANDLERS) {
		if (!only(stack)) continue;
		test(title, async () => {
			const options = expected.options ?? {};
			for (const headers of [secureHeaders(options), secureHeaders({ ...options, headerBlock: false }), securedByOptions(options)]) {
				const running = await listen(withHandler(stack, headers, handler), stack.http2);
				expectWholeSet(await running.ask(ask), expected);
				await running.close();
			}
		});
	}

	test("(control) without the middleware none of it is there", async () => {
		const running = await listen(
			withHandler(
				stack,
				() => {},
				(_req, res) => void res.end("x"),
			),
			stack.http2,
		);
		const answer = await running.ask();
		for (const name of Object.keys(FULL)) expect(answer.get(name)).toEqual([]);
		await running.close();
	});
});

function withHandler(stack: Stack, middleware: (req: never, res: never, next?: () => void) => void, handler: Handler): RequestListener {
	if (stack.framework === undefined) {
		return (req, res) => {
			middleware(req as never, res as never);
			handler(req, res);
		};
	}
	const app = stack.create();
	app.use((req, res, next) => {
		middleware(req as never, res as never);
		next();
	});
	app.use(((req: never, res: never) => handler(req, res)) as never);
	return app as unknown as RequestListener;
}

/* What frameworks and their middlewares do. */
type FrameworkRow = readonly [title: string, configure: (app: AnyApp, stack: Stack) => void, expected?: Expected, ask?: Ask, only?: (stack: Stack) => boolean];
const express = (stack: Stack): boolean => stack.framework === "express";
const five = (stack: Stack): boolean => stack.name === "express 5";
const boom = (): never => {
	throw new Error("boom");
};
const page = (_req: unknown, res: { end(text: string): unknown }): void => void res.end("page");
const failing =
	(properties: object) =>
	(_req: unknown, _res: unknown, next: (error: unknown) => void): void =>
		next(Object.assign(new Error("no"), properties));
const error500 = { status: 500, csp: COMPLETED };

const FRAMEWORK: readonly FrameworkRow[] = [
	["404 of the framework", () => {}, { status: 404, csp: COMPLETED }],
	["404 of the framework, HEAD", () => {}, { status: 404, csp: COMPLETED }, { method: "HEAD" }],
	["404 of the framework, POST", () => {}, { status: 404, csp: COMPLETED }, { method: "POST", body: "x" }],
	[
		"404 of the app",
		(app) =>
			void app.use(((_req: never, res: { statusCode: number; end(text: string): void }) => {
				res.statusCode = 404;
				res.end("x");
			}) as never),
		{ status: 404 },
	],
	["a throw", (app) => void app.use(boom), error500],
	["next(error)", (app) => void app.use(failing({})), error500],
	["next(error) later", (app) => void app.use((_req, _res, next) => void setImmediate(() => next(new Error("late")))), error500],
	["next(error) with status 403", (app) => void app.use(failing({ status: 403 })), { status: 403, csp: COMPLETED }],
	[
		"err.headers that loosen",
		(app) => void app.use(failing({ status: 429, headers: { "X-Frame-Options": "ALLOWALL", "Retry-After": "5" } })),
		{ status: 429, csp: COMPLETED, own: { "X-Frame-Options": "ALLOWALL" } },
	],
	["a rejected promise", (app) => void app.use(async () => boom()), error500, {}, five],
	[
		"an error page of the app",
		(app) => {
			app.use(boom);
			app.use(((_error: unknown, _req: unknown, res: { statusCode: number; end(text: string): void }, _next: unknown) => {
				res.statusCode = 500;
				res.end("sorry");
			}) as never);
		},
		{ status: 500 },
	],
	[
		"an error page that wipes",
		(app) => {
			app.use(boom);
			app.use(((_error: unknown, _req: unknown, res: import("node:http").ServerResponse, _next: unknown) => {
				for (const name of res.getHeaderNames()) res.removeHeader(name);
				res.statusCode = 500;
				res.end("sorry");
			}) as never);
		},
		{ status: 500 },
	],
	[
		"an error page that throws",
		(app) => {
			app.use(boom);
			app.use(((_error: unknown, _req: unknown, _res: unknown, _next: unknown) => boom()) as never);
		},
		error500,
	],
	[
		"malformed JSON",
		(app) => void app.use(express5.json()),
		{ status: 400, csp: COMPLETED },
		{ method: "POST", body: "{", headers: { "Content-Type": "application/json" } },
	],
	[
		"a body that is too large",
		(app) => void app.use(express5.json({ limit: 5 })),
		{ status: 413, csp: COMPLETED },
		{ method: "POST", body: '{"a":"bbbbbb"}', headers: { "Content-Type": "application/json" } },
	],
	[
		"an unknown encoding",
		(app) => void app.use(express5.json()),
		{ status: 415, csp: COMPLETED },
		{ method: "POST", body: "{}", headers: { "Content-Type": "application/json", "Content-Encoding": "x" } },
	],
	["static file", (app) => void app.use(serveStatic(files) as never), {}, { path: "/a.txt" }],
	["static file, HEAD", (app) => void app.use(serveStatic(files) as never), {}, { path: "/a.txt", method: "HEAD" }],
	["static file, range", (app) => void app.use(serveStatic(files) as never), { status: 206 }, { path: "/a.txt", headers: { Range: "bytes=1-2" } }],
	[
		"static file, bad range",
		(app) => void app.use(serveStatic(files) as never),
		{ status: 416, csp: COMPLETED },
		{ path: "/a.txt", headers: { Range: "bytes=100-200" } },
	],
	[
		"static file, conditional: it never had a nonce, so it gets today's policy",
		(app) => void app.use(serveStatic(files) as never),
		{ status: 304 },
		{ path: "/a.txt", headers: { "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT" } },
	],
	[
		"static file, precondition failed",
		(app) => void app.use(serveStatic(files) as never),
		{ status: 412, csp: COMPLETED },
		{ path: "/a.txt", headers: { "If-Match": '"x"' } },
	],
	["static miss", (app) => void app.use(serveStatic(files) as never), { status: 404, csp: COMPLETED }, { path: "/none" }],
	[
		"static miss without fallthrough",
		(app) => void app.use(serveStatic(files, { fallthrough: false }) as never),
		{ status: 404, csp: COMPLETED },
		{ path: "/none" },
	],
	["static directory redirect", (app) => void app.use(serveStatic(files) as never), { status: 301, csp: COMPLETED }, { path: "/dir" }],
	["static malformed URI", (app) => void app.use(serveStatic(files, { fallthrough: false }) as never), { status: 400, csp: COMPLETED }, { path: "/%ff" }],
	[
		"static setHeaders that wipe",
		(app) =>
			void app.use(
				serveStatic(files, {
					setHeaders: (res) => {
						for (const name of res.getHeaderNames()) res.removeHeader(name);
					},
				}) as never,
			),
		{},
		{ path: "/a.txt" },
	],
	["send() 200", (app) => void app.use(((req: never, res: never) => void send(req, "/a.txt", { root: files }).pipe(res)) as never)],
	[
		"send() 404 clears headers",
		(app) => void app.use(((req: never, res: never) => void send(req, "/none", { root: files }).pipe(res)) as never),
		{ status: 404, csp: COMPLETED },
	],
	[
		"send() 403 clears headers",
		(app) => void app.use(((req: never, res: never) => void send(req, "/../x", { root: files }).pipe(res)) as never),
		{ status: 403, csp: COMPLETED },
	],
	[
		"send() 416 clears headers",
		(app) => void app.use(((req: never, res: never) => void send(req, "/a.txt", { root: files }).pipe(res)) as never),
		{ status: 416, csp: COMPLETED },
		{ headers: { Range: "bytes=100-200" } },
	],
	[
		"cors() after: preflight",
		(app) => void app.use(cors({ origin: "https://a.example" }) as never),
		{ status: 204 },
		{ method: "OPTIONS", headers: { Origin: "https://a.example", "Access-Control-Request-Method": "PUT" } },
	],
	[
		"cors() that refuses",
		(app) => void app.use(cors({ origin: (_origin, done) => done(new Error("no")) }) as never),
		error500,
		{ headers: { Origin: "https://a.example" } },
	],
	[
		"compression",
		(app) => {
			app.use(compression({ threshold: 0 }) as never);
			app.use(page as never);
		},
		{},
		{ headers: { "Accept-Encoding": "gzip" } },
	],
	[
		"compression and 404",
		(app) => void app.use(compression({ threshold: 0 }) as never),
		{ status: 404, csp: COMPLETED },
		{ headers: { "Accept-Encoding": "gzip" } },
	],
	[
		"session, compression and response-time",
		(app) => {
			app.use(session({ secret: "x", resave: false, saveUninitialized: true }) as never);
			app.use(compression({ threshold: 0 }) as never);
			app.use(responseTime() as never);
			app.use(page as never);
		},
	],
	[
		"on-headers that wipes",
		(app) => {
			app.use((_req, res, next) => {
				onHeaders(res, () => {
					for (const name of res.getHeaderNames()) res.removeHeader(name);
				});
				next();
			});
			app.use(page as never);
		},
	],
	[
		"on-headers that sets",
		(app) => {
			app.use((_req, res, next) => {
				onHeaders(res, () => void res.setHeader("X-Frame-Options", "SAMEORIGIN"));
				next();
			});
			app.use(page as never);
		},
		{ own: { "X-Frame-Options": "SAMEORIGIN" } },
	],
	[
		"mounted again further inside",
		(app) => {
			app.use(secureHeaders({ referrerPolicy: "no-referrer" }));
			app.use(secureHeaders());
			app.use(page as never);
		},
	],
	[
		"res.locals replaced",
		(app) => {
			app.use((_req, res, next) => {
				res.locals = {} as never;
				next();
			});
			app.use(page as never);
		},
	],
	[
		"an upstream with the same headers",
		(app) => void app.use(createProxyMiddleware({ target: upstreamUrl }) as never),
		{ own: { "X-Frame-Options": "SAMEORIGIN" } },
		{},
		http1,
	],
	["an upstream with each header twice", (app) => void app.use(createProxyMiddleware({ target: upstreamUrl }) as never), {}, { path: "/twice" }, http1],
	["an upstream that is down", (app) => void app.use(createProxyMiddleware({ target: "http://127.0.0.1:1" }) as never), { status: 504 }, {}, http1],
	["malformed parameter", (app) => void app.get("/:x", page as never), { status: 400, csp: COMPLETED }, { path: "/%ff" }, express],
	["OPTIONS answered by Express", (app) => void app.get("/", page as never), {}, { method: "OPTIONS" }, express],
	["POST on a GET route", (app) => void app.get("/", page as never), { status: 404, csp: COMPLETED }, { method: "POST" }, express],
	[
		"res.send fresh 304",
		(app) => void app.get("/", (_req, res) => void res.set("ETag", '"x"').send("x")),
		{ status: 304, csp: undefined },
		{ headers: { "If-None-Match": '"x"' } },
		express,
	],
	["res.json", (app) => void app.get("/", (_req, res) => void res.json({})), {}, {}, express],
	["res.sendStatus(204)", (app) => void app.get("/", (_req, res) => void res.sendStatus(204)), { status: 204 }, {}, express],
	["res.redirect", (app) => void app.get("/", (_req, res) => res.redirect("/x")), { status: 302 }, {}, express],
	[
		"res.format 406",
		(app) => void app.get("/", (_req, res) => void res.format({ html: () => res.send("x") })),
		{ status: 406, csp: COMPLETED },
		{ headers: { Accept: "image/png" } },
		express,
	],
	["res.render error", (app) => void app.get("/", (_req, res) => res.render("none")), error500, {}, express],
	["res.sendFile", (app) => void app.get("/", (_req, res) => res.sendFile(join(files, "a.txt"))), {}, {}, express],
	["res.sendFile missing", (app) => void app.get("/", (_req, res) => res.sendFile(join(files, "none"))), { status: 404, csp: COMPLETED }, {}, express],
	[
		"res.sendFile bad range",
		(app) => void app.get("/", (_req, res) => res.sendFile(join(files, "a.txt"))),
		{ status: 416, csp: COMPLETED },
		{ headers: { Range: "bytes=100-200" } },
		express,
	],
	["res.download", (app) => void app.get("/", (_req, res) => res.download(join(files, "a.txt"))), {}, {}, express],
	[
		"res.append of a second policy",
		(app) => void app.get("/", (_req, res) => void res.append("Referrer-Policy", "strict-origin-when-cross-origin").send("x")),
		{},
		{},
		express,
	],
	[
		"sub-app",
		(app, stack) => {
			const sub = stack.create();
			sub.get("/", page as never);
			app.use("/s", sub);
		},
		{},
		{ path: "/s" },
		express,
	],
	[
		"sub-app 404",
		(app, stack) => {
			app.use("/s", stack.create());
		},
		{ status: 404, csp: COMPLETED },
		{ path: "/s/x" },
		express,
	],
	[
		"sub-app throws",
		(app, stack) => {
			const sub = stack.create();
			sub.use(boom);
			app.use("/s", sub);
		},
		error500,
		{ path: "/s" },
		express,
	],
];

const MAKERS = [
	{ how: "by secureHeaders", make: secureHeaders },
	{ how: "compiled", make: securedByOptions },
];
const FRAMEWORKS = STACKS.filter(({ framework }) => framework !== undefined).flatMap((stack) => MAKERS.map((maker) => ({ ...maker, stack, name: stack.name })));

describe.each(FRAMEWORKS)("on $name, $how", ({ stack, make }) => {
	for (const [title, configure, expected = {}, ask, only = () => true] of FRAMEWORK) {
		if (!only(stack)) continue;
		test(title, async () => {
			const app = silent(stack.create());
			app.use(make());
			configure(app, stack);
			const running = await listen(app as unknown as RequestListener, stack.http2);
			expectWholeSet(await running.ask(ask), expected, stack);
			await running.close();
		});
	}

	test.each<[string, (app: AnyApp) => void]>([
		["session", (app) => void app.use(session({ secret: "x", resave: false, saveUninitialized: true }) as never)],
		["compression", (app) => void app.use(compression({ threshold: 0 }) as never)],
		["response-time", (app) => void app.use(responseTime() as never)],
		[
			"on-headers",
			(app) =>
				void app.use((_req, res, next) => {
					onHeaders(res, () => void res.setHeader("X-Own", "1"));
					next();
				}),
		],
		[
			"all of them",
			(app) => {
				app.use(session({ secret: "x", resave: false, saveUninitialized: true }) as never);
				app.use(compression({ threshold: 0 }) as never);
				app.use(responseTime() as never);
			},
		],
	])("%s mounted before the middleware", async (_title, configure) => {
		const app = silent(stack.create());
		configure(app);
		app.use(make());
		app.use(page as never);
		const running = await listen(app as unknown as RequestListener, stack.http2);
		expectWholeSet(await running.ask({ headers: { "Accept-Encoding": "gzip" } }), {}, stack);
		await running.close();
	});

	test("the answer to an error: err.headers cannot loosen, the app's page is not stored, the error goes on", async () => {
		const seen: unknown[] = [];
		const app = silent(stack.create());
		const headers = make();
		app.use(headers);
		app.use(failing({ status: 429, headers: { "X-Frame-Options": "ALLOWALL", "Content-Security-Policy": "default-src *", "Retry-After": "5" } }));
		app.use(headers.errorHandler as never);
		app.use(((error: unknown, _req: unknown, _res: unknown, next: (error: unknown) => void) => {
			seen.push(error);
			next(error);
		}) as never);
		const running = await listen(app as unknown as RequestListener, stack.http2);
		const answer = await running.ask();
		expectWholeSet(answer, { status: 429, csp: COMPLETED }, stack);
		expect(answer.get("Retry-After")).toEqual(["5"]);
		expect(answer.get("Cache-Control")).toEqual(["no-store"]);
		expect(seen).toHaveLength(1);
		await running.close();
	});

	test("the error handler leaves the policy of a route, what has begun, and what was not an error alone", async () => {
		const events: string[] = [];
		const headers = make({ onEvent: exceptUntyped(({ code }) => events.push(code)) });
		const app = silent(stack.create());
		app.use(headers);
		app.use("/route", make({ referrerPolicy: "no-referrer" }));
		app.use("/begun", ((_req: unknown, res: import("node:http").ServerResponse) => {
			res.write("x");
			throw new Error("late");
		}) as never);
		app.use("/text", ((_req: unknown, _res: unknown, next: (error: unknown) => void) => next("no object")) as never);
		app.use("/route", boom);
		app.use("/fine", failing({}));
		app.use(headers.errorHandler as never);
		app.use(((_error: unknown, req: { url?: string; originalUrl?: string }, res: import("node:http").ServerResponse, _next: unknown) => {
			if (res.headersSent) return void res.end();
			res.statusCode = (req.originalUrl ?? req.url)?.startsWith("/fine") ? 399 : 400;
			res.end("sorry");
		}) as never);
		const running = await listen(app as unknown as RequestListener, stack.http2);
		const route = await running.ask({ path: "/route" });
		expect([route.get("Referrer-Policy"), route.get("Cache-Control")]).toEqual([["no-referrer"], ["no-store"]]);
		expect((await running.ask({ path: "/begun" })).status).toBe(200);
		expect((await running.ask({ path: "/text" })).status).toBe(400);
		expect((await running.ask({ path: "/fine" })).get("Cache-Control")).toEqual([]);
		expect(events).toEqual([]);
		await running.close();
	});

	test.each<[string, (app: AnyApp) => void, Ask?]>([
		["a throw", (app) => void app.use(boom)],
		["malformed JSON", (app) => void app.use(express5.json()), { method: "POST", body: "{", headers: { "Content-Type": "application/json" } }],
	])("%s before the mount: the error handler puts the policy on the page", async (_title, configure, ask) => {
		for (const errorHandler of [undefined, make === secureHeaders ? secureHeaders.errorHandler() : make().errorHandler]) {
			const app = silent(stack.create());
			configure(app);
			const headers = make();
			app.use(errorHandler === undefined ? headers : (_req, _res, next) => next());
			app.use((errorHandler ?? headers.errorHandler) as never);
			const running = await listen(app as unknown as RequestListener, stack.http2);
			const answer = await running.ask(ask);
			expectWholeSet(answer, { status: ask === undefined ? 500 : 400, csp: COMPLETED }, stack);
			await running.close();
		}
	});

	test.each<[string, (app: AnyApp) => void, Expected, Ask?, string?]>([
		[
			"cors() answers the preflight",
			(app) => void app.use(cors({ origin: "https://a.example" }) as never),
			{ status: 204 },
			{ method: "OPTIONS", headers: { Origin: "https://a.example", "Access-Control-Request-Method": "PUT" } },
			"https://a.example",
		],
		["a static hit", (app) => void app.use(serveStatic(files) as never), {}, { path: "/a.txt" }],
		["an early answer", (app) => void app.use(page as never), {}],
		["a throw", (app) => void app.use(boom), error500],
		[
			"a throw and the app's own page",
			(app) => {
				app.use(boom);
				app.use(((_error: unknown, _req: unknown, res: import("node:http").ServerResponse, _next: unknown) => {
					res.statusCode = 500;
					res.end("sorry");
				}) as never);
			},
			{ status: 500 },
		],
		[
			"malformed JSON",
			(app) => void app.use(express5.json()),
			{ status: 400, csp: COMPLETED },
			{ method: "POST", body: "{", headers: { "Content-Type": "application/json" } },
		],
	])("before the mount: %s, and the server guard has it", async (_title, configure, expected, ask, allowed) => {
		const headers = make();
		const build = (): RequestListener => {
			const app = silent(stack.create());
			configure(app);
			app.use(headers);
			return app as unknown as RequestListener;
		};
		const bare = await listen(build(), stack.http2);
		expect((await bare.ask(ask)).get("X-Frame-Options"), "(control)").toEqual([]);
		await bare.close();
		for (const when of ["before listen", "after listen"]) {
			const running = await listen(build(), stack.http2, (server) => void (when === "before listen" && protectServer(server, headers)));
			if (when === "after listen") protectServer(running.server, headers);
			const answer = await running.ask(ask);
			expectWholeSet(answer, expected, stack);
			expect(answer.get("Access-Control-Allow-Origin")).toEqual(allowed === undefined ? [] : [allowed]);
			await running.close();
		}
	});
});

/** Express prints errors of the default handler unless it is told that this is a test. */
function silent(app: AnyApp): AnyApp {
	if (typeof app.set === "function") app.set("env", "test");
	return app;
}

/* Several requests on one connection. */
describe.each(MAKERS)("connections, $how", ({ make }) => {
	const get = "GET / HTTP/1.1\r\nHost: app.example\r\n\r\n";
	const last = "GET / HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n\r\n";

	test("pipelined and kept-alive requests each have the whole set and a nonce of their own", async () => {
		const headers = make();
		const running = await listen((req, res) => {
			headers(req, res);
			setTimeout(() => res.end(getNonce(res)), Math.random() * 5);
		});
		const answers = await running.wire(get.repeat(49) + last);
		expect(answers).toHaveLength(50);
		expect(new Set(answers.map(({ body }) => body.slice(0, 22))).size).toBe(50);
		for (const { body, get } of answers) {
			expect(get("Content-Security-Policy")).toHaveLength(1);
			expect(get("Content-Security-Policy")[0]?.split(`'nonce-${body.slice(0, 22)}'`)).toHaveLength(3);
		}
		await running.close();
	});

	test("a client that goes away does not disturb the next one", async () => {
		const headers = make();
		const running = await listen((req, res) => {
			headers(req, res);
			setTimeout(() => res.end("x"), 20);
		});
		const socket = (await import("node:net")).connect((running.server.address() as AddressInfo).port, "127.0.0.1");
		socket.write(get);
		await new Promise((resolve) => setTimeout(resolve, 5));
		socket.destroy();
		expectWholeSet(await running.ask(), {});
		await running.close();
	});
});
