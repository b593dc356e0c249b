import { hasSubscribers } from "node:diagnostics_channel";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { connect as connectTls } from "node:tls";
import express from "express";
import { describe, expect, test, vi } from "vitest";
import { csp, type HeadguardEvent, protectServer, type SecureHeaders, secureHeaders } from "../../src/index.ts";
import { CERTIFICATE } from "../support/certificate.ts";
import { exceptUntyped } from "../support/events.ts";
import { headersOf } from "../support/policy.ts";
import { type Answer, listen, parseAnswers } from "../support/stacks.ts";

const SET = Object.fromEntries(Object.entries(headersOf({}, { secure: false })).map(([name, text]) => [name, text.replaceAll(" 'nonce-NONCE'", "")]));

function managed(answer: Answer | undefined): Record<string, readonly string[]> {
	return Object.fromEntries(Object.keys(SET).map((name) => [name, answer?.get(name) ?? []]));
}
const WHOLE = Object.fromEntries(Object.entries(SET).map(([name, text]) => [name, [text]]));
const NONE = Object.fromEntries(Object.keys(SET).map((name) => [name, []]));

/** What Node answers by itself: the bytes of the request, the status, and whether the connection ends. */
const BY_NODE: readonly (readonly [title: string, bytes: string, status: number, configure?: (server: Server) => void])[] = [
	["a malformed request line", "nonsense\r\n\r\n", 400],
	["a malformed header", "GET / HTTP/1.1\r\nHost: app.example\r\nbad header\r\n\r\n", 400],
	["no Host", "GET / HTTP/1.1\r\n\r\n", 400],
	["too large headers", `GET / HTTP/1.1\r\nHost: app.example\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, 431],
	["too large chunk extensions", `POST / HTTP/1.1\r\nHost: app.example\r\nTransfer-Encoding: chunked\r\n\r\n1;${"x".repeat(20_000)}\r\na\r\n0\r\n\r\n`, 413],
	["an unknown Expect", "GET / HTTP/1.1\r\nHost: app.example\r\nExpect: nonsense\r\nConnection: close\r\n\r\n", 417],
	[
		"headers that do not arrive in time",
		"GET / HTTP/1.1\r\nHost: app.exam",
		408,
		(server) => Object.assign(server, { headersTimeout: 50, requestTimeout: 60 }),
	],
];

describe("answers that Node gives by itself", () => {
	const serve = () =>
		createServer({ connectionsCheckingInterval: 20 }, (req, res) => {
			req.resume();
			res.setHeader("X-From", "app");
			// Answers a request with a broken body only when it is complete, which it never is.
			if (req.headers["transfer-encoding"] === undefined) res.end("x");
			else req.on("end", () => res.end("x"));
		});

	test.each(BY_NODE.map((row) => [row[0], row] as const))("%s", async (_title, [, bytes, status, configure]) => {
		const [bare, guarded] = [serve(), protectServer(serve(), secureHeaders())];
		const answers = [];
		for (const server of [bare, guarded]) {
			configure?.(server);
			server.listen(0, "127.0.0.1");
			await once(server, "listening");
			answers.push(await exchange(server, bytes));
			server.close();
		}
		const [without, having] = answers;
		expect(having?.[0]?.status).toBe(status);
		expect(managed(having?.[0])).toEqual(WHOLE);
		expect(managed(without?.[0]), "(control)").toEqual(NONE);
		expect(having?.[0]?.get("Connection")).toEqual(without?.[0]?.get("Connection"));
		expect(having?.[0]?.get("X-From")).toEqual([]);
		expect(having).toHaveLength(without?.length ?? -1);
	});

	test("503 when a socket has had its share of requests", async () => {
		const server = protectServer(serve(), secureHeaders());
		server.maxRequestsPerSocket = 1;
		server.listen(0, "127.0.0.1");
		await once(server, "listening");
		const get = "GET / HTTP/1.1\r\nHost: app.example\r\n\r\n";
		const [first, second] = await exchange(server, get + get.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
		expect([first?.status, second?.status]).toEqual([200, 503]);
		expect(managed(second)).toEqual(WHOLE);
		server.close();
	});

	test("a malformed request in the middle of a streamed response adds no bytes to it", async () => {
		const server = protectServer(
			createServer((_req, res) => void res.write("part")),
			secureHeaders(),
		);
		server.listen(0, "127.0.0.1");
		await once(server, "listening");
		const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
		let text = "";
		socket.setEncoding("latin1").on("data", (chunk) => {
			text += chunk;
			if (text.includes("part") && !text.includes("sent")) socket.write("nonsense\r\n\r\n");
		});
		socket.write("GET / HTTP/1.1\r\nHost: app.example\r\n\r\n");
		await once(socket, "close");
		expect(text.split("HTTP/1.1 ")).toHaveLength(2);
		expect(text.endsWith("4\r\npart\r\n")).toBe(true);
		server.close();
	});

	test("a malformed request behind a response that still waits for its turn is answered as Node does", async () => {
		const answers = [];
		for (const guarded of [true, false]) {
			const server = createServer((req, res) => void (req.url === "/waits" ? 0 : res.write("part")));
			if (guarded) protectServer(server, secureHeaders());
			server.listen(0, "127.0.0.1");
			await once(server, "listening");
			const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: app.example\r\n\r\n`;
			answers.push((await exchange(server, `${get("/waits")}${get("/begun")}nonsense\r\n\r\n`)).map(({ status }) => status));
			server.close();
		}
		expect(answers).toEqual([[400], [400]]);
	});

	test("a malformed request after a finished response is answered", async () => {
		const server = protectServer(serve(), secureHeaders()).listen(0, "127.0.0.1");
		await once(server, "listening");
		const answers = await exchange(server, "GET / HTTP/1.1\r\nHost: app.example\r\n\r\nnonsense\r\n\r\n");
		expect(answers.at(-1)?.status).toBe(400);
		expect(managed(answers.at(-1))).toEqual(WHOLE);
		server.close();
	});

	test("a clientError listener of the application keeps its say, whenever it was added", async () => {
		for (const first of ["app", "guard"]) {
			const server = serve();
			const own = () => server.on("clientError", (_error, socket) => socket.end("HTTP/1.1 418 Teapot\r\nConnection: close\r\n\r\n"));
			if (first === "app") own();
			protectServer(server, secureHeaders());
			if (first === "guard") own();
			server.listen(0, "127.0.0.1");
			await once(server, "listening");
			const answers = await exchange(server, "nonsense\r\n\r\n");
			expect(answers.map(({ status }) => status)).toEqual([418]);
			server.close();
		}
	});

	test("over TLS the policy is the secure one", async () => {
		const headers = secureHeaders({ contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: [csp.self], upgradeInsecureRequests: true } } });
		const server = protectServer(
			createHttpsServer(CERTIFICATE, (_req, res) => void res.end("x")),
			headers,
		).listen(0, "127.0.0.1");
		await once(server, "listening");
		const socket = connectTls({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", rejectUnauthorized: false });
		let text = "";
		socket.setEncoding("latin1").on("data", (chunk) => (text += chunk));
		socket.on("error", () => {});
		socket.write("nonsense\r\n\r\n");
		await once(socket, "close");
		expect(text).toContain("HTTP/1.1 400 Bad Request\r\n");
		expect(text).toContain("Content-Security-Policy: default-src 'self'; upgrade-insecure-requests\r\n");
		expect(text).toContain("Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n");
		server.close();
	});
});

describe("protectServer", () => {
	test("is idempotent: a second call swaps the policy", async () => {
		const running = await listen((_req, res) => void res.end("x"));
		const server = running.server as Server;
		const before = server.listenerCount("clientError");
		protectServer(server, secureHeaders());
		const after = server.listenerCount("clientError");
		expect(protectServer(server, secureHeaders({ referrerPolicy: "no-referrer" }))).toBe(server);
		expect([before, after, server.listenerCount("clientError")]).toEqual([0, 1, 1]);
		expect((await running.ask()).get("Referrer-Policy")).toEqual(["no-referrer"]);
		expect((await running.wire("nonsense\r\n\r\n"))[0]?.get("Referrer-Policy")).toEqual(["no-referrer"]);
		await running.close();
	});

	test("hears requests first, and on HTTP/2 only where somebody else hears them", () => {
		const headers = secureHeaders();
		const app = () => {};
		const http1 = protectServer(createServer(), headers);
		expect(http1.listenerCount("request")).toBe(1);
		http1.on("request", app);
		expect(http1.listeners("request").indexOf(app)).toBe(1);

		const streams = protectServer(createHttp2Server(), headers);
		streams.on("stream", app);
		expect(streams.listenerCount("request")).toBe(0);
		streams.on("request", app);
		expect(streams.listeners("request").indexOf(app)).toBe(1);
		streams.on("request", () => {});
		expect(streams.listenerCount("request")).toBe(3);

		const before = protectServer(createHttp2Server(app), headers);
		expect(before.listeners("request").indexOf(app)).toBe(1);
		expect(before.listenerCount("request")).toBe(2);
	});

	test("a response that the middleware has prepared keeps its policy when the request is told again", async () => {
		const inner = secureHeaders({ referrerPolicy: "no-referrer" });
		let again = false;
		const running = await listen((req, res) => {
			if (again) return void res.end("x");
			again = true;
			inner(req, res);
			running.server.emit("request", req, res);
		});
		protectServer(running.server, secureHeaders());
		expect((await running.ask()).get("Referrer-Policy")).toEqual(["no-referrer"]);
		await running.close();
	});

	test("a broken request over plain http is told nothing that belongs to https", async () => {
		const headers = secureHeaders({ contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: [csp.self], upgradeInsecureRequests: true } } });
		const running = await listen((_req, res) => void res.end("x"));
		protectServer(running.server, headers);
		expect((await running.wire("nonsense\r\n\r\n"))[0]?.get("Content-Security-Policy")).toEqual(["default-src 'self'"]);
		await running.close();
	});

	test("touches one server only, and patches no prototype", async () => {
		const other = await listen((_req, res) => void res.end("x"));
		const running = await listen((_req, res) => void res.end("x"));
		protectServer(running.server, secureHeaders());
		expect(managed(await running.ask())).toEqual(WHOLE);
		expect(managed(await other.ask())).toEqual(NONE);
		await running.close();
		await other.close();
	});

	test("subscribes once for a server that is listening before it says so, and not for one that never does", async () => {
		await othersAreClosed();
		protectServer(createServer(), secureHeaders());
		expect(hasSubscribers("http.server.request.start")).toBe(false);
		const server = createServer((_req, res) => void res.end("x")).listen(0);
		protectServer(server, secureHeaders());
		await once(server, "listening");
		expect(hasSubscribers("http.server.request.start")).toBe(true);
		server.close();
		await once(server, "close");
		expect(hasSubscribers("http.server.request.start")).toBe(false);
	});

	test("stops at close and starts again at the next listen", async () => {
		await othersAreClosed();
		const server = protectServer(
			createServer((_req, res) => void res.end("x")),
			secureHeaders(),
		);
		for (let i = 0; i < 2; i++) {
			server.listen(0, "127.0.0.1");
			await once(server, "listening");
			expect(managed((await exchange(server, "GET / HTTP/1.1\r\nHost: app.example\r\nExpect: x\r\nConnection: close\r\n\r\n"))[0])).toEqual(WHOLE);
			server.close();
			await once(server, "close");
			expect(hasSubscribers("http.server.request.start")).toBe(false);
		}
	});

	test("gives way to the middleware: its policy, what it switched off, its nonce rule", async () => {
		const inner = secureHeaders({ xFrameOptions: false, referrerPolicy: "no-referrer" });
		const running = await listen((req, res) => {
			inner(req, res);
			res.statusCode = 304;
			res.end();
		});
		protectServer(running.server, secureHeaders());
		const answer = await running.ask();
		expect(answer.get("X-Frame-Options")).toEqual([]);
		expect(answer.get("Referrer-Policy")).toEqual(["no-referrer"]);
		expect(answer.get("Content-Security-Policy")).toEqual([]);
		await running.close();
	});

	test.each([[{}], [{ headerBlock: false }]] as const)(
		"handlers see no X-Powered-By, although Express sets it after the guard and in a mounted app (%j)",
		async (options) => {
			const headers = secureHeaders(options);
			const seen: Record<string, unknown> = {};
			const sees =
				(name: string): express.RequestHandler =>
				(_req, res) => {
					seen[name] = res.getHeaders()["x-powered-by"];
					res.end();
				};
			const mounted = express().use(headers).get("/", sees("mounted"));
			const app = express().get("/control", sees("control")).use(headers).get("/", sees("app")).use("/mounted", mounted);
			const running = await listen(app);
			protectServer(running.server as Server, headers);
			const sent = [];
			for (const path of ["/control", "/", "/mounted"]) sent.push((await running.ask({ path })).get("X-Powered-By"));
			expect(seen).toEqual({ control: "Express", app: undefined, mounted: undefined });
			expect(sent).toEqual([[], [], []]);
			await running.close();
		},
	);

	test("an answer before the mount is an event, once the middleware is known to be mounted", async () => {
		const events: HeadguardEvent[] = [];
		const headers = secureHeaders({ onEvent: exceptUntyped((event) => events.push(event)) });
		const running = await listen((req, res) => {
			if (req.url?.startsWith("/late")) headers(req, res);
			res.end("x");
		});
		protectServer(running.server, headers);
		await running.ask({ path: "/early" });
		expect(events).toEqual([]);
		await running.ask({ path: "/late" });
		await running.ask({ path: "/early?secret" });
		expect(events.map(({ code, path }) => [code, path])).toEqual([["attach/not-reached", "/early"]]);
		await running.close();
	});

	test.each([
		["the policy itself", (headers: SecureHeaders) => [headers, headers] as const, ["attach/not-reached"]],
		["an override of it", (headers: SecureHeaders) => [headers, headers.extend({ xFrameOptions: "SAMEORIGIN" })] as const, ["attach/not-reached"]],
		[
			"what the guarded one was laid on",
			(headers: SecureHeaders) => [headers.replace({ xFrameOptions: "SAMEORIGIN" }), headers] as const,
			["attach/not-reached"],
		],
		["a policy of its own", (headers: SecureHeaders) => [headers, secureHeaders()] as const, []],
	])("what is mounted is known by what it was made of: %s", async (_title, pair, expected) => {
		const events: HeadguardEvent[] = [];
		const [guarded, mounted] = pair(secureHeaders({ onEvent: exceptUntyped((event) => events.push(event)) }));
		const running = await listen((req, res) => {
			if (req.url === "/late") mounted(req, res);
			res.end("x");
		});
		protectServer(running.server, guarded);
		for (const path of ["/late", "/early"]) await running.ask({ path });
		expect(events.map(({ code }) => code)).toEqual(expected);
		await running.close();
	});

	test("an error handler alone is no mount, and the middleware beside it is", async () => {
		const events: HeadguardEvent[] = [];
		const headers = secureHeaders({ onEvent: exceptUntyped((event) => events.push(event)) });
		const running = await listen((req, res) => {
			if (req.url === "/error") headers.errorHandler(new Error("broken"), req, res, () => res.end("x"));
			else {
				if (req.url === "/late") headers(req, res);
				res.end("x");
			}
		});
		protectServer(running.server, headers);
		for (const path of ["/error", "/early"]) await running.ask({ path });
		expect(events).toEqual([]);
		for (const path of ["/late", "/early", "/error"]) await running.ask({ path });
		expect(events.map(({ code, path }) => [code, path])).toEqual([["attach/not-reached", "/early"]]);
		await running.close();
	});

	test("the event also tells of overrides that were not reached, and not of proxies that nobody could trust yet", async () => {
		const events: HeadguardEvent[] = [];
		const headers = secureHeaders({ onEvent: exceptUntyped((event) => events.push(event)) }).extend({ referrerPolicy: "no-referrer" });
		const app = express();
		app.set("trust proxy", "loopback");
		app.get("/early", (_req, res) => void res.send("x"));
		app.use(headers);
		app.get("/late", (_req, res) => void res.send("x"));
		const running = await listen(app as never);
		protectServer(running.server, headers);
		const proxied = { "X-Forwarded-Proto": "https" };
		await running.ask({ path: "/late", headers: proxied });
		await running.ask({ path: "/early", headers: proxied });
		expect(events.map(({ code }) => code)).toEqual(["attach/not-reached"]);
		await running.close();
	});

	test.each([[undefined], [{}], [() => {}], [secureHeaders]])("refuses %s in place of the middleware", (headers) => {
		expect(() => protectServer(createServer(), headers as never)).toThrow("[usage/no-policy]");
	});
});

/** The servers of earlier tests close in their own time. */
const othersAreClosed = () => vi.waitFor(() => expect(hasSubscribers("http.server.request.start")).toBe(false));

/** The answers to these bytes, read until the server ends the connection. */
async function exchange(server: Server, bytes: string): Promise<readonly Answer[]> {
	const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
	let text = "";
	socket.setEncoding("latin1").on("data", (chunk) => (text += chunk));
	socket.on("error", () => {});
	socket.setTimeout(3000, () => socket.destroy());
	socket.write(bytes, "latin1");
	await once(socket, "close");
	return parseAnswers(text);
}
