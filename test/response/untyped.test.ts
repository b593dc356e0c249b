import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import compression from "compression";
import onHeaders from "on-headers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import helmet from "../../src/helmet/index.ts";
import { type HeadguardEvent, protectServer, type SecureHeaders, secureHeaders } from "../../src/index.ts";
import { type Ask, listen, STACKS } from "../support/stacks.ts";

// Of the events of one code a process tells ten a minute.
let minutes = 0;
beforeEach(() => {
	const now = Date.now();
	minutes += 2;
	vi.spyOn(Date, "now").mockImplementation(() => now + minutes * 60_000);
});
afterEach(() => void vi.restoreAllMocks());

type Respond = (res: ServerResponse, req: IncomingMessage) => unknown;

/** Responses with a body that browsers show as text. */
const MISSING: Readonly<Record<string, Respond | readonly [Respond, Ask]>> = {
	"end with a text": (res) => res.end("<h1>x</h1>"),
	"end with bytes": (res) => res.end(Buffer.from("<h1>x</h1>")),
	"writeHead, then end": (res) => {
		res.writeHead(200);
		res.end("<h1>x</h1>");
	},
	"writeHead with other headers": (res) => {
		res.writeHead(200, { "Cache-Control": "no-store", "Content-Length": "1" });
		res.end("x");
	},
	"write, then end": (res) => {
		res.write("<h1>");
		res.end();
	},
	"flushHeaders, then write": (res) => {
		res.flushHeaders();
		res.write("x");
		res.end();
	},
	"a stream": (res) => Readable.from(["a", "b"]).pipe(res),
	"a later write": async (res) => {
		res.writeHead(200);
		await new Promise((resolve) => setTimeout(resolve, 5));
		res.end("x");
	},
	"a type that was taken off": (res) => {
		res.setHeader("Content-Type", "text/html");
		res.removeHeader("Content-Type");
		res.end("x");
	},
	"201": (res) => {
		res.statusCode = 201;
		res.end("x");
	},
	"an error page": (res) => {
		res.statusCode = 404;
		res.end("<!doctype html>x");
	},
	"an error page in chunks of bytes": (res) => {
		res.statusCode = 500;
		res.write(Buffer.from("\n<h1>"));
		res.end("x");
	},
	"a page for a form": [(res) => res.end("<h1>x</h1>"), { method: "POST", body: "x" }],
};

/** Responses without a body, with a type, or of another kind. */
const QUIET: Readonly<Record<string, Respond | readonly [Respond, Ask]>> = {
	"a type": (res) => {
		res.setHeader("Content-Type", "text/html");
		res.end("x");
	},
	"a type in writeHead": (res) => {
		res.writeHead(200, { "content-type": "text/plain" });
		res.end("x");
	},
	"a type that a late listener sets": (res) => {
		onHeaders(res, function (this: ServerResponse) {
			this.setHeader("Content-Type", "text/html");
		});
		res.end("x");
	},
	"no body": (res) => res.end(),
	"an empty body": (res) => res.end(""),
	"no body after writeHead": (res) => {
		res.writeHead(200);
		res.end();
	},
	"no body after writeHead, later": async (res) => {
		res.writeHead(200);
		await new Promise((resolve) => setTimeout(resolve, 5));
		res.end();
	},
	"no body after flushHeaders": (res) => {
		res.flushHeaders();
		res.end();
	},
	"a stream of nothing": (res) => Readable.from([]).pipe(res),
	"204": (res) => {
		res.statusCode = 204;
		res.end();
	},
	"304": (res) => {
		res.statusCode = 304;
		res.end();
	},
	"a redirect": (res) => {
		res.writeHead(302, { Location: "/" });
		res.end();
	},
	"a redirect with a body": (res) => {
		res.writeHead(302, { Location: "/" });
		res.end("moved");
	},
	"404": (res) => {
		res.statusCode = 404;
		res.end("x");
	},
	"an error in chunks": (res) => {
		res.statusCode = 500;
		res.write("plain");
		res.end("<p>");
	},
	HEAD: [(res) => res.end("<h1>x</h1>"), { method: "HEAD" }],
	POST: [(res) => res.end("x"), { method: "POST", body: "x" }],
	OPTIONS: [(res) => res.end("x"), { method: "OPTIONS" }],
};

describe.each(STACKS.flatMap((stack) => (stack.http2 ? ([false] as const) : (["auto", false] as const)).map((block) => [stack.name, block, stack] as const)))(
	"on %s, headerBlock %j, content-type/missing",
	(_name, headerBlock, { framework, create, http2 }) => {
		const run = async (respond: Respond, ask: Ask = {}, options: object = {}, times = 1) => {
			const events: HeadguardEvent[] = [];
			const headers = secureHeaders({ headerBlock, onEvent: (event) => events.push(event), ...options });
			let listener: RequestListener = (req, res) => {
				headers(req, res);
				respond(res, req);
			};
			if (framework !== undefined) {
				const app = create();
				app.use(headers as never);
				app.use((req: unknown, res: unknown) => void respond(res as ServerResponse, req as IncomingMessage));
				listener = app as never;
			}
			const running = await listen(listener, http2);
			const answers = [];
			for (let i = 0; i < times; i++) answers.push(await running.ask(ask));
			await running.close();
			return { events: events.map(({ code, header, path }) => [code, header, path]), answers };
		};

		test.each(Object.keys(MISSING))("is told once of %s, and the response stays as it is", async (name) => {
			const entry = MISSING[name] as Respond | readonly [Respond, Ask];
			const [respond, ask] = typeof entry === "function" ? [entry, {}] : entry;
			const told = await run(respond, { ...ask, path: "/page?secret" }, {}, 3);
			expect(told.events).toEqual([["content-type/missing", "Content-Type", "/page"]]);
			// The positive control: the same without a listener.
			const plain = await run(respond, ask, { onEvent: undefined }, 3);
			expect(told.answers.map(({ status, body }) => [status, body])).toEqual(plain.answers.map(({ status, body }) => [status, body]));
			expect(told.answers[0]?.get("Content-Type")).toEqual([]);
		});

		test.each(Object.keys(QUIET))("is not told of %s", async (name) => {
			const entry = QUIET[name] as Respond | readonly [Respond, Ask];
			const [respond, ask] = typeof entry === "function" ? [entry, {}] : entry;
			expect((await run(respond, ask, {}, 2)).events).toEqual([]);
		});

		test("is not told where nosniff is off: browsers look at the body", async () => {
			expect((await run((res) => res.end("x"), {}, { xContentTypeOptions: false })).events).toEqual([]);
			expect((await run((res) => res.end("x"))).events).toHaveLength(1);
		});

		test("is not told by what a framework sends", async () => {
			if (framework !== "express") return;
			const send = (body: unknown) => (res: ServerResponse) => (res as unknown as { send: (body: unknown) => void }).send(body);
			for (const body of ["x", Buffer.from("x"), { a: 1 }]) expect((await run(send(body))).events).toEqual([]);
		});
	},
);

test("overrides count as the policy that they are laid on, and another policy is told of its own", async () => {
	const events: HeadguardEvent[] = [];
	const headers = secureHeaders({ onEvent: (event) => events.push(event) });
	const other = secureHeaders({ onEvent: (event) => events.push(event) });
	const layers: Readonly<Record<string, SecureHeaders>> = { "/": headers, "/extended": headers.extend({ referrerPolicy: "no-referrer" }), "/other": other };
	const running = await listen((req, res) => {
		layers[req.url ?? "/"]?.(req, res);
		res.end("x");
	});
	for (const path of ["/extended", "/", "/extended", "/other", "/other"]) await running.ask({ path });
	expect(events.map(({ path }) => path)).toEqual(["/extended", "/other"]);
	await running.close();
});

test("the channel hears of it as well, also where headguard/helmet or the server guard alone is there", async () => {
	const seen: unknown[] = [];
	const onMessage = (message: unknown): void => void seen.push((message as HeadguardEvent).code);
	subscribe("headguard", onMessage);
	const withHelmet = helmet();
	const beside = await listen((req, res) => withHelmet(req as never, res as never, () => void res.end("x")));
	const guarded = await listen((_req, res) => void res.end("x"));
	protectServer(guarded.server, secureHeaders());
	for (const running of [beside, guarded]) {
		await running.ask();
		await running.ask();
		await running.close();
	}
	unsubscribe("headguard", onMessage);
	expect(seen).toEqual(["content-type/missing", "content-type/missing"]);
});

test("a compressed or proxied body is looked at as well, and keeps every byte", async () => {
	const events: HeadguardEvent[] = [];
	const headers = secureHeaders({ onEvent: (event) => events.push(event) });
	const compress = compression({ threshold: 0, filter: () => true });
	const running = await listen((req, res) => {
		headers(req, res);
		compress(req as never, res as never, () => void res.end("x".repeat(1000)));
	});
	const answer = await running.ask({ headers: { "Accept-Encoding": "identity" } });
	expect([answer.body.length > 0, events.map(({ code }) => code)]).toEqual([true, ["content-type/missing"]]);
	await running.close();
});
