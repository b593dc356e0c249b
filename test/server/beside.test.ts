import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import { connect as connectSocket } from "node:net";
import { Server as SocketServer } from "socket.io";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type HeadguardEvent, protectServer, type SecureHeaders, secureHeaders } from "../../src/index.ts";
import { type AnyApp, listen, type Running, STACKS } from "../support/stacks.ts";

// Of the events of one code a process tells ten a minute.
let minutes = 0;
beforeEach(() => {
	const now = Date.now();
	minutes += 2;
	vi.spyOn(Date, "now").mockImplementation(() => now + minutes * 60_000);
});
afterEach(() => void vi.restoreAllMocks());

type Handler = (req: IncomingMessage, res: ServerResponse, next: () => void) => void;

const POLLING = "/socket.io/?EIO=4&transport=polling";
const ASKED = [
	["/socket.io/socket.io.js", 200],
	[POLLING, 200],
	["/socket.io/?EIO=4&transport=none", 400],
	[`${POLLING}&sid=none`, 400],
] as const;

/** An application with a page of its own and one that it answers before the policy, to which something else listens as well. */
async function start(
	stack: (typeof STACKS)[number],
	order: "guarded first" | "attached first",
	headerBlock: "auto" | false,
	attach: (server: Server) => void,
): Promise<{ readonly running: Running; readonly events: readonly HeadguardEvent[] }> {
	const events: HeadguardEvent[] = [];
	const headers = secureHeaders({ headerBlock, onEvent: (event) => events.push(event) });
	const text = (res: ServerResponse, body: string): void => void res.setHeader("Content-Type", "text/plain").end(body);
	const early: Handler = (req, res, next) => (req.url === "/early" ? text(res, "early") : next());
	const page: Handler = (_req, res) => text(res, "page");
	const running = await listen(listenerOf(stack, [early, headers as SecureHeaders as Handler, page]), stack.http2, (server) => {
		if (order === "guarded first") protectServer(server, headers);
		attach(server as Server);
		if (order === "attached first") protectServer(server, headers);
	});
	return { running, events };
}

function listenerOf({ framework, create }: (typeof STACKS)[number], handlers: readonly Handler[]): RequestListener {
	if (framework === undefined) {
		return (req, res) => {
			const run = (i: number): void => handlers[i]?.(req, res, () => run(i + 1));
			run(0);
		};
	}
	const app: AnyApp = create();
	for (const handler of handlers) app.use(handler as never);
	return app as never;
}

const ORDERS = ["guarded first", "attached first"] as const;
const ON_HTTP1 = STACKS.filter(({ http2 }) => !http2);
const FRAMEWORKS = STACKS.filter(({ framework }) => framework !== undefined);

describe.each(ON_HTTP1.flatMap((stack) => ORDERS.flatMap((order) => (["auto", false] as const).map((block) => [stack.name, order, block, stack] as const))))(
	"Socket.IO beside %s, %s, headerBlock %j",
	(_name, order, headerBlock, stack) => {
		test("its answers have the policy, and only those of the application are told as too early", async () => {
			const servers: SocketServer[] = [];
			const { running, events } = await start(stack, order, headerBlock, (server) => servers.push(new SocketServer(server)));
			expect((await running.ask({ path: "/" })).body).toBe("page");
			const seen: unknown[] = [];
			for (const [path] of ASKED) {
				const answer = await running.ask({ path });
				seen.push([path, answer.status]);
				expect(answer.get("X-Content-Type-Options")).toEqual(["nosniff"]);
				expect(answer.get("Content-Security-Policy")).toHaveLength(1);
			}
			expect(seen).toEqual(ASKED.map(([path, status]) => [path, status]));
			// Without a framework nothing tells the application's own listener from another one that was there first.
			const isTold = stack.framework === undefined && order === "attached first";
			expect(events.map(({ code }) => code)).toEqual(isTold ? ASKED.map(() => "attach/not-reached") : []);
			expect((await running.ask({ path: "/early" })).body).toBe("early");
			expect(events.slice(isTold ? ASKED.length : 0).map(({ code, path }) => [code, path])).toEqual([["attach/not-reached", "/early"]]);
			for (const server of servers) await server.close();
			await running.close();
		});
	},
);

describe.each(FRAMEWORKS.map((stack) => [stack.name, stack] as const))("a listener beside %s", (_name, stack) => {
	test.each(ORDERS)("that answers before the application is none of it (%s)", async (order) => {
		const { running, events } = await start(stack, order, "auto", (server) => {
			const listeners = server.listeners("request");
			server.removeAllListeners("request");
			server.on("request", (req: IncomingMessage, res: ServerResponse) => {
				if (req.url === "/beside") res.end();
				else for (const listener of listeners) listener.call(server, req, res);
			});
		});
		for (const path of ["/", "/beside", "/early"]) expect((await running.ask({ path })).get("X-Content-Type-Options")).toEqual(["nosniff"]);
		expect(events.map(({ code, path }) => [code, path])).toEqual([["attach/not-reached", "/early"]]);
		await running.close();
	});
});

describe.each(ON_HTTP1.map((stack) => [stack.name, stack] as const))("what Node answers itself beside %s", (_name, stack) => {
	test("has the policy and is no event: no middleware can be mounted before it", async () => {
		const { running, events } = await start(stack, "guarded first", "auto", (server) => {
			server.maxRequestsPerSocket = 2;
		});
		const { port } = running.server.address() as { port: number };
		expect((await running.ask({ path: "/" })).status).toBe(200);
		const expectation = await running.ask({ headers: { Expect: "something" } });
		const [unnamed] = await running.wire("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
		const [broken] = await running.wire("GET / HTTP/1.1\r\nHost: a b\r\n: x\r\n\r\n");
		expect([expectation.status, unnamed?.status, broken?.status]).toEqual([417, 400, 400]);
		const text = await new Promise<string>((resolve) => {
			let received = "";
			const socket = connectSocket(port, "127.0.0.1");
			socket.on("data", (chunk) => {
				received += chunk;
			});
			socket.on("close", () => resolve(received));
			socket.write("GET / HTTP/1.1\r\nHost: app.example\r\n\r\n".repeat(3));
			socket.setTimeout(500, () => socket.destroy());
		});
		expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 200", "HTTP/1.1 503"]);
		expect(text.match(/x-content-type-options: nosniff/gi)).toHaveLength(3);
		expect(events).toEqual([]);
		await running.ask({ path: "/early" });
		expect(events.map(({ code }) => code)).toEqual(["attach/not-reached"]);
		await running.close();
	});
});
