/**
 * The core of the every-response table, in plain JavaScript and on the built library, for whatever runs it: Node, Bun, Deno.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import connect from "connect";
import cors from "cors";
import express5 from "express";
import express4 from "express4";
import serveStatic from "serve-static";
import helmet from "../../dist/helmet.js";
import * as commonJs from "../../dist/index.cjs";
import * as esm from "../../dist/index.js";
import { COMPLETED, CSP, FULL } from "./expected.js";
import { listen } from "./wire.js";

/** What helmet 8.3.0 sends without options. */
const HELMET = {
	"Content-Security-Policy":
		"default-src 'self';base-uri 'self';font-src 'self' https: data:;form-action 'self';frame-ancestors 'self';img-src 'self' data:;object-src 'none';script-src 'self';script-src-attr 'none';style-src 'self' https: 'unsafe-inline';upgrade-insecure-requests",
	"Cross-Origin-Opener-Policy": "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Origin-Agent-Cluster": "?1",
	"Referrer-Policy": "no-referrer",
	"Strict-Transport-Security": "max-age=31536000; includeSubDomains",
	"X-Content-Type-Options": "nosniff",
	"X-DNS-Prefetch-Control": "off",
	"X-Download-Options": "noopen",
	"X-Frame-Options": "SAMEORIGIN",
	"X-Permitted-Cross-Domain-Policies": "none",
	"X-XSS-Protection": "0",
};

const STACKS = [
	{ name: "Express 5", create: express5, isExpress: true },
	{ name: "Express 4", create: express4, isExpress: true },
	{ name: "Connect", create: connect, isExpress: false },
	{ name: "node:http", create: undefined, isExpress: false },
];
const FRAMEWORKS = STACKS.filter(({ create }) => create !== undefined);

const files = mkdtempSync(join(tmpdir(), "headguard-runtimes-"));
writeFileSync(join(files, "a.txt"), "0123456789");
mkdirSync(join(files, "dir"));

let row = "start";
let passed = 0;
let failed = 0;
process.on("uncaughtException", (error) => fail(`uncaught: ${error?.stack ?? error}`));
process.on("unhandledRejection", (error) => fail(`unhandled: ${error?.stack ?? error}`));

/* What a handler does: [title, handler, { status, csp, own }, ask]. An `own` header of undefined is absent. */
const page = (_req, res) => void res.end("x");
const wipe = (res) => {
	for (const name of res.getHeaderNames()) res.removeHeader(name);
};
const HANDLERS = [
	[
		"200 html",
		(_req, res) => {
			res.setHeader("Content-Type", "text/html");
			res.end("<p>x");
		},
		{ own: { "Content-Type": "text/html" } },
	],
	[
		"200 json",
		(_req, res) => {
			res.setHeader("Content-Type", "application/json");
			res.end("{}");
		},
		{ own: { "Content-Type": "application/json" } },
	],
	["200 empty", (_req, res) => void res.end()],
	[
		"201 later",
		(_req, res) =>
			void setTimeout(() => {
				res.statusCode = 201;
				res.end("x");
			}, 5),
		{ status: 201 },
	],
	["204", (_req, res) => void res.writeHead(204).end(), { status: 204 }],
	["302", (_req, res) => void res.writeHead(302, { Location: "/x" }).end(), { status: 302, own: { Location: "/x" } }],
	["304 has no policy with a nonce slot", (_req, res) => void res.writeHead(304).end(), { status: 304, csp: undefined }],
	[
		"304 with a policy of the application's",
		(_req, res) => void res.writeHead(304, { "Content-Security-Policy": "default-src 'self'" }).end(),
		{ status: 304, csp: "default-src 'self'" },
	],
	["404", (_req, res) => void res.writeHead(404).end("x"), { status: 404 }],
	[
		"500",
		(_req, res) => {
			res.statusCode = 500;
			res.end("x");
		},
		{ status: 500 },
	],
	["HEAD", page, {}, { method: "HEAD" }],
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
	["writeHead(status)", (_req, res) => void res.writeHead(200).end("x")],
	["writeHead(status, reason)", (_req, res) => void res.writeHead(200, "Fine").end("x")],
	["writeHead(status, object)", (_req, res) => void res.writeHead(200, { "X-A": "1" }).end("x"), { own: { "X-A": "1" } }],
	["writeHead(status, reason, object)", (_req, res) => void res.writeHead(200, "Fine", { "X-A": "1" }).end("x"), { own: { "X-A": "1" } }],
	["writeHead(status, undefined, object)", (_req, res) => void res.writeHead(200, undefined, { "X-A": "1" }).end("x"), { own: { "X-A": "1" } }],
	["writeHead(status, flat array)", (_req, res) => void res.writeHead(200, ["X-A", "1", "X-B", "2"]).end("x"), { own: { "X-A": "1", "X-B": "2" } }],
	[
		"writeHead(status, pairs)",
		(_req, res) =>
			void res
				.writeHead(200, [
					["X-A", "1"],
					["X-B", "2"],
				])
				.end("x"),
		{ own: { "X-A": "1", "X-B": "2" } },
	],
	[
		"writeHead with an own value in another case",
		(_req, res) => void res.writeHead(200, { "x-frame-options": "SAMEORIGIN" }).end("x"),
		{ own: { "X-Frame-Options": "SAMEORIGIN" } },
	],
	[
		"writeHead with a name in two cases",
		(_req, res) => void res.writeHead(200, { "x-frame-options": "DENY", "X-FRAME-OPTIONS": "SAMEORIGIN" }).end("x"),
		{ own: { "X-Frame-Options": "SAMEORIGIN" } },
	],
	[
		"writeHead flat array with an own value",
		(_req, res) => void res.writeHead(200, ["x-frame-options", "SAMEORIGIN"]).end("x"),
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
		"headers set to nothing but white space",
		(_req, res) => {
			res.setHeader("X-Frame-Options", "");
			res.setHeader("Content-Security-Policy", ["", " "]);
			res.writeHead(200, { "strict-transport-security": "", "Referrer-Policy": " " }).end("x");
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
			wipe(res);
			res.end("x");
		},
	],
	[
		"all headers wiped, then writeHead",
		(_req, res) => {
			wipe(res);
			res.writeHead(200, { "X-A": "1" });
			res.end("x");
		},
		{ own: { "X-A": "1" } },
	],
	[
		"all headers wiped, then write",
		(_req, res) => {
			wipe(res);
			res.write("x");
			res.end();
		},
	],
	[
		"nosniff is locked",
		(_req, res) => {
			res.setHeader("X-Content-Type-Options", "sniff");
			res.end("x");
		},
	],
	["nosniff is locked in writeHead", (_req, res) => void res.writeHead(200, { "x-content-type-options": "sniff" }).end("x")],
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
		"a policy beside ours is kept",
		(_req, res) => {
			res.appendHeader("Content-Security-Policy", "frame-src 'none'");
			res.end("x");
		},
		{ csp: [CSP, "frame-src 'none'"] },
	],
	[
		"a framework's bare policy is completed",
		(_req, res) => {
			res.setHeader("Content-Security-Policy", "default-src 'none'");
			res.end("x");
		},
		{ csp: COMPLETED },
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
	],
	[
		"mounted again",
		(req, res) => {
			esm.secureHeaders({ referrerPolicy: "no-referrer" })(req, res);
			esm.secureHeaders()(req, res);
			res.end("x");
		},
	],
	[
		"the CommonJS copy mounted as well",
		(req, res) => {
			commonJs.secureHeaders()(req, res);
			res.end("x");
		},
	],
	[
		"handlers see the policy",
		(_req, res) => {
			const names = new Set(res.getHeaderNames());
			const seen = Object.entries(FULL).filter(([name, value]) => names.has(name.toLowerCase()) && res.hasHeader(name) && res.getHeader(name) === value);
			res.setHeader("X-Seen", String(seen.length));
			res.end("x");
		},
		{ own: { "X-Seen": "9" } },
	],
];

/* What a framework and its middleware do: [title, configure, expected, ask, only Express]. */
const boom = () => {
	throw new Error("boom");
};
const FRAMEWORK_ROWS = [
	["404 of the framework", () => {}, { status: 404, csp: COMPLETED }],
	["404 of the framework on HEAD", () => {}, { status: 404, csp: COMPLETED }, { method: "HEAD" }],
	["500 of the framework", (app) => void app.use(boom), { status: 500, csp: COMPLETED }],
	["next(error)", (app) => void app.use((_req, _res, next) => next(new Error("boom"))), { status: 500, csp: COMPLETED }],
	["serve-static 200", (app) => void app.use(serveStatic(files)), {}, { path: "/a.txt" }],
	["serve-static 206", (app) => void app.use(serveStatic(files)), { status: 206 }, { path: "/a.txt", headers: { Range: "bytes=0-1" } }],
	["serve-static 304", (app) => void app.use(serveStatic(files)), { status: 304 }, { path: "/a.txt", headers: { "If-None-Match": "*" } }],
	["serve-static 301", (app) => void app.use(serveStatic(files)), { status: 301, csp: COMPLETED }, { path: "/dir" }],
	["serve-static 404", (app) => void app.use(serveStatic(files)), { status: 404, csp: COMPLETED }, { path: "/none" }],
	["serve-static 404 by itself", (app) => void app.use(serveStatic(files, { fallthrough: false })), { status: 404, csp: COMPLETED }, { path: "/none" }],
	["express.static 200", (app) => void app.use(express5.static(files)), {}, { path: "/a.txt" }, true],
	["express.static 304", (app) => void app.use(express5.static(files)), { status: 304 }, { path: "/a.txt", headers: { "If-None-Match": "*" } }, true],
	["express.static 404", (app) => void app.use(express5.static(files)), { status: 404, csp: COMPLETED }, { path: "/none" }, true],
	[
		"cors() after: preflight",
		(app) => void app.use(cors({ origin: "https://a.example" })),
		{ status: 204, own: { "Access-Control-Allow-Origin": "https://a.example" } },
		{ method: "OPTIONS", headers: { Origin: "https://a.example", "Access-Control-Request-Method": "PUT" } },
	],
	[
		"res.locals replaced",
		(app) => {
			app.use((_req, res, next) => {
				res.locals = {};
				next();
			});
			app.use(page);
		},
	],
	["malformed parameter", (app) => void app.get("/:x", page), { status: 400, csp: COMPLETED }, { path: "/%ff" }, true],
	["OPTIONS answered by Express", (app) => void app.get("/", page), {}, { method: "OPTIONS" }, true],
	[
		"res.send fresh 304",
		(app) => void app.get("/", (_req, res) => void res.set("ETag", '"x"').send("x")),
		{ status: 304, csp: undefined },
		{ headers: { "If-None-Match": '"x"' } },
		true,
	],
	["res.json", (app) => void app.get("/", (_req, res) => void res.json({})), {}, {}, true],
	["res.sendStatus(204)", (app) => void app.get("/", (_req, res) => void res.sendStatus(204)), { status: 204 }, {}, true],
	["res.redirect", (app) => void app.get("/", (_req, res) => res.redirect("/x")), { status: 302 }, {}, true],
	["res.render error", (app) => void app.get("/", (_req, res) => res.render("none")), { status: 500, csp: COMPLETED }, {}, true],
	["res.sendFile", (app) => void app.get("/", (_req, res) => res.sendFile(join(files, "a.txt"))), {}, {}, true],
	["res.sendFile missing", (app) => void app.get("/", (_req, res) => res.sendFile(join(files, "none"))), { status: 404, csp: COMPLETED }, {}, true],
];

for (const headerBlock of ["auto", false]) {
	for (const stack of STACKS) {
		const name = (title) => `${stack.name}, headerBlock ${headerBlock}: ${title}`;
		await handlers(stack, { headerBlock }, name);
		await nonces(stack, { headerBlock }, name);
		await routes(stack, { headerBlock }, name);
		if (stack.create !== undefined) await frameworks(stack, { headerBlock }, name);
	}
}
for (const stack of FRAMEWORKS) await beforeTheMount(stack, (title) => `${stack.name}: ${title}`);
await helmetEntry();
await commonJsAlone();
await guarded();

rmSync(files, { recursive: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

async function handlers(stack, options, name) {
	for (const [title, handler, expected = {}, ask] of HANDLERS) {
		await check(name(title), async (expectSet) => expectSet(await answerOf(mount(stack, guard(options), handler), ask), expected));
	}
	await check(name("304 of a policy without a nonce slot keeps it"), async (expectSet) => {
		const headers = guard({ ...options, contentSecurityPolicy: { directives: { scriptSrc: ["'self'"], styleSrc: ["'self'"] } } });
		expectSet(await answerOf(mount(stack, headers, (_req, res) => void res.writeHead(304).end())), { status: 304 });
	});
	await check(name("(control) without the middleware none of it is there"), async (expectSet) => {
		const own = Object.fromEntries(Object.keys(FULL).map((header) => [header, undefined]));
		// Express says who it is where nobody removes it.
		if (stack.isExpress) own["X-Powered-By"] = "Express";
		expectSet(await answerOf(mount(stack, (_req, _res, next) => next?.(), page)), { own });
	});
}

async function nonces(stack, options, name) {
	await check(name("a nonce that was read is in the policy and in the page, and caches keep neither"), async (expectSet) => {
		const handler = (_req, res) => void res.end(esm.getNonce(res));
		const first = await answerOf(mount(stack, guard(options), handler));
		const second = await answerOf(mount(stack, guard(options), handler));
		const nonces = [first, second].map(({ lines }) => /'nonce-([\w+/=-]{22,24})'/.exec(JSON.stringify(lines))?.[1]);
		expectEqual(nonces[0] === nonces[1], false, "two nonces are the same");
		for (const [i, answer] of [first, second].entries()) {
			expectEqual(answer.body.includes(String(nonces[i])), true, "the nonce in the body");
			const csp = CSP.replace("script-src 'self'", `script-src 'self' 'nonce-${nonces[i]}'`).replace(
				"style-src 'self'",
				`style-src 'self' 'nonce-${nonces[i]}'`,
			);
			expectSet(answer, { csp, own: { "Cache-Control": "private" } });
		}
	});
	if (!stack.isExpress) return;
	await check(name("res.locals.cspNonce printed is the nonce of the policy"), async () => {
		const answer = await answerOf(mount(stack, guard(options), (_req, res) => void res.send(`<script nonce="${res.locals.cspNonce}"></script>`)));
		const nonce = /nonce="([^"]{22,24})"/.exec(answer.body)?.[1];
		expectEqual(answer.get("Content-Security-Policy")[0]?.split(`'nonce-${nonce}'`).length, 3, "the nonce twice in the policy");
	});
}

async function routes(stack, options, name) {
	const headers = guard(options);
	const overrides = [
		[
			"extend on a route adds",
			headers.extend({ contentSecurityPolicy: { directives: { scriptSrc: ["https://js.pay.example"] } } }),
			{ csp: CSP.replace("script-src 'self'", "script-src 'self' https://js.pay.example") },
		],
		["replace on a route swaps", headers.replace({ referrerPolicy: "no-referrer" }), { own: { "Referrer-Policy": "no-referrer" } }],
		["replace with false switches off", headers.replace({ xFrameOptions: false }), { own: { "X-Frame-Options": undefined } }],
	];
	for (const [title, override, expected] of overrides) {
		const handler = (req, res) => {
			override(req, res, () => {});
			res.end("x");
		};
		await check(name(title), async (expectSet) => expectSet(await answerOf(mount(stack, headers, handler)), expected));
	}
}

async function frameworks(stack, options, name) {
	for (const [title, configure, expected = {}, ask, onlyExpress = false] of FRAMEWORK_ROWS) {
		if (onlyExpress && !stack.isExpress) continue;
		const app = silent(stack.create());
		app.use(guard(options));
		configure(app);
		await check(name(title), async (expectSet) => expectSet(await answerOf(app, ask), expected));
	}
}

async function beforeTheMount(stack, name) {
	await check(name("an error before the mount: the error handler has the policy"), async (expectSet) => {
		const app = silent(stack.create());
		app.use(boom);
		const headers = guard({});
		app.use(headers);
		app.use(headers.errorHandler);
		expectSet(await answerOf(app), { status: 500, csp: COMPLETED });
	});
	await check(name("headers of an error cannot loosen, and the page is not stored"), async (expectSet) => {
		const app = silent(stack.create());
		const headers = guard({});
		app.use(headers);
		app.use((_req, _res, next) => next(Object.assign(new Error("x"), { status: 429, headers: { "X-Frame-Options": "ALLOWALL", "Retry-After": "5" } })));
		app.use(headers.errorHandler);
		const own = { "Retry-After": "5", "Cache-Control": "no-store" };
		expectSet(await answerOf(app), { status: 429, csp: COMPLETED, own });
	});
	const preflight = { method: "OPTIONS", headers: { Origin: "https://a.example", "Access-Control-Request-Method": "PUT" } };
	const rows = [
		["cors() answers the preflight", (app) => app.use(cors({ origin: "https://a.example" })), { status: 204 }, preflight],
		["a static file", (app) => app.use(serveStatic(files)), {}, { path: "/a.txt" }],
		["an early answer", (app) => app.use(page), {}],
		["a throw", (app) => app.use(boom), { status: 500, csp: COMPLETED }],
	];
	for (const [title, configure, expected, ask] of rows) {
		for (const when of ["before listen", "after listen"]) {
			await check(name(`${title} before the mount, guarded ${when}`), async (expectSet) => {
				const headers = guard({});
				const app = silent(stack.create());
				configure(app);
				app.use(headers);
				const running = await listen(app, (server) => void (when === "before listen" && esm.protectServer(server, headers)));
				if (when === "after listen") esm.protectServer(running.server, headers);
				expectSet(await running.ask(ask), expected);
				running.close();
			});
		}
	}
}

async function helmetEntry() {
	for (const stack of STACKS) {
		const name = (title) => `helmet on ${stack.name}: ${title}`;
		await check(name("a page"), async (expectSet) => expectSet(await answerOf(mount(stack, helmet(), page)), { own: HELMET }, HELMET));
		await check(name("writeHead"), async (expectSet) =>
			expectSet(await answerOf(mount(stack, helmet(), (_req, res) => void res.writeHead(200, { "X-A": "1" }).end("x"))), { own: { "X-A": "1" } }, HELMET),
		);
	}
}

async function commonJsAlone() {
	for (const stack of STACKS) {
		await check(`CommonJS on ${stack.name}: a page`, async (expectSet) => expectSet(await answerOf(mount(stack, commonJs.secureHeaders(), page)), {}));
	}
}

/** Answers that no middleware sees. Where the runtime publishes no start of a request, `protectServer` cannot reach some of them. */
async function guarded() {
	const isSilent = process.versions.bun !== undefined;
	const none = Object.fromEntries(Object.keys(FULL).map((header) => [header, undefined]));
	const get = "GET / HTTP/1.1\r\nHost: app.example\r\n\r\n";
	const last = "Connection: close\r\n\r\n";
	const post = "POST / HTTP/1.1\r\nHost: app.example\r\nContent-Length: 1\r\nExpect: 100-continue\r\n";
	const unknown = "GET / HTTP/1.1\r\nHost: app.example\r\nExpect: unknown\r\n";
	const refuse = (status) => (_req, res) => void res.writeHead(status).end("x");
	const rows = [
		["a malformed request", "GET / HTTP/1.1\r\nHost: app.example\r\nBad Header\r\n\r\n", { status: 400 }],
		["what is no request", "\x16\x03\x01\r\n\r\n", { status: 400 }],
		["too large headers", `GET / HTTP/1.1\r\nHost: app.example\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, { status: 431 }],
		// Without a name, as with one, nothing says http.
		["no Host", `GET / HTTP/1.1\r\n${last}`, { status: 400, own: isSilent ? none : {} }],
		["an unknown Expect", unknown + last, { status: 417 }],
		["an unknown Expect that the application refuses", unknown + last, { status: 418 }, (server) => server.on("checkExpectation", refuse(418))],
		["Expect: 100-continue", `${post}${last}x`, {}],
		["Expect: 100-continue that the application refuses", post + last, { status: 413 }, (server) => server.on("checkContinue", refuse(413))],
		[
			"more requests than a connection may have",
			get + get.replace("\r\n\r\n", `\r\n${last}`),
			{ status: 503, own: isSilent ? none : {} },
			(server) => (server.maxRequestsPerSocket = 1),
		],
	];
	for (const [title, raw, expected, listenBeside = () => {}] of rows) {
		for (const order of ["before", "after"]) {
			await check(`protectServer: ${title}, the application ${order} it`, async (expectSet) => {
				const headers = guard({});
				const running = await listen(page, (server) => {
					if (order === "before") listenBeside(server);
					esm.protectServer(server, headers);
					if (order === "after") listenBeside(server);
				});
				const answers = await running.askAll(raw);
				expectSet(answers.at(-1), expected);
				running.close();
			});
		}
	}
	await check("protectServer: a clientError listener of the application keeps its say", async (expectSet) => {
		const running = await listen(page, (server) => {
			esm.protectServer(server, guard({}));
			server.on("clientError", (_error, socket) => socket.end("HTTP/1.1 499 Own\r\nX-Own: 1\r\n\r\n"));
		});
		expectSet(await running.ask({ raw: rows[0][1] }), { status: 499, own: { ...none, "X-Own": "1" } });
		running.close();
	});
	await check("protectServer: nothing is written into an answer that has begun", async (expectSet) => {
		const running = await listen(
			(_req, res) => {
				res.write("begun");
				setTimeout(() => res.end(), 200);
			},
			(server) => void esm.protectServer(server, guard({})),
		);
		const answer = await running.ask({ raw: [get, "GARBAGE\x01\r\n\r\n"] });
		expectSet(answer, {});
		expectEqual(answer.body.replaceAll(/[^\w ]/g, ""), "5begun", "the body");
		running.close();
	});
}

function guard(options) {
	return esm.secureHeaders({
		...options,
		onEvent: ({ code, detail }) => {
			if (code.startsWith("attach/")) fail(`event ${code}: ${detail}`);
		},
	});
}

function mount({ create }, middleware, handler) {
	if (create === undefined) {
		return (req, res) => {
			middleware(req, res, () => {});
			handler(req, res);
		};
	}
	const app = silent(create());
	app.use(middleware);
	app.use(handler);
	return app;
}

/** Express prints errors of the default handler unless it is told that this is a test. */
function silent(app) {
	if (app.set !== undefined) app.set("env", "test");
	return app;
}

async function answerOf(listener, ask) {
	const running = await listen(listener);
	try {
		return await running.ask(ask);
	} finally {
		running.close();
	}
}

async function check(title, body) {
	row = title;
	const before = failed;
	try {
		await body(expectSet);
	} catch (error) {
		fail(error instanceof Error ? error.message : String(error));
	}
	if (failed === before) passed++;
	else failed = before + 1;
}

function expectSet(answer, { status = 200, own = {}, ...rest }, set = FULL) {
	const expected = { ...set, "X-Powered-By": undefined, ...own };
	if ("csp" in rest) expected["Content-Security-Policy"] = rest.csp;
	for (const [name, value] of Object.entries(expected)) expectEqual(answer.get(name), [value ?? []].flat(), name);
	expectEqual(answer.status, status, "status");
}

function expectEqual(received, expected, what) {
	if (!isDeepStrictEqual(received, expected)) fail(`${what}: expected ${JSON.stringify(expected)}, received ${JSON.stringify(received)}`);
}

function fail(message) {
	failed++;
	console.log(`FAILED ${row}\n       ${message}`);
}
