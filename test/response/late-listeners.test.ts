import { createServer, type RequestListener, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import onHeaders from "on-headers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { getNonce, protectServer, type SecureHeadersOptions, secureHeaders } from "../../src/index.ts";
import { exceptUntyped } from "../support/events.ts";
import { headersOf } from "../support/policy.ts";
import { type Answer, listen, STACKS, type Stack } from "../support/stacks.ts";

// Rate limits count by the minute: each test begins a new one.
let minute = Date.now();
beforeEach(() => {
	minute += 120_000;
	vi.spyOn(Date, "now").mockImplementation(() => minute);
});
afterEach(() => vi.restoreAllMocks());

/** The answer where `late` runs in a listener that was added before the policy, so after the seal. */
async function withListener(
	stack: Stack,
	late: (res: ServerResponse) => void,
	options: SecureHeadersOptions = {},
	handler = (res: ServerResponse): void => void res.end("x"),
) {
	const events: string[] = [];
	const headers = secureHeaders({ ...options, onEvent: exceptUntyped(({ code, header }) => events.push(`${code} ${header}`)) });
	const act: RequestListener = (req, res) => {
		onHeaders(res, () => late(res));
		headers(req, res);
		handler(res);
	};
	const app = stack.framework === undefined ? act : (stack.create().use(act as never) as unknown as RequestListener);
	const running = await listen(app, stack.http2);
	const answer = await running.ask();
	await running.close();
	return { events, answer };
}

const FULL = Object.entries(headersOf({}, { secure: false })).map(([name, text]) => [name, [text.replaceAll(" 'nonce-NONCE'", "")]]);
const managed = (answer: Answer) => FULL.map(([name]) => [name, answer.get(String(name))]);

describe.each(STACKS.flatMap((stack) => (["auto", false] as const).map((headerBlock) => ({ stack, name: stack.name, headerBlock }))))(
	"a listener that on-headers runs after the seal, on $name, headerBlock $headerBlock",
	({ stack, headerBlock }) => {
		test("cannot wipe the policy", async () => {
			const { answer } = await withListener(
				stack,
				(res) => {
					for (const name of res.getHeaderNames()) res.removeHeader(name);
					res.setHeader("X-Listener", "1");
				},
				{ headerBlock },
			);
			expect(managed(answer)).toEqual(FULL);
			expect(answer.get("X-Listener")).toEqual(["1"]);
		});

		test("cannot change what is locked, in any way", async () => {
			const changes: readonly ((res: ServerResponse) => void)[] = [
				(res) => void res.setHeader("X-Content-Type-Options", "sniff"),
				(res) => void res.setHeader("x-frame-options", ["SAMEORIGIN", "ALLOWALL"]),
				(res) => void res.appendHeader("X-Frame-Options", "SAMEORIGIN"),
				(res) => void res.removeHeader("X-FRAME-OPTIONS"),
				(res) => void res.setHeader("X-Frame-Options", ""),
				(res) => void res.setHeader("X-Powered-By", "me"),
			];
			for (const change of changes) {
				const { answer } = await withListener(stack, change, { headerBlock, lock: ["xFrameOptions"] });
				expect([answer.get("X-Content-Type-Options"), answer.get("X-Frame-Options"), answer.get("X-Powered-By")]).toEqual([["nosniff"], ["DENY"], []]);
			}
		});

		test("may set what is not locked, which is an event where it protects less", async () => {
			const { answer, events } = await withListener(stack, (res) => void res.setHeader("X-Frame-Options", "SAMEORIGIN"), { headerBlock });
			expect([answer.get("X-Frame-Options"), events]).toEqual([["SAMEORIGIN"], ["override/weaker X-Frame-Options"]]);
		});

		test("cannot make a page with a nonce cacheable for everybody in silence", async () => {
			const page = (res: ServerResponse): void => void res.end(getNonce(res));
			const wiped = await withListener(stack, (res) => void res.removeHeader("Cache-Control"), { headerBlock }, page);
			expect(wiped.answer.get("Cache-Control")).toEqual(["private"]);
			const opened = await withListener(stack, (res) => void res.setHeader("Cache-Control", "public"), { headerBlock }, page);
			expect([opened.answer.get("Cache-Control"), opened.events]).toEqual([["public"], ["nonce/shared-cacheable Cache-Control"]]);
		});

		test("leaves the response's own methods as they were", async () => {
			let after: readonly string[] = [];
			await withListener(
				stack,
				() => {},
				{ headerBlock },
				(res) => {
					res.end("x");
					after = ["setHeader", "removeHeader", "appendHeader"].filter((name) => Object.hasOwn(res, name));
				},
			);
			expect(after).toEqual([]);
		});
	},
);

describe("a writeHead of the application's own that stands under the policy", () => {
	const spoil = (res: ServerResponse): void => {
		res.setHeader("X-Frame-Options", "ALLOWALL");
		res.setHeader("X-Content-Type-Options", "sniff");
		res.removeHeader("Content-Security-Policy");
	};
	const lock = ["xFrameOptions"] as const;
	const held = (answer: Answer) =>
		["X-Frame-Options", "X-Content-Type-Options", "Content-Security-Policy"].map((name) => answer.get(name).length === 1 && answer.get(name)[0]);
	const whole = ["DENY", "nosniff", FULL.find(([name]) => name === "Content-Security-Policy")?.[1]?.[0]];

	test.each(["auto", false] as const)("on the prototype of an application, headerBlock %s", async (headerBlock) => {
		const app = express();
		const native = ServerResponse.prototype.writeHead;
		Object.assign(app.response, {
			writeHead(this: ServerResponse, ...args: [number]) {
				spoil(this);
				return native.apply(this, args);
			},
		});
		app.use(secureHeaders({ headerBlock, lock }), (_req, res) => void res.end("x"));
		const running = await listen(app);
		expect(held(await running.ask())).toEqual(whole);
		await running.close();
	});

	test.each(["auto", false] as const)("in a class of responses, headerBlock %s", async (headerBlock) => {
		class Own extends ServerResponse {
			override writeHead(...args: unknown[]): this {
				spoil(this);
				return Reflect.apply(super.writeHead, this, args);
			}
		}
		const headers = secureHeaders({ headerBlock, lock });
		const server = createServer({ ServerResponse: Own as never }, (req, res) => headers(req, res, () => void (res as ServerResponse).end("x"))).listen(0);
		const response = await fetch(`http://localhost:${(server.address() as AddressInfo).port}`);
		expect([response.headers.get("x-frame-options"), response.headers.get("x-content-type-options")]).toEqual(["DENY", "nosniff"]);
		server.close();
	});

	test.each([false, true])("on HTTP/2, handing headers on, under protectServer %s", async (isProtected) => {
		const headers = secureHeaders({ lock });
		const running = await listen(
			(req, res) => {
				const native = res.writeHead as (...args: unknown[]) => typeof res;
				res.writeHead = ((status: number) =>
					native.call(res, status, { "x-frame-options": "BAD", "x-content-type-options": "bad", "x-powered-by": "me" })) as never;
				headers(req, res);
				res.end("x");
			},
			true,
			(server) => void (isProtected && protectServer(server, headers)),
		);
		const answer = await running.ask();
		expect([...held(answer), answer.get("X-Powered-By")]).toEqual([...whole, []]);
		await running.close();
	});

	test("that hands on a flat array, keeps its values on every version of Node", async () => {
		const running = await listen((req, res) => {
			const native = res.writeHead as (...args: unknown[]) => typeof res;
			res.writeHead = ((status: number) =>
				native.call(res, status, ["X-Frame-Options", "SAMEORIGIN", "Content-Security-Policy", "default-src 'self'"])) as never;
			secureHeaders({ headerBlock: false })(req, res);
			res.end("x");
		});
		const answer = await running.ask();
		expect([answer.get("X-Frame-Options"), answer.get("Content-Security-Policy")]).toEqual([["SAMEORIGIN"], ["default-src 'self'"]]);
		await running.close();
	});
});
